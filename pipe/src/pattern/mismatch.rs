//! Why an event does not match.

use std::fmt;

use serde_json::Value;

use super::tree::{Fit, Tree};

/// A field that keeps an event from matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Dotted path; empty when every field matches by itself, but no array element satisfies them
    /// all.
    pub field: String,
    /// What the pattern lists for it, as JSON.
    pub expected: String,
}

/// The longest value that is shown, in characters.
const SHOWN: usize = 100;

impl Mismatch {
    /// What an event has for the field, as JSON; `nothing`, when it has no such field. For people
    /// who gave the event themselves: it may be confidential.
    pub fn found_in(&self, event: &Value) -> String {
        let mut found = Vec::new();
        collect_values(event, &self.field, &mut found);
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        let text = texts.join(", ");
        match text.char_indices().nth(SHOWN) {
            _ if text.is_empty() => "nothing".to_owned(),
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

/// The values at a dotted path, through arrays; a key may have dots of its own.
fn collect_values<'e>(value: &'e Value, path: &str, found: &mut Vec<&'e Value>) {
    match value {
        _ if path.is_empty() => found.push(value),
        Value::Array(elements) => {
            elements
                .iter()
                .for_each(|element| collect_values(element, path, found));
        }
        Value::Object(map) => {
            for (key, inner) in map {
                let Some(rest) = path.strip_prefix(key.as_str()) else {
                    continue;
                };
                if rest.is_empty() {
                    found.push(inner);
                } else if let Some(rest) = rest.strip_prefix('.') {
                    collect_values(inner, rest, found);
                }
            }
        }
        _ => {}
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str("each field matches, but no single array element has them all");
        }
        write!(f, "{} matches none of {}", self.field, self.expected)
    }
}

/// Adds the fields that do not match when each of them is judged alone.
pub(super) fn collect(
    tree: &Tree,
    path: &mut Vec<String>,
    event: &Value,
    mismatches: &mut Vec<Mismatch>,
) {
    if let Some(leaf) = &tree.leaf {
        let field = path.join(".");
        let mut alone = Tree::default();
        alone.insert(&field, leaf.clone());
        if alone.judge(event) == Fit::No {
            mismatches.push(Mismatch {
                field,
                expected: leaf.text.clone(),
            });
        }
    }
    for (name, inner) in &tree.fields {
        path.push(name.clone());
        collect(inner, path, event, mismatches);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_event_has_is_told() {
        let event =
            json!({"a": {"b": [{"c": 1}, {"c": "x"}], "d.e": null}, "long": "y".repeat(200)});
        for (field, expected) in [
            ("a.b.c", r#"1, "x""#),
            ("a.d.e", "null"),
            ("a.b.z", "nothing"),
            ("a.b", r#"[{"c":1},{"c":"x"}]"#),
        ] {
            let miss = Mismatch {
                field: field.to_owned(),
                expected: String::new(),
            };
            assert_eq!(miss.found_in(&event), expected, "{field}");
        }
        let miss = Mismatch {
            field: "long".to_owned(),
            expected: String::new(),
        };
        assert_eq!(miss.found_in(&event).chars().count(), SHOWN + 1);
    }
}
