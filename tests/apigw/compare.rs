//! What a case says of a value, against the value.

use regex::Regex;
use serde_json::Value as Json;

use crate::suite::shown;

/// The pattern of `/…/`, which must match the whole text.
fn pattern(wanted: &str) -> Option<Regex> {
    let inner = wanted.strip_prefix('/')?.strip_suffix('/')?;
    let is_escaped = inner.ends_with('\\');
    if is_escaped || wanted.len() < 3 {
        return None;
    }
    // `/path/` may also be meant as text, which is compared before.
    Regex::new(&format!("^(?s:{inner})$")).ok()
}

/// Whether a text is as wanted: null for an absent one, `*` for any, `/…/` for a pattern.
pub fn alike(wanted: &Json, got: Option<&str>) -> bool {
    match (wanted, got) {
        (Json::Null, got) => got.is_none(),
        (_, None) => false,
        (wanted, Some(got)) => {
            let wanted = shown(wanted);
            wanted == "*" || wanted == got || pattern(&wanted).is_some_and(|it| it.is_match(got))
        }
    }
}

/// Whether two values are equal: numbers by value, members in any order.
pub fn equal(wanted: &Json, got: &Json) -> bool {
    match (wanted, got) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let is_there =
                |(name, value): (&String, &Json)| b.get(name).is_some_and(|got| equal(value, got));
            a.len() == b.len() && a.iter().all(is_there)
        }
        (a, b) => a == b,
    }
}

/// Whether a value has all that is wanted: members that are not named may be there, `@ABSENT` ones
/// may not.
pub fn holds(wanted: &Json, got: &Json) -> bool {
    match (wanted, got) {
        (Json::Object(wanted), Json::Object(got)) => wanted.iter().all(|(name, value)| {
            if value == "@ABSENT" {
                return !got.contains_key(name);
            }
            got.get(name).is_some_and(|got| holds(value, got))
        }),
        (Json::String(wanted), got) if wanted == "*" => !got.is_null(),
        (Json::String(_), Json::String(got)) => alike(wanted, Some(got)),
        (Json::Array(wanted), Json::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(a, b)| holds(a, b))
        }
        (wanted, got) => equal(wanted, got),
    }
}
