//! Methods of strings that look for something in the text. Positions count UTF-16 units.

use std::borrow::Cow;
use std::sync::Arc;

use super::compare::folded;
use crate::vtl::method::work::{MethodResult, Work};
use crate::vtl::number::Number;
use crate::vtl::utf16;
use crate::vtl::value::Value;

/// `indexOf(text)`, `indexOf(text, from)`; the text may be the code of a character.
pub(super) fn index_of(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (wanted, from) = match arguments {
        [wanted] => (wanted, 0),
        [wanted, Value::Number(Number::Int(from))] => (wanted, usize::try_from(*from).unwrap_or(0)),
        _ => return Ok(Value::Null),
    };
    let Some(wanted) = wanted_text(wanted) else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let start = utf16::offset(text, from);
    let found = text[start..]
        .find(&*wanted)
        .map(|at| utf16::position(text, start + at));
    Ok(found.map_or(Value::int(-1), Value::size))
}

/// `lastIndexOf(text)`, `lastIndexOf(text, from)`: the last that starts at `from` or before.
pub(super) fn last_index_of(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (wanted, from) = match arguments {
        [wanted] => (wanted, Ok(usize::MAX)),
        [wanted, Value::Number(Number::Int(from))] => (wanted, usize::try_from(*from)),
        _ => return Ok(Value::Null),
    };
    let Some(wanted) = wanted_text(wanted) else {
        return Ok(Value::Null);
    };
    let Ok(from) = from else {
        return Ok(Value::int(-1));
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let mut end = (utf16::offset(text, from) + wanted.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Ok(text[..end]
        .rfind(&*wanted)
        .map_or(Value::int(-1), |at| Value::size(utf16::position(text, at))))
}

/// Text to look for, or the character that a number is the code of.
fn wanted_text(argument: &Value) -> Option<Cow<'_, str>> {
    match argument {
        Value::Text(text) => Some(Cow::Borrowed(text)),
        Value::Number(Number::Int(code)) => char::from_u32(u32::try_from(*code).ok()?)
            .map(|character| Cow::Owned(character.to_string())),
        _ => None,
    }
}

/// `regionMatches(from, other, other_from, length)`, with whether case counts in front or not.
pub(super) fn region_matches(
    text: &Arc<str>,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    let (ignore_case, arguments) = match arguments {
        [Value::Bool(ignore_case), rest @ ..] => (*ignore_case, rest),
        rest => (false, rest),
    };
    let [
        Value::Number(from),
        Value::Text(other),
        Value::Number(other_from),
        Value::Number(length),
    ] = arguments
    else {
        return Ok(Value::Null);
    };
    work.budget
        .steps(1 + (text.len() + other.len()) as u64 / 64)?;
    let region = |text: &str, from: &Number| {
        let (from, length) = (
            usize::try_from(from.as_int()?).ok()?,
            usize::try_from(length.as_int()?).ok()?,
        );
        utf16::slice(text, from, from + length)
    };
    let (Some(one), Some(two)) = (region(text, from), region(other, other_from)) else {
        return Ok(false.into());
    };
    Ok(if ignore_case {
        folded(&one).eq(folded(&two))
    } else {
        one == two
    }
    .into())
}

pub(super) fn contains(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Text(wanted)] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    Ok(text.contains(&**wanted).into())
}

pub(super) fn starts_with(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(start)] => Ok(text.starts_with(&**start).into()),
        [Value::Text(start), Value::Number(Number::Int(from))] => {
            work.budget.steps(1 + text.len() as u64 / 64)?;
            let from = usize::try_from(*from)
                .ok()
                .filter(|&from| from <= utf16::length(text));
            Ok(from
                .is_some_and(|from| text[utf16::offset(text, from)..].starts_with(&**start))
                .into())
        }
        _ => Ok(Value::Null),
    }
}

pub(super) fn ends_with(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(end)] => Ok(text.ends_with(&**end).into()),
        _ => Ok(Value::Null),
    }
}
