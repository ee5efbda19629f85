//! Equality of JSON values: numbers by value, members in any order.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value as Json;

use super::decimal::Decimal;

pub(super) fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            match (Decimal::parse(a.as_str()), Decimal::parse(b.as_str())) {
                (Some(a), Some(b)) => a == b,
                _ => a.as_str() == b.as_str(),
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Whether no two values are equal. Only values of the same kind and size are compared, so that
/// long lists of different values take no time.
pub(super) fn are_unique(values: &[Json]) -> bool {
    let mut seen: HashMap<u64, Vec<&Json>> = HashMap::new();
    values.iter().all(|value| {
        let alike = seen.entry(sketch(value)).or_default();
        let is_new = !alike.iter().any(|other| equal(value, other));
        alike.push(value);
        is_new
    })
}

/// The same number for equal values; mostly another one for others.
fn sketch(value: &Json) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Json::Null => 0_u8.hash(&mut hasher),
        Json::Bool(flag) => (1_u8, flag).hash(&mut hasher),
        Json::Number(number) => {
            // By its nearest double: equal numbers have the same one.
            let double = number.as_str().parse::<f64>().unwrap_or_default() + 0.0;
            (2_u8, double.to_bits()).hash(&mut hasher);
        }
        Json::String(text) => (3_u8, text).hash(&mut hasher),
        Json::Array(items) => {
            let inner: Vec<u64> = items.iter().map(sketch).collect();
            (4_u8, inner).hash(&mut hasher);
        }
        Json::Object(members) => {
            let inner = members.iter().map(|(name, value)| {
                let mut hasher = DefaultHasher::new();
                (name, sketch(value)).hash(&mut hasher);
                hasher.finish()
            });
            (5_u8, inner.fold(0, u64::wrapping_add)).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_compared_by_what_they_mean() {
        assert!(equal(
            &json!({"a": 1, "b": [2.0]}),
            &serde_json::from_str(r#"{"b": [2], "a": 1.0}"#).unwrap()
        ));
        assert!(!equal(&json!([1, 2]), &json!([2, 1])));
        assert!(!equal(&json!("1"), &json!(1)));
        assert!(are_unique(&[json!(1), json!("1"), json!(true), json!([1])]));
        assert!(!are_unique(&[
            json!({"a": 1, "b": 2}),
            json!({"b": 2, "a": 1})
        ]));
        let same: Json = serde_json::from_str("[1, 1.0]").unwrap();
        assert!(!are_unique(same.as_array().unwrap()));
    }
}
