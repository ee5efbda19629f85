//! A whole number of a request: a JSON number, or the text that the Query protocol sends.

use serde::{Deserialize, Deserializer};

/// A whole number as the client wrote it; its range is checked by the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub i64);

impl<'a> Deserialize<'a> for Number {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Number, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let number = match &value {
            serde_json::Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(Number).ok_or_else(|| serde::de::Error::custom(format!("{value} is not a whole number")))
    }
}

/// `5.0` is five; clients in dynamic languages send it.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}
