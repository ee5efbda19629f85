//! Methods of booleans, and the static ones that templates reach through one:
//! `$B.parseBoolean("true")`.

use super::super::value::Value;
use super::{Outcome, Table, Work, new_text};

/// Name and function of each.
pub const METHODS: Table<bool> = &[
    ("booleanValue", boolean_value),
    ("compareTo", compare_to),
    ("parseBoolean", parse_boolean),
    ("valueOf", parse_boolean),
    ("toString", to_string),
];

fn boolean_value(bool: &bool, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        (*bool).into()
    } else {
        Value::Null
    })
}

fn compare_to(bool: &bool, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [Value::Bool(other)] => Ok(Value::int(bool.cmp(other) as i32)),
        _ => Ok(Value::Null),
    }
}

/// `Boolean.parseBoolean(text)`: true for `true` in any case, false for all else. `Boolean.valueOf`
/// takes a boolean too.
fn parse_boolean(_: &bool, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(text)] => Ok(text.eq_ignore_ascii_case("true").into()),
        [Value::Bool(bool)] => Ok((*bool).into()),
        _ => Ok(Value::Null),
    }
}

/// Its own text, or that of another.
fn to_string(bool: &bool, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [] => new_text(bool.to_string(), work),
        [Value::Bool(other)] => new_text(other.to_string(), work),
        _ => Ok(Value::Null),
    }
}
