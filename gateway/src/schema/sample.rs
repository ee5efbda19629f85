//! A value that fits a schema, as far as one can be made from its rules: an example for people. Who
//! asks checks it against the schema.

use serde_json::{Map, Value as Json};

use super::rules::{Id, Items, Rules, Schema, Type};

/// The deepest nesting of an example.
const DEPTH: usize = 12;

impl Schema {
    /// A value with what the schema demands; `text` gives a text for the name of a member.
    pub(crate) fn sample(&self, text: &dyn Fn(&str) -> String) -> Json {
        Sample { schema: self, text }.of(0, "value", DEPTH)
    }
}

struct Sample<'s> {
    schema: &'s Schema,
    text: &'s dyn Fn(&str) -> String,
}

impl Sample<'_> {
    fn of(&self, id: Id, name: &str, depth: usize) -> Json {
        let (Some(rules), true) = (self.schema.rules.get(id), depth > 0) else {
            return Json::Null;
        };
        if let Some(target) = rules.reference {
            return self.of(target, name, depth - 1);
        }
        if let Some(first) = rules
            .one_of_values
            .as_ref()
            .and_then(|values| values.first())
        {
            return first.clone();
        }
        let parts = [&rules.all_of, &rules.any_of, &rules.one_of];
        let is_plain = rules.types.is_empty() && rules.object.properties.is_empty();
        if is_plain && let Some(part) = parts.iter().find_map(|list| list.first()) {
            return self.of(*part, name, depth - 1);
        }
        self.typed(rules, name, depth)
    }

    fn typed(&self, rules: &Rules, name: &str, depth: usize) -> Json {
        let is_object = !rules.object.properties.is_empty() || !rules.object.required.is_empty();
        match rules.types.first() {
            Some(Type::Object) => self.object(rules, depth),
            None if is_object => self.object(rules, depth),
            Some(Type::Array) => self.list(rules, name, depth),
            Some(Type::Boolean) => Json::Bool(true),
            Some(Type::Null) => Json::Null,
            Some(Type::Integer | Type::Number) => number(rules),
            Some(Type::String) | None => Json::String(self.string(rules, name)),
        }
    }

    fn object(&self, rules: &Rules, depth: usize) -> Json {
        let mut members = Map::new();
        for (name, id) in &rules.object.properties {
            members.insert(name.clone(), self.of(*id, name, depth - 1));
        }
        for name in &rules.object.required {
            let missing = || Json::String((self.text)(name));
            members.entry(name.clone()).or_insert_with(missing);
        }
        Json::Object(members)
    }

    fn list(&self, rules: &Rules, name: &str, depth: usize) -> Json {
        let count = rules.array.min_items.unwrap_or(1).clamp(1, 8);
        let element = |number: usize| match &rules.array.items {
            Items::Every(id) => Some(self.of(*id, name, depth - 1)),
            Items::ByPosition(ids) => ids.get(number).map(|id| self.of(*id, name, depth - 1)),
            Items::Any => Some(Json::String((self.text)(name))),
        };
        Json::Array((0..count).map_while(element).collect())
    }

    fn string(&self, rules: &Rules, name: &str) -> String {
        let mut text = (self.text)(name);
        let (min, max) = (rules.string.min_length, rules.string.max_length);
        while text.chars().count() < min.unwrap_or(0).min(1_000) {
            text.push('x');
        }
        text.chars().take(max.unwrap_or(usize::MAX)).collect()
    }
}

/// The smallest number that is allowed, else one.
fn number(rules: &Rules) -> Json {
    let bounds = [&rules.number.minimum, &rules.number.maximum];
    let texts = bounds.into_iter().flatten().map(|bound| {
        let step = if bound.is_exclusive { ".5" } else { "" };
        format!("{}{step}", bound.value)
    });
    let read = texts.filter_map(|text| serde_json::from_str(&text).ok());
    read.into_iter().next().unwrap_or(Json::from(1))
}
