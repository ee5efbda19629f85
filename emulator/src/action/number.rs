//! Numbers of a request: whole ones, as JSON or as the text that the Query protocol sends, and
//! those of message attributes.

use serde::{Deserialize, Deserializer};

/// A whole number as the client wrote it; its range is checked by the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub i64);

impl<'a> Deserialize<'a> for Number {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Number, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let number = match &value {
            serde_json::Value::Number(number) => {
                number.as_i64().or_else(|| whole(number.as_f64()?))
            }
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .map(Number)
            .ok_or_else(|| serde::de::Error::custom(format!("{value} is not a whole number")))
    }
}

/// `5.0` is five; clients in dynamic languages send it.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// Whether a message attribute may have this number: up to 38 digits, from 10^-128 to 10^126; zeros
/// at both ends of them do not count. See `docs/aws/sqs.md#message-attributes`.
pub(super) fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Ok(exponent) = exponent.parse::<i64>() else {
        return false;
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let significant = digits.trim_start_matches('0');
    let (Ok(whole), Ok(zeros)) = (
        i64::try_from(whole.len()),
        i64::try_from(digits.len() - significant.len()),
    ) else {
        return false;
    };
    let power = exponent.saturating_add(whole - zeros - 1);
    significant.trim_end_matches('0').len() <= 38
        && (significant.is_empty() || (-128..=126).contains(&power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let long = "1".repeat(38);
        for text in [
            "0",
            "-7",
            "+1.50",
            ".5",
            "5.",
            "1e126",
            "1E-128",
            "0.001e-125",
            "0e999",
            &long,
            &format!("{long}000"),
        ] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [
            "",
            ".",
            "x",
            "1e",
            "1e127",
            "1e-129",
            "0x1",
            "inf",
            "NaN",
            "1 2",
            "--1",
            &format!("{long}1"),
        ] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
