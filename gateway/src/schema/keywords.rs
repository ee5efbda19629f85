//! The keywords of one schema, read one by one.

use serde_json::{Map, Value as Json};

use super::decimal::Decimal;
use super::format::Format;
use super::pattern::Pattern;
use super::rules::{Bound, NumberRules, StringRules, Type};

/// The keywords of one schema.
pub(super) struct KeywordReader<'j> {
    pub(super) members: &'j Map<String, Json>,
    pub(super) is_imported: bool,
}

impl<'j> KeywordReader<'j> {
    pub(super) fn types(&self) -> Result<Vec<Type>, String> {
        let names = match self.members.get("type") {
            None => Vec::new(),
            Some(Json::Array(list)) => texts("type", list)?,
            Some(Json::String(name)) => vec![name.clone()],
            Some(other) => return Err(format!("type must be a string or a list, got {other}")),
        };
        let mut types = Vec::new();
        for name in names {
            types.push(match name.as_str() {
                "array" => Type::Array,
                "boolean" => Type::Boolean,
                "integer" => Type::Integer,
                "null" => Type::Null,
                "number" => Type::Number,
                "object" => Type::Object,
                "string" => Type::String,
                other => return Err(format!("invalid type {other}: expected array, boolean, integer, null, number, object or string")),
            });
        }
        // A number may be whole.
        if types.contains(&Type::Number) {
            types.push(Type::Integer);
        }
        types.sort();
        types.dedup();
        Ok(types)
    }

    pub(super) fn number(&self) -> Result<NumberRules, String> {
        let bound = |key: &str, is_exclusive: bool| {
            let value = self.decimal(key)?;
            Ok::<_, String>(value.map(|value| Bound {
                value,
                is_exclusive,
            }))
        };
        let exclusive_minimum = self.flag("exclusiveMinimum") && !self.is_imported;
        Ok(NumberRules {
            multiple_of: self.decimal("multipleOf")?,
            maximum: bound("maximum", self.flag("exclusiveMaximum"))?,
            minimum: bound("minimum", exclusive_minimum)?,
        })
    }

    pub(super) fn string(&self) -> Result<StringRules, String> {
        let text = |key: &str| self.members.get(key).and_then(Json::as_str);
        Ok(StringRules {
            min_length: self.length("minLength")?,
            max_length: self.length("maxLength")?,
            pattern: text("pattern").map(pattern).transpose()?,
            format: text("format").and_then(Format::named),
        })
    }

    pub(super) fn decimal(&self, key: &str) -> Result<Option<Decimal>, String> {
        let wrong = |json: &Json| format!("{key} must be a number, got {json}");
        let read = |json: &Json| match json {
            Json::Number(number) => Decimal::parse(number.as_str()).ok_or_else(|| wrong(json)),
            _ => Err(wrong(json)),
        };
        self.members.get(key).map(read).transpose()
    }

    /// A length that an import drops.
    pub(super) fn imported_length(&self, key: &str) -> Result<Option<usize>, String> {
        let length = self.length(key)?;
        Ok(length.filter(|_| !self.is_imported))
    }

    pub(super) fn length(&self, key: &str) -> Result<Option<usize>, String> {
        let read = |json: &Json| {
            let length = json.as_u64().and_then(|n| usize::try_from(n).ok());
            length.ok_or_else(|| format!("{key} must be a whole number, got {json}"))
        };
        self.members.get(key).map(read).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.members.get(key) == Some(&Json::Bool(true))
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<&'j [Json]>, String> {
        match self.members.get(key) {
            None => Ok(None),
            Some(Json::Array(list)) => Ok(Some(list)),
            Some(other) => Err(format!("{key} must be a list, got {other}")),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        texts(key, self.list(key)?.unwrap_or_default())
    }

    pub(super) fn map(&self, key: &str) -> Result<Vec<(&'j String, &'j Json)>, String> {
        match self.members.get(key) {
            None => Ok(Vec::new()),
            Some(Json::Object(members)) => Ok(members.iter().collect()),
            Some(other) => Err(format!("{key} must be an object, got {other}")),
        }
    }
}

pub(super) fn texts(key: &str, list: &[Json]) -> Result<Vec<String>, String> {
    let text = |json: &Json| {
        let text = json.as_str().map(ToOwned::to_owned);
        text.ok_or_else(|| format!("{key} must hold strings only, got {json}"))
    };
    list.iter().map(text).collect()
}

pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| format!("invalid pattern {text}: {error}"))
}
