//! Methods of strings that make another text, and the static ones that templates reach through a
//! string: `$s.format("%5d", $n)`.

use std::sync::Arc;

use super::format::format;
use crate::vtl::method::work::{MethodResult, Work, exception, new_text};
use crate::vtl::number::Number;
use crate::vtl::value::{ListKind, Value};

/// Literally, everywhere.
pub(super) fn replace(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Text(old), Value::Text(new)] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let count = text.matches(&**old).count();
    work.budget.steps(count as u64)?;
    work.budget
        .bytes((text.len() - count * old.len()).saturating_add(count.saturating_mul(new.len())))?;
    Ok(text.replace(&**old, new).into())
}

pub(super) fn concat(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(other)] => {
            work.budget.bytes(text.len() + other.len())?;
            Ok([&**text, &**other].concat().into())
        }
        _ => Ok(Value::Null),
    }
}

pub(super) fn to_upper_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    if arguments.is_empty() {
        new_text(text.to_uppercase(), work)
    } else {
        Ok(Value::Null)
    }
}

pub(super) fn to_lower_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    if arguments.is_empty() {
        new_text(text.to_lowercase(), work)
    } else {
        Ok(Value::Null)
    }
}

pub(super) fn repeat(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Number(Number::Int(count))] = arguments else {
        return Ok(Value::Null);
    };
    let count =
        usize::try_from(*count).map_err(|_| exception("`repeat` needs a count of 0 or more"))?;
    work.budget.bytes(text.len().saturating_mul(count))?;
    Ok(text.repeat(count).into())
}

/// `String.format(pattern, arguments…)`, through an instance.
pub(super) fn format_text(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(pattern), rest @ ..] => {
            let text = match rest {
                [Value::List(list)] if list.kind() == ListKind::Array => {
                    work.budget.steps(list.len() as u64)?;
                    format(pattern, &list.iter().collect::<Vec<Value>>(), work)?
                }
                rest => format(pattern, rest, work)?,
            };
            new_text(text, work)
        }
        _ => Ok(Value::Null),
    }
}

pub(super) fn value_of(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [Value::Null] => new_text("null", work),
        [value] => new_text(value.shown()?.as_ref(), work),
        _ => Ok(Value::Null),
    }
}

/// `String.join(separator, list)` or `String.join(separator, items…)`.
pub(super) fn join(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (separator, items) = match arguments {
        [Value::Text(separator), Value::List(list)] => {
            (separator, list.iter().collect::<Vec<Value>>())
        }
        [Value::Text(separator), items @ ..] => (separator, items.to_vec()),
        _ => return Ok(Value::Null),
    };
    let mut out = String::new();
    for (position, item) in items.iter().enumerate() {
        if !matches!(item, Value::Text(_) | Value::Null) {
            return Err(exception("`join` accepts only strings"));
        }
        let before = out.len();
        out.push_str(if position > 0 { separator } else { "" });
        out.push_str(if item.is_null() { "null" } else { "" });
        out.push_str(&item.shown()?);
        work.budget.bytes(out.len() - before)?;
    }
    Ok(out.into())
}
