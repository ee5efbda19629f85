//! Methods of strings that take a part of the text, or take it apart. Positions count UTF-16 units.

use std::sync::Arc;

use kit::counted::counted;

use crate::vtl::method::work::{MethodResult, Work, exception, new_list, new_text};
use crate::vtl::number::Number;
use crate::vtl::utf16;
use crate::vtl::value::{List, ListKind, Value};

pub(super) fn substring(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (start, end) = match arguments {
        [Value::Number(Number::Int(start))] => (*start, None),
        [
            Value::Number(Number::Int(start)),
            Value::Number(Number::Int(end)),
        ] => (*start, Some(*end)),
        _ => return Ok(Value::Null),
    };
    work.budget.bytes(text.len())?;
    let length = utf16::length(text);
    let end = end.map_or(Some(length), |end| usize::try_from(end).ok());
    let part = match (usize::try_from(start), end) {
        (Ok(start), Some(end)) => utf16::slice(text, start, end),
        _ => None,
    };
    part.map(Value::from).ok_or_else(|| {
        exception(format!(
            "the substring is out of range: the string has {}",
            counted(length, "character")
        ))
    })
}

pub(super) fn char_at(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Number(Number::Int(place))] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let unit = usize::try_from(*place)
        .ok()
        .and_then(|place| utf16::slice(text, place, place.saturating_add(1)));
    unit.map(Value::from)
        .ok_or_else(|| exception(format!("character {place} is out of range")))
}

pub(super) fn code_point_at(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Number(Number::Int(place))] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    let place = usize::try_from(*place)
        .ok()
        .filter(|&place| place < utf16::length(text));
    let character = place.and_then(|place| text[utf16::offset(text, place)..].chars().next());
    match character.and_then(|character| i32::try_from(u32::from(character)).ok()) {
        Some(code) => Ok(Value::int(code)),
        None => Err(exception("a character out of range")),
    }
}

/// Everything up to U+0020 at both ends.
pub(super) fn trim(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    cut(
        text.trim_matches(|character| character <= ' '),
        arguments,
        work,
    )
}

pub(super) fn strip(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    cut(text.trim(), arguments, work)
}

pub(super) fn strip_leading(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    cut(text.trim_start(), arguments, work)
}

pub(super) fn strip_trailing(
    text: &Arc<str>,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    cut(text.trim_end(), arguments, work)
}

fn cut(part: &str, arguments: &[Value], work: &mut Work) -> MethodResult {
    if arguments.is_empty() {
        new_text(part, work)
    } else {
        Ok(Value::Null)
    }
}

pub(super) fn to_char_array(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    work.budget.bytes(32 * text.len())?;
    let units: Vec<Value> = text
        .encode_utf16()
        .map(|unit| utf16::text(&[unit]).into())
        .collect();
    new_list(ListKind::Array, units, work)
}

pub(super) fn get_bytes(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    work.budget.bytes(32 * text.len())?;
    if arguments.len() < 2 {
        bytes(text)
    } else {
        Ok(Value::Null)
    }
}

/// The UTF-8 bytes, signed as Java's.
pub(crate) fn bytes(text: &str) -> MethodResult {
    let bytes = text
        .bytes()
        .map(|byte| Value::int(i32::from(byte as i8)))
        .collect();
    Ok(Value::List(List::new(ListKind::Bytes, bytes)?))
}

pub(super) fn lines(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    if !arguments.is_empty() {
        return Ok(Value::Null);
    }
    work.budget.bytes(text.len())?;
    new_list(
        ListKind::View,
        text.lines().map(Value::from).collect(),
        work,
    )
}
