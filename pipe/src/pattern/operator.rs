//! Reads the operators of a pattern's list, such as `{"prefix": "x"}`, into matchers.
//!
//! Refusals have the words of the event rules engine, including its slips: a `cidr` that is not
//! text is refused with a reason about "prefix".

use serde_json::{Map, Value};

use super::address::Block;
use super::matcher::{Matcher, fold};
use super::number::{Decimal, Range};
use super::wildcard::Wildcard;

type Result<T> = std::result::Result<T, String>;

const ONE_KEY: &str = "Only one key allowed in match expression";
const TOO_MANY: &str = "Too many elements in numeric expression";

/// Reads one match expression.
pub(super) fn operator(expression: &Map<String, Value>) -> Result<Matcher> {
    let (name, operand) = expression
        .iter()
        .next()
        .ok_or("Match expression name not found")?;
    let matcher = match name.as_str() {
        "exactly" => Matcher::Text(text(operand, "exact match")?.to_owned()),
        "prefix" => affix(
            operand,
            "prefix",
            Matcher::Prefix,
            Matcher::PrefixIgnoreCase,
        )?,
        "suffix" => affix(
            operand,
            "suffix",
            Matcher::Suffix,
            Matcher::SuffixIgnoreCase,
        )?,
        "equals-ignore-case" => Matcher::EqualsIgnoreCase(fold(text(operand, name)?)),
        "wildcard" => Matcher::Wildcard(Wildcard::parse(text(operand, name)?)?),
        "cidr" => Matcher::Cidr(Block::parse(text(operand, "prefix")?)?),
        "exists" => match operand {
            Value::Bool(true) => Matcher::Exists,
            Value::Bool(false) => Matcher::Absent,
            _ => return Err("exists match pattern must be either true or false.".into()),
        },
        "numeric" => match operand {
            Value::Array(terms) => numeric(terms)?,
            _ => return Err("Value of numeric must be an array.".into()),
        },
        "anything-but" => anything_but(operand)?,
        _ => return Err(format!("Unrecognized match type {name}")),
    };
    if expression.len() == 1 {
        Ok(matcher)
    } else {
        Err(second_key(expression).into())
    }
}

/// Why a match expression with a second key is refused.
pub(super) fn second_key(expression: &Map<String, Value>) -> &'static str {
    match expression.keys().next().map(String::as_str) {
        Some("numeric" | "anything-but") => TOO_MANY,
        _ => ONE_KEY,
    }
}

fn text<'v>(operand: &'v Value, name: &str) -> Result<&'v str> {
    operand
        .as_str()
        .ok_or_else(|| format!("{name} match pattern must be a string"))
}

/// `"x"`, or `{"equals-ignore-case": "x"}`.
fn affix(
    operand: &Value,
    name: &str,
    exact: fn(String) -> Matcher,
    folded: fn(String) -> Matcher,
) -> Result<Matcher> {
    let Value::Object(inner) = operand else {
        return Ok(exact(text(operand, name)?.to_owned()));
    };
    let capital = if name == "prefix" { "Prefix" } else { "Suffix" };
    let (key, value) = inner
        .iter()
        .next()
        .ok_or_else(|| format!("{capital} expression name not found"))?;
    if key != "equals-ignore-case" {
        return Err(format!("Unsupported {name} pattern: {key}"));
    }
    let matcher = folded(fold(text(value, key)?));
    if inner.len() == 1 {
        Ok(matcher)
    } else {
        Err(ONE_KEY.into())
    }
}

fn anything_but(operand: &Value) -> Result<Matcher> {
    let (kind, operand) = match operand {
        Value::Object(inner) => {
            let (key, value) = inner
                .iter()
                .next()
                .ok_or("Anything-But expression name not found")?;
            if !["equals-ignore-case", "prefix", "suffix", "wildcard"].contains(&key.as_str()) {
                return Err(format!("Unsupported anything-but pattern: {key}"));
            }
            if inner.len() > 1 {
                return Err(TOO_MANY.into());
            }
            (Some(key.as_str()), value)
        }
        plain => (None, plain),
    };
    let values = match operand {
        Value::Array(values) => values.as_slice(),
        Value::String(_) | Value::Number(_) => std::slice::from_ref(operand),
        _ => {
            return Err(
                "Value of anything-but must be an array or single string/number value.".into(),
            );
        }
    };
    let excluded = match kind {
        None => excluded_values(values)?,
        Some(kind) => values
            .iter()
            .map(|value| excluded_text(kind, value))
            .collect::<Result<_>>()?,
    };
    Ok(Matcher::AnythingBut(excluded))
}

