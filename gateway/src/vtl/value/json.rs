//! JSON to values and back.

use std::fmt::Write;

use super::data::{Key, List, ListKind, Map, MapKind, Value};
use super::print::{quote, text_within};
use crate::vtl::limits::{Exceeded, OUTPUT_BYTES, VALUE_NESTING};
use crate::vtl::number::Number;

impl Value {
    /// The value that JSON text describes: lists will print as JSON, maps as Java maps.
    pub(crate) fn from_json(json: &serde_json::Value) -> Result<Value, Exceeded> {
        Ok(match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(bool) => Value::Bool(*bool),
            serde_json::Value::Number(number) => {
                let text = number.as_str();
                Number::json(text).map_or_else(|| Value::text(text), Value::Number)
            }
            serde_json::Value::String(text) => Value::text(text.as_str()),
            serde_json::Value::Array(items) => {
                let items: Result<Vec<Value>, Exceeded> =
                    items.iter().map(Value::from_json).collect();
                Value::List(List::new(ListKind::Json, items?)?)
            }
            serde_json::Value::Object(members) => {
                Value::Map(Value::map_from_json(MapKind::Plain, members)?)
            }
        })
    }

    /// A map of a JSON object's members.
    pub(crate) fn map_from_json(
        kind: MapKind,
        members: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Map, Exceeded> {
        let mut entries = indexmap::IndexMap::with_capacity(members.len());
        for (name, member) in members {
            entries.insert(Key::from(name.as_str()), Value::from_json(member)?);
        }
        Map::new(kind, entries)
    }

    /// The value as JSON; a value that JSON does not have becomes its text.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value, Exceeded> {
        self.to_json_within(0)
    }

    fn to_json_within(&self, depth: usize) -> Result<serde_json::Value, Exceeded> {
        if depth > VALUE_NESTING {
            return Err(Exceeded::Nesting);
        }
        Ok(match self {
            Value::Null | Value::Block(_) | Value::Object(_) => serde_json::Value::Null,
            Value::Bool(bool) => serde_json::Value::Bool(*bool),
            Value::Number(number) => {
                let text = number.to_string();
                serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
            }
            Value::List(list) => {
                let items: Result<Vec<_>, Exceeded> = list
                    .iter()
                    .map(|item| item.to_json_within(depth + 1))
                    .collect();
                serde_json::Value::Array(items?)
            }
            Value::Map(map) => {
                let mut members = serde_json::Map::new();
                for (key, value) in map.entries().iter() {
                    let name = text_within(&key.0, depth + 1)?.into_owned();
                    members.insert(name, value.to_json_within(depth + 1)?);
                }
                serde_json::Value::Object(members)
            }
            Value::Text(_) | Value::Entry(_) | Value::Loop(_) | Value::Class(_) => {
                serde_json::Value::String(text_within(self, depth)?.into_owned())
            }
        })
    }
}

/// Appends JSON as `$input.json` writes it: compact, numbers as Java prints them.
pub(crate) fn write_json(json: &serde_json::Value, out: &mut String) -> Result<(), Exceeded> {
    let more = json.as_str().map_or(0, str::len);
    if out.len() + more > OUTPUT_BYTES {
        return Err(Exceeded::Output);
    }
    match json {
        serde_json::Value::Null => out.push_str("null"),
        serde_json::Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        serde_json::Value::Number(number) => write_number(number.as_str(), out),
        serde_json::Value::String(text) => quote(text, false, out),
        serde_json::Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                write_json(item, out)?;
            }
            out.push(']');
        }
        serde_json::Value::Object(members) => {
            out.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                quote(name, false, out);
                out.push(':');
                write_json(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_number(text: &str, out: &mut String) {
    match Number::json(text) {
        Some(number) if number.is_finite() => {
            write!(out, "{number}").expect("a string takes everything");
        }
        // Too large for a double.
        Some(_) => out.push_str("null"),
        None => quote(text, false, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = r#"{"z":1,"a":[1.5,null,true,"x",12345678901234567890]}"#;
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        let value = Value::from_json(&json).unwrap();
        let mut written = String::new();
        write_json(&value.to_json().unwrap(), &mut written).unwrap();
        assert_eq!(written, text);
        assert_eq!(value.to_json().unwrap(), json);
        assert_eq!(
            value.shown().unwrap(),
            r#"{z=1, a=[1.5,null,true,"x",12345678901234567890]}"#
        );
    }
}
