//! The paths of EventBridge Pipes: `$.body.items[0].id`, parsed once, looked up often.
//!
//! They are narrower than JSONPath: `$(.name([n]|[*])*)*` with names of letters, digits, `_`, `-`
//! and `/`. There is no `$[0]`, and there are no quotes, filters, slices or functions (pattern
//! `JsonPath` of the Pipes API model). Pure.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Field(String),
    Index(usize),
    Every,
}

/// Why a text is not a path: what was expected, and after which part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid path {text:?}: expected {expected} after {after:?}")]
pub struct PathError {
    text: String,
    after: String,
    expected: &'static str,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// The text is not a path.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        let wrong = |rest: &str, expected| {
            let after = text[..text.len() - rest.len()].to_owned();
            PathError {
                text: text.to_owned(),
                after,
                expected,
            }
        };
        let mut rest = text.strip_prefix('$').ok_or_else(|| wrong(text, "`$`"))?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(|c: char| !is_name(c)).unwrap_or(after.len());
                if end == 0 {
                    return Err(wrong(after, "a name"));
                }
                segments.push(Segment::Field(after[..end].to_owned()));
                rest = &after[end..];
            } else if let Some(after) = rest.strip_prefix('[').filter(|_| !segments.is_empty()) {
                let (inside, behind) = after.split_once(']').ok_or_else(|| wrong(after, "`]`"))?;
                segments.push(subscript(inside).ok_or_else(|| wrong(after, "a number or `*`"))?);
                rest = behind;
            } else {
                return Err(wrong(rest, "`.name`"));
            }
        }
        Ok(Path { segments })
    }

    /// The name of the first field; `None` for `$` alone.
    pub fn root_field(&self) -> Option<&str> {
        match self.segments.first() {
            Some(Segment::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// The names of the fields that it goes through, up to the first subscript.
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.segments.iter().map_while(|segment| match segment {
            Segment::Field(name) => Some(name.as_str()),
            Segment::Index(_) | Segment::Every => None,
        });
        fields.collect()
    }

    /// Whether this is the path of a whole field of the event, such as `$.body`.
    pub fn is_field(&self, name: &str) -> bool {
        self.segments.len() == 1 && self.root_field() == Some(name)
    }

    /// The value at this path; `None` when there is none. With `[*]`, the value is a list.
    pub fn find<'v>(&self, root: &'v Value) -> Option<Cow<'v, Value>> {
        find(&self.segments, root)
    }

    /// As [`Path::find`], where `value` is the value of the first field.
    pub fn find_below_root<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        find(self.segments.get(1..)?, value)
    }
}

fn find<'v>(segments: &[Segment], value: &'v Value) -> Option<Cow<'v, Value>> {
    let Some((segment, rest)) = segments.split_first() else {
        return Some(Cow::Borrowed(value));
    };
    let found = |values: &mut dyn Iterator<Item = &'v Value>| {
        let list = values
            .filter_map(|value| find(rest, value))
            .map(Cow::into_owned)
            .collect();
        Some(Cow::Owned(Value::Array(list)))
    };
    match (segment, value) {
        (Segment::Field(name), Value::Object(map)) => find(rest, map.get(name)?),
        (Segment::Index(index), Value::Array(list)) => find(rest, list.get(*index)?),
        (Segment::Every, Value::Array(list)) => found(&mut list.iter()),
        (Segment::Every, Value::Object(map)) => found(&mut map.values()),
        _ => None,
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')
}

fn subscript(inside: &str) -> Option<Segment> {
    match inside {
        "*" => Some(Segment::Every),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().map(Segment::Index)
        }
        _ => None,
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Field(name) => write!(f, ".{name}"),
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Every => f.write_str("[*]"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds() {
        let event = json!({"a": {"b-c_/1": [{"x": 1}, {"x": 2}, {"y": 3}]}, "n": null});
        let cases = [
            ("$", Some(event.clone())),
            ("$.a.b-c_/1[1].x", Some(json!(2))),
            ("$.a.b-c_/1[*].x", Some(json!([1, 2]))),
            ("$.a[*]", Some(json!([[{"x": 1}, {"x": 2}, {"y": 3}]]))),
            ("$.a.b-c_/1[9]", None),
            ("$.n", Some(Value::Null)),
            ("$.n.m", None),
            ("$.none[*]", None),
        ];
        for (text, expected) in cases {
            let path = Path::parse(text).unwrap();
            assert_eq!(path.find(&event).map(Cow::into_owned), expected, "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_outside_of_the_grammar() {
        for text in [
            "", "a", "$a", "$[0]", "$.", "$.a.", "$..a", "$.a['b']", "$.a[-1]", "$.a[", "$.a[1:2]",
            "$.a b", "$.é",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        let message = Path::parse("$.a['b']").unwrap_err().to_string();
        assert_eq!(
            message,
            r#"invalid path "$.a['b']": expected a number or `*` after "$.a[""#
        );
    }
}
