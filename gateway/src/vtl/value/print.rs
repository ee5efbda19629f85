//! Values as text: as Java's `toString` writes them, or as JSON.
//!
//! A list that came from JSON prints as JSON, everything in it too; one that the template made
//! prints as Java prints lists. A value may hold itself: past the permitted nesting, printing
//! fails.

use std::borrow::Cow;
use std::fmt::Write;

use super::data::{List, ListKind, MapKind, Value};
use crate::vtl::limits::{Exceeded, OUTPUT_BYTES, VALUE_NESTING};

impl Value {
    /// The text that `$value` prints.
    pub(crate) fn shown(&self) -> Result<Cow<'_, str>, Exceeded> {
        match self {
            Value::Null => Ok(Cow::Borrowed("")),
            Value::Text(text) => Ok(Cow::Borrowed(text)),
            _ => {
                let mut out = String::new();
                self.show(&mut out)?;
                Ok(Cow::Owned(out))
            }
        }
    }

    /// Appends the text that `$value` prints.
    pub(crate) fn show(&self, out: &mut String) -> Result<(), Exceeded> {
        match self {
            Value::Null => {}
            Value::Text(text) => out.push_str(text),
            _ => java(self, out, 0)?,
        }
        Ok(())
    }
}

fn bounded(out: &str, depth: usize) -> Result<(), Exceeded> {
    if depth > VALUE_NESTING {
        return Err(Exceeded::Nesting);
    }
    if out.len() > OUTPUT_BYTES {
        Err(Exceeded::Output)
    } else {
        Ok(())
    }
}

fn java(value: &Value, out: &mut String, depth: usize) -> Result<(), Exceeded> {
    bounded(out, depth)?;
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => write!(out, "{number}").expect("a string takes everything"),
        Value::Text(text) => out.push_str(text),
        Value::List(list) => match list.kind() {
            ListKind::Json => json(value, out, depth)?,
            // Java prints the type and an address, which is different every time.
            ListKind::Array => out.push_str("[Ljava.lang.String;@0"),
            ListKind::Bytes => out.push_str("[B@0"),
            ListKind::Iterator => out.push_str("java.util.ArrayList$Itr@0"),
            ListKind::Plain | ListKind::View => java_list(list, out, depth)?,
        },
        Value::Map(map)
            if matches!(map.kind(), MapKind::Silent | MapKind::SilentOnce) && depth == 0 => {}
        Value::Map(map) => {
            out.push('{');
            for (position, (key, value)) in map.entries().iter().enumerate() {
                out.push_str(if position > 0 { ", " } else { "" });
                java(&key.0, out, depth + 1)?;
                out.push('=');
                java(value, out, depth + 1)?;
            }
            out.push('}');
        }
        Value::Entry(entry) => {
            java(entry.key(), out, depth + 1)?;
            out.push('=');
            java(&entry.value(), out, depth + 1)?;
        }
        Value::Loop(_) => out.push_str("{}"),
        Value::Class(class) => write!(out, "class {}", class.0).expect("a string takes everything"),
        Value::Block(_) | Value::Object(_) => {}
    }
    Ok(())
}

fn java_list(list: &List, out: &mut String, depth: usize) -> Result<(), Exceeded> {
    out.push('[');
    for (position, item) in list.iter().enumerate() {
        out.push_str(if position > 0 { ", " } else { "" });
        java(&item, out, depth + 1)?;
    }
    out.push(']');
    Ok(())
}

/// JSON as json-smart writes it when a list prints itself: a `/` is escaped, unlike in JSON that
/// Jayway writes.
fn json(value: &Value, out: &mut String, depth: usize) -> Result<(), Exceeded> {
    bounded(out, depth)?;
    match value {
        Value::Null | Value::Block(_) | Value::Object(_) => out.push_str("null"),
        Value::Number(number) if !number.is_finite() => out.push_str("null"),
        Value::Bool(_) | Value::Number(_) => java(value, out, depth)?,
        Value::Text(text) => quote(text, true, out),
        Value::List(list) => {
            out.push('[');
            for (position, item) in list.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                json(&item, out, depth + 1)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (position, (key, value)) in map.entries().iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                quote(&text_within(&key.0, depth + 1)?, true, out);
                out.push(':');
                json(value, out, depth + 1)?;
            }
            out.push('}');
        }
        Value::Entry(_) | Value::Loop(_) | Value::Class(_) => {
            quote(&text_within(value, depth)?, true, out);
        }
    }
    Ok(())
}

/// The text of a value that is part of another, `depth` levels down.
pub(super) fn text_within(value: &Value, depth: usize) -> Result<Cow<'_, str>, Exceeded> {
    match value {
        Value::Text(text) => Ok(Cow::Borrowed(text)),
        _ => {
            let mut out = String::new();
            java(value, &mut out, depth)?;
            Ok(Cow::Owned(out))
        }
    }
}

/// Appends `text` as a JSON string, escaped as json-smart escapes: control characters, and the
/// Unicode blocks of further controls (U+007F to U+009F) and of punctuation to currency signs
/// (U+2000 to U+20FF).
pub(super) fn quote(text: &str, slash: bool, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{C}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '/' if slash => "\\/",
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{2000}'..='\u{20FF}' => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + character.len_utf8();
        match escape {
            "" => {
                write!(out, "\\u{:04X}", u32::from(character)).expect("a string takes everything");
            }
            escape => out.push_str(escape),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::data::{Key, Map};
    use super::super::json::write_json;
    use super::*;

    fn list(kind: ListKind) -> Value {
        Value::List(List::new(kind, vec!["a/b".into(), Value::Null, Value::int(1)]).unwrap())
    }

    #[test]
    fn a_list_prints_by_its_origin() {
        assert_eq!(list(ListKind::Plain).shown().unwrap(), "[a/b, null, 1]");
        assert_eq!(list(ListKind::Json).shown().unwrap(), r#"["a\/b",null,1]"#);
        let mut out = String::new();
        write_json(&list(ListKind::Json).to_json().unwrap(), &mut out).unwrap();
        assert_eq!(out, r#"["a/b",null,1]"#);
    }

    #[test]
    fn a_map_prints_as_java_prints_it() {
        let entries = [
            (Key::from("k"), list(ListKind::Json)),
            (Key::from("1"), Value::Null),
        ];
        let map = Value::Map(Map::new(MapKind::Plain, entries.into_iter().collect()).unwrap());
        assert_eq!(map.shown().unwrap(), r#"{k=["a\/b",null,1], 1=null}"#);
    }

    #[test]
    fn what_holds_itself_cannot_be_printed() {
        let list = List::new(ListKind::Plain, vec![]).unwrap();
        list.change(|items| items.push(Value::List(list.clone())));
        assert_eq!(
            Value::List(list.clone()).shown().unwrap_err(),
            Exceeded::Nesting
        );
        list.change(Vec::clear);
    }

    #[test]
    fn strings_are_escaped_as_json_smart_does() {
        let mut out = String::new();
        quote("a\"\\\n\u{1}é€/", false, &mut out);
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001é\\u20AC/\"");
    }
}