fn excluded_values(values: &[Value]) -> Result<Vec<Matcher>> {
    let matcher = |value: &Value| match value {
        Value::String(text) => Ok(Matcher::Text(text.clone())),
        Value::Number(number) => {
            comparable(number)?;
            Ok(Matcher::number(number.as_str()))
        }
        _ => Err("Inside anything but list, start|null|boolean is not supported.".to_owned()),
    };
    let matchers = values.iter().map(matcher).collect::<Result<Vec<_>>>()?;
    let texts = matchers
        .iter()
        .filter(|matcher| matches!(matcher, Matcher::Text(_)))
        .count();
    if matchers.is_empty() || (texts != 0 && texts != matchers.len()) {
        Err(mixed())
    } else {
        Ok(matchers)
    }
}

fn mixed() -> String {
    "Inside anything but list, either all values are number or string, mixed type is not supported"
        .into()
}

fn excluded_text(kind: &str, value: &Value) -> Result<Matcher> {
    let wrong = match kind {
        "equals-ignore-case" => {
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        }
        "wildcard" => "wildcard match pattern must be a string",
        _ => "prefix/suffix match pattern must be a string",
    };
    let text = value.as_str().ok_or(wrong)?;
    Ok(match kind {
        "equals-ignore-case" => Matcher::EqualsIgnoreCase(fold(text)),
        "wildcard" => Matcher::Wildcard(Wildcard::parse(text)?),
        _ if text.is_empty() => return Err("Null prefix/suffix not allowed".into()),
        "prefix" => Matcher::Prefix(text.to_owned()),
        _ => Matcher::Suffix(text.to_owned()),
    })
}

fn numeric(terms: &[Value]) -> Result<Matcher> {
    let invalid = || format!("Invalid member in numeric match: {}", token(terms.first()));
    let operator = terms.first().and_then(Value::as_str).ok_or_else(invalid)?;
    let bound = |name: &str| number(terms.get(1), name);
    let range = match operator {
        "=" => {
            let value = bound("equals")?;
            single(terms)?;
            Range {
                lower: Some((value.clone(), true)),
                upper: Some((value, true)),
            }
        }
        "<" | "<=" => {
            let upper = bound(operator)?;
            single(terms)?;
            Range {
                lower: None,
                upper: Some((upper, operator == "<=")),
            }
        }
        ">" | ">=" => {
            let lower = bound(operator)?;
            let upper = if terms.len() > 2 {
                Some(upper(terms, &lower)?)
            } else {
                None
            };
            Range {
                lower: Some((lower, operator == ">=")),
                upper,
            }
        }
        _ => return Err(format!("Unrecognized numeric range operator: {operator}")),
    };
    Ok(Matcher::Numeric(range))
}

fn single(terms: &[Value]) -> Result<()> {
    if terms.len() == 2 {
        Ok(())
    } else {
        Err(TOO_MANY.into())
    }
}

/// The second half of `[">", a, "<=", b]`.
fn upper(terms: &[Value], lower: &Decimal) -> Result<(Decimal, bool)> {
    let bad = || format!("Bad value in numeric range: {}", token(terms.get(2)));
    let operator = terms.get(2).and_then(Value::as_str).ok_or_else(bad)?;
    if operator != "<" && operator != "<=" {
        return Err(format!("Bad numeric range operator: {operator}"));
    }
    let upper = number(terms.get(3), operator)?;
    if terms.len() > 4 {
        return Err("Too many terms in numeric range expression".into());
    }
    if *lower >= upper {
        return Err("Bottom must be less than top".into());
    }
    Ok((upper, operator == "<="))
}

fn number(term: Option<&Value>, name: &str) -> Result<Decimal> {
    match term {
        Some(Value::Number(number)) => comparable(number),
        _ => Err(format!("Value of {name} must be numeric")),
    }
}

fn comparable(number: &serde_json::Number) -> Result<Decimal> {
    let decimal = Decimal::parse(number.as_str());
    match decimal {
        _ if decimal.is_comparable() => Ok(decimal),
        _ if decimal.has_too_many_places() => {
            Err("Only values upto 6 decimals are supported".into())
        }
        _ => Err("Value must be between -5.0E11 and 5.0E11, inclusive".into()),
    }
}

fn token(term: Option<&Value>) -> String {
    match term {
        None => "]".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
