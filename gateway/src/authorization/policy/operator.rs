//! The operators of conditions, with their values read.

use std::net::IpAddr;

use super::condition::date;
use crate::api::{Comparison, Condition, Quantifier, Test};

/// A condition from its operator (`StringNotLike`), key and values.
///
/// # Errors
/// The operator is unknown, or a value is not of its kind.
pub(super) fn condition(operator: &str, key: &str, values: &[String]) -> Result<Condition, String> {
    let (quantifier, name) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
        Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
        Some(_) => return Err(unknown(operator)),
        None => (None, operator),
    };
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (is_negated, positive) = positive(name);
    Ok(Condition {
        test: test(positive, values)?.ok_or_else(|| unknown(operator))?,
        is_negated,
        if_exists,
        quantifier,
        key: key.to_lowercase(),
    })
}

fn unknown(operator: &str) -> String {
    format!("unknown condition operator {operator}")
}

/// Whether an operator is negated, and the one that it negates.
fn positive(name: &str) -> (bool, &str) {
    match name {
        "StringNotEquals" => (true, "StringEquals"),
        "StringNotEqualsIgnoreCase" => (true, "StringEqualsIgnoreCase"),
        "StringNotLike" => (true, "StringLike"),
        "NumericNotEquals" => (true, "NumericEquals"),
        "DateNotEquals" => (true, "DateEquals"),
        "NotIpAddress" => (true, "IpAddress"),
        "ArnNotEquals" | "ArnNotLike" => (true, "ArnLike"),
        other => (false, other),
    }
}

fn test(name: &str, values: &[String]) -> Result<Option<Test>, String> {
    let comparison = |kind: &str| {
        Some(match name.strip_prefix(kind)? {
            "Equals" => Comparison::Equal,
            "LessThan" => Comparison::Less,
            "LessThanEquals" => Comparison::LessOrEqual,
            "GreaterThan" => Comparison::Greater,
            "GreaterThanEquals" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    };
    if let Some(comparison) = comparison("Numeric") {
        let numbers = each(values, "a number", |value| value.parse().ok())?;
        return Ok(Some(Test::Number(comparison, numbers)));
    }
    if let Some(comparison) = comparison("Date") {
        return Ok(Some(Test::Date(comparison, each(values, "a date", date)?)));
    }
    Ok(Some(match name {
        "StringEquals" | "BinaryEquals" => Test::Equals(values.to_vec()),
        "StringEqualsIgnoreCase" => Test::EqualsIgnoreCase(values.to_vec()),
        "StringLike" | "ArnLike" | "ArnEquals" => Test::Like(values.to_vec()),
        "Bool" => Test::Bool(each(values, "true or false", boolean)?),
        "Null" => Test::Null(each(values, "true or false", boolean)?),
        "IpAddress" => Test::Address(each(values, "an address or a network", network)?),
        _ => return Ok(None),
    }))
}

fn each<T>(
    values: &[String],
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let one = |value: &String| {
        read(value).ok_or_else(|| format!("invalid value {value}: expected {what}"))
    };
    values.iter().map(one).collect()
}

fn boolean(text: &str) -> Option<bool> {
    text.to_lowercase().parse().ok()
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        "" if !text.contains('/') => most,
        bits => bits.parse().ok().filter(|bits| *bits <= most)?,
    };
    Some((address, bits))
}
