//! Methods of strings. Positions and lengths count UTF-16 units, as Java does.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use kit::counted::counted;

use super::super::number::Number;
use super::super::utf16;
use super::super::value::{ListKind, Value};
use super::{Outcome, Table, Work, exception, format, new_list, new_text, pattern};

/// Name and function of each.
pub const METHODS: Table<Arc<str>> = &[
    ("length", length),
    ("isEmpty", is_empty),
    ("isBlank", is_blank),
    ("substring", substring),
    ("subSequence", substring),
    ("charAt", char_at),
    ("codePointAt", code_point_at),
    ("indexOf", index_of),
    ("lastIndexOf", last_index_of),
    ("regionMatches", region_matches),
    ("contains", contains),
    ("startsWith", starts_with),
    ("endsWith", ends_with),
    ("equalsIgnoreCase", equals_ignore_case),
    ("contentEquals", content_equals),
    ("compareTo", compare_to),
    ("compareToIgnoreCase", compare_to_ignore_case),
    ("matches", pattern::matches),
    ("split", pattern::split),
    ("replace", replace),
    ("replaceAll", pattern::replace_all),
    ("replaceFirst", pattern::replace_first),
    ("concat", concat),
    ("trim", trim),
    ("strip", strip),
    ("stripLeading", strip_leading),
    ("stripTrailing", strip_trailing),
    ("toUpperCase", to_upper_case),
    ("toLowerCase", to_lower_case),
    ("repeat", repeat),
    ("toCharArray", to_char_array),
    ("getBytes", get_bytes),
    ("lines", lines),
    ("intern", intern),
    ("format", format_text),
    ("valueOf", value_of),
    ("copyValueOf", value_of),
    ("join", join),
];

fn length(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        Value::size(utf16::length(text))
    } else {
        Value::Null
    })
}

fn is_empty(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        text.is_empty().into()
    } else {
        Value::Null
    })
}

fn is_blank(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        text.chars().all(char::is_whitespace).into()
    } else {
        Value::Null
    })
}

fn substring(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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
            "a substring out of range: the string has {}",
            counted(length, "character")
        ))
    })
}

fn char_at(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn code_point_at(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

/// `indexOf(text)`, `indexOf(text, from)`; the text may be the code of a character.
fn index_of(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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
fn last_index_of(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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
fn region_matches(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn contains(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    let [Value::Text(wanted)] = arguments else {
        return Ok(Value::Null);
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    Ok(text.contains(&**wanted).into())
}

fn starts_with(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn ends_with(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(end)] => Ok(text.ends_with(&**end).into()),
        _ => Ok(Value::Null),
    }
}

fn equals_ignore_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(other)] => {
            work.budget.steps(1 + text.len() as u64 / 64)?;
            Ok(folded(text).eq(folded(other)).into())
        }
        [Value::Null] => Ok(Value::Bool(false)),
        _ => Ok(Value::Null),
    }
}

/// One character for each, as Java compares without case.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
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

fn content_equals(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(other)] => Ok((text == other).into()),
        _ => Ok(Value::Null),
    }
}

fn compare_to(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    let other = match arguments {
        [Value::Text(other)] => other,
        [other] if !other.is_null() => {
            return Err(exception("a string can only be compared to a string"));
        }
        _ => return Ok(Value::Null),
    };
    work.budget.steps(1 + text.len() as u64 / 64)?;
    Ok(Value::int(compare(
        text.encode_utf16(),
        other.encode_utf16(),
    )))
}

fn compare_to_ignore_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

/// Literally, everywhere.
fn replace(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn concat(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(other)] => {
            work.budget.bytes(text.len() + other.len())?;
            Ok([&**text, &**other].concat().into())
        }
        _ => Ok(Value::Null),
    }
}

/// Everything up to U+0020 at both ends.
fn trim(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    cut(
        text.trim_matches(|character| character <= ' '),
        arguments,
        work,
    )
}

fn strip(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    cut(text.trim(), arguments, work)
}

fn strip_leading(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    cut(text.trim_start(), arguments, work)
}

fn strip_trailing(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    cut(text.trim_end(), arguments, work)
}

fn cut(part: &str, arguments: &[Value], work: &mut Work) -> Outcome {
    if arguments.is_empty() {
        new_text(part, work)
    } else {
        Ok(Value::Null)
    }
}

fn to_upper_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    if arguments.is_empty() {
        new_text(text.to_uppercase(), work)
    } else {
        Ok(Value::Null)
    }
}

fn to_lower_case(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    if arguments.is_empty() {
        new_text(text.to_lowercase(), work)
    } else {
        Ok(Value::Null)
    }
}

fn repeat(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    let [Value::Number(Number::Int(count))] = arguments else {
        return Ok(Value::Null);
    };
    let count = usize::try_from(*count)
        .map_err(|_| exception("a string cannot be repeated less than no times"))?;
    work.budget.bytes(text.len().saturating_mul(count))?;
    Ok(text.repeat(count).into())
}

fn to_char_array(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn get_bytes(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    work.budget.bytes(32 * text.len())?;
    if arguments.len() < 2 {
        bytes(text)
    } else {
        Ok(Value::Null)
    }
}

/// The UTF-8 bytes, signed as Java's.
pub fn bytes(text: &str) -> Outcome {
    let bytes = text
        .bytes()
        .map(|byte| Value::int(i32::from(byte as i8)))
        .collect();
    Ok(Value::List(super::List::new(ListKind::Bytes, bytes)?))
}

fn lines(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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

fn intern(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> Outcome {
    Ok(if arguments.is_empty() {
        Value::Text(text.clone())
    } else {
        Value::Null
    })
}

/// `String.format(pattern, arguments…)`, through an instance.
fn format_text(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [Value::Text(pattern), rest @ ..] => {
            let text = match rest {
                [Value::List(list)] if list.kind() == ListKind::Array => {
                    work.budget.steps(list.len() as u64)?;
                    format::format(pattern, &list.iter().collect::<Vec<Value>>(), work)?
                }
                rest => format::format(pattern, rest, work)?,
            };
            new_text(text, work)
        }
        _ => Ok(Value::Null),
    }
}

fn value_of(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    match arguments {
        [Value::Null] => new_text("null", work),
        [value] => new_text(value.shown()?.as_ref(), work),
        _ => Ok(Value::Null),
    }
}

/// `String.join(separator, list)` or `String.join(separator, items…)`.
fn join(_: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
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
            return Err(exception("`join` takes strings only"));
        }
        let before = out.len();
        out.push_str(if position > 0 { separator } else { "" });
        out.push_str(if item.is_null() { "null" } else { "" });
        out.push_str(&item.shown()?);
        work.budget.bytes(out.len() - before)?;
    }
    Ok(out.into())
}
