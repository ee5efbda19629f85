//! Methods of strings that compare the text with another.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::vtl::method::work::{MethodResult, Work, exception};
use crate::vtl::value::Value;

pub(super) fn equals_ignore_case(
    text: &Arc<str>,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    match arguments {
        [Value::Text(other)] => {
            work.budget.steps(1 + text.len() as u64 / 64)?;
            Ok(folded(text).eq(folded(other)).into())
        }
        [Value::Null] => Ok(Value::Bool(false)),
        _ => Ok(Value::Null),
    }
}

/// The characters without case, one for each, as Java compares them.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let one = |character: char, mut cased: Box<dyn Iterator<Item = char>>| match (
        cased.next(),
        cased.next(),
    ) {
        (Some(only), None) => only,
        _ => character,
    };
    text.chars().map(move |character| {
        let upper = one(character, Box::new(character.to_uppercase()));
        one(upper, Box::new(upper.to_lowercase()))
    })
}

pub(super) fn content_equals(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(other)] => Ok((text == other).into()),
        _ => Ok(Value::Null),
    }
}

pub(super) fn compare_to(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let other = match arguments {
        [Value::Text(other)] => other,
        [other] if !other.is_null() => {
            return Err(exception("`compareTo` of a string needs another string"));
        }
        _ => return Ok(Value::Null),
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    Ok(Value::int(compare(
        text.encode_utf16(),
        other.encode_utf16(),
    )))
}

pub(super) fn compare_to_ignore_case(
    text: &Arc<str>,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    let [Value::Text(other)] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let (one, two): (String, String) = (folded(text).collect(), folded(other).collect());
    Ok(Value::int(compare(one.encode_utf16(), two.encode_utf16())))
}

/// The difference of the first units that differ, else of the lengths.
fn compare(mut one: impl Iterator<Item = u16>, mut two: impl Iterator<Item = u16>) -> i32 {
    loop {
        match (one.next(), two.next()) {
            (Some(one), Some(two)) if one != two => return i32::from(one) - i32::from(two),
            (Some(_), Some(_)) => {}
            (Some(_), None) => return i32::try_from(1 + one.count()).unwrap_or(i32::MAX),
            (None, Some(_)) => return -i32::try_from(1 + two.count()).unwrap_or(i32::MAX),
            (None, None) => return Ordering::Equal as i32,
        }
    }
}
