//! Methods of strings. Positions and lengths count UTF-16 units, as Java does.

use std::sync::Arc;

use super::table::{PLAIN, REJECTS_NULL, TAKES_PATTERN, Table};
use super::work::{MethodResult, Work};
use crate::vtl::utf16;
use crate::vtl::value::Value;

mod compare;
mod format;
mod make;
mod part;
mod pattern;
mod search;

pub(super) use part::bytes;
pub(crate) use pattern::read as read_pattern;

/// Name, function and flags of each method.
pub(super) const METHODS: Table<Arc<str>> = &[
    ("length", length, PLAIN),
    ("isEmpty", is_empty, PLAIN),
    ("isBlank", is_blank, PLAIN),
    ("substring", part::substring, PLAIN),
    ("subSequence", part::substring, PLAIN),
    ("charAt", part::char_at, PLAIN),
    ("codePointAt", part::code_point_at, PLAIN),
    ("indexOf", search::index_of, REJECTS_NULL),
    ("lastIndexOf", search::last_index_of, REJECTS_NULL),
    ("regionMatches", search::region_matches, PLAIN),
    ("contains", search::contains, REJECTS_NULL),
    ("startsWith", search::starts_with, REJECTS_NULL),
    ("endsWith", search::ends_with, REJECTS_NULL),
    ("equalsIgnoreCase", compare::equals_ignore_case, PLAIN),
    ("contentEquals", compare::content_equals, REJECTS_NULL),
    ("compareTo", compare::compare_to, REJECTS_NULL),
    (
        "compareToIgnoreCase",
        compare::compare_to_ignore_case,
        REJECTS_NULL,
    ),
    ("matches", pattern::matches, REJECTS_NULL | TAKES_PATTERN),
    ("split", pattern::split, REJECTS_NULL | TAKES_PATTERN),
    ("replace", make::replace, REJECTS_NULL),
    (
        "replaceAll",
        pattern::replace_all,
        REJECTS_NULL | TAKES_PATTERN,
    ),
    (
        "replaceFirst",
        pattern::replace_first,
        REJECTS_NULL | TAKES_PATTERN,
    ),
    ("concat", make::concat, REJECTS_NULL),
    ("trim", part::trim, PLAIN),
    ("strip", part::strip, PLAIN),
    ("stripLeading", part::strip_leading, PLAIN),
    ("stripTrailing", part::strip_trailing, PLAIN),
    ("toUpperCase", make::to_upper_case, PLAIN),
    ("toLowerCase", make::to_lower_case, PLAIN),
    ("repeat", make::repeat, PLAIN),
    ("toCharArray", part::to_char_array, PLAIN),
    ("getBytes", part::get_bytes, PLAIN),
    ("lines", part::lines, PLAIN),
    ("intern", intern, PLAIN),
    ("format", make::format_text, PLAIN),
    ("valueOf", make::value_of, PLAIN),
    ("copyValueOf", make::value_of, PLAIN),
    ("join", make::join, REJECTS_NULL),
];

fn length(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::size(utf16::length(text))
    } else {
        Value::Null
    })
}

fn is_empty(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        text.is_empty().into()
    } else {
        Value::Null
    })
}

fn is_blank(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        text.chars().all(char::is_whitespace).into()
    } else {
        Value::Null
    })
}

fn intern(text: &Arc<str>, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::Text(text.clone())
    } else {
        Value::Null
    })
}
