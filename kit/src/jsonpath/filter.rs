//! Conditions of filters: `[?(@.a > 1 && @.b in ['x','y'])]`.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::Step;
use super::lookup::{self, Found, Part};
use super::parse::{Cursor, Read};
use super::pattern::Pattern;
use crate::java_regex::Flags;

/// Conditions inside one another.
const NESTING: usize = 64;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    /// The path leads to something other than null.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Pattern),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// `@…`, from the item that is filtered, or `$…`, from the document.
    Path {
        from_item: bool,
        steps: Vec<Step>,
    },
    Literal(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Size,
    Empty,
    Contains,
}

const SYMBOLS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessEqual),
    (">=", Comparison::GreaterEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];
const WORDS: [(&str, Comparison); 5] = [
    ("nin", Comparison::NotIn),
    ("in", Comparison::In),
    ("size", Comparison::Size),
    ("empty", Comparison::Empty),
    ("contains", Comparison::Contains),
];

/// Reads `a || b`.
pub(super) fn condition(cursor: &mut Cursor<'_>) -> Read<Condition> {
    cursor.depth += 1;
    if cursor.depth > NESTING {
        return Err(cursor.error("conditions are nested too deeply"));
    }
    let mut any = vec![conjunction(cursor)?];
    while cursor.takes("||") {
        any.push(conjunction(cursor)?);
    }
    cursor.depth -= 1;
    Ok(if any.len() == 1 {
        any.remove(0)
    } else {
        Condition::Any(any)
    })
}

fn conjunction(cursor: &mut Cursor<'_>) -> Read<Condition> {
    let mut all = vec![single(cursor)?];
    while cursor.takes("&&") {
        all.push(single(cursor)?);
    }
    Ok(if all.len() == 1 {
        all.remove(0)
    } else {
        Condition::All(all)
    })
}

fn single(cursor: &mut Cursor<'_>) -> Read<Condition> {
    cursor.blanks();
    let condition = if cursor.takes("!") {
        cursor.depth += 1;
        if cursor.depth > NESTING {
            return Err(cursor.error("conditions are nested too deeply"));
        }
        let inner = single(cursor)?;
        cursor.depth -= 1;
        Condition::Not(Box::new(inner))
    } else if cursor.takes("(") {
        let inner = condition(cursor)?;
        cursor.expect(")")?;
        inner
    } else {
        comparison(cursor)?
    };
    cursor.blanks();
    Ok(condition)
}

fn comparison(cursor: &mut Cursor<'_>) -> Read<Condition> {
    let left = operand(cursor)?;
    cursor.blanks();
    if cursor.takes("=~") {
        cursor.blanks();
        return Ok(Condition::Matches(left, pattern(cursor)?));
    }
    let symbol = SYMBOLS.iter().find(|(symbol, _)| cursor.takes(symbol));
    let comparison = match symbol.or_else(|| WORDS.iter().find(|(word, _)| cursor.takes(word))) {
        Some((_, comparison)) => *comparison,
        None => return Ok(Condition::Exists(left)),
    };
    cursor.blanks();
    Ok(Condition::Compare(left, comparison, operand(cursor)?))
}

fn operand(cursor: &mut Cursor<'_>) -> Read<Operand> {
    let from_item = cursor.peek() == Some('@');
    match cursor.peek() {
        Some('@' | '$') => {
            cursor.at += 1;
            let mut steps = Vec::new();
            cursor.steps(&mut steps)?;
            Ok(Operand::Path { from_item, steps })
        }
        Some('\'' | '"') => Ok(Operand::Literal(Value::String(cursor.quoted()?))),
        Some('[') => list(cursor),
        _ => {
            let rest = cursor.rest();
            let length = rest
                .find([' ', ')', ',', ']', '&', '|', '=', '<', '>', '!'])
                .unwrap_or(rest.len());
            let literal = serde_json::from_str(&rest[..length])
                .map_err(|_| cursor.error("expected a path, a number, or text in quotes"))?;
            cursor.at += length;
            Ok(Operand::Literal(literal))
        }
    }
}

fn list(cursor: &mut Cursor<'_>) -> Read<Operand> {
    cursor.at += 1;
    let mut items = Vec::new();
    cursor.blanks();
    while !cursor.takes("]") {
        let item = if cursor.peek() == Some('[') {
            None
        } else {
            Some(operand(cursor)?)
        };
        match item {
            Some(Operand::Literal(literal)) => items.push(literal),
            _ => return Err(cursor.error("a list holds numbers and text")),
        }
        cursor.blanks();
        if !cursor.takes(",") && cursor.peek() != Some(']') {
            return Err(cursor.error("expected `,` or `]`"));
        }
        cursor.blanks();
    }
    Ok(Operand::Literal(Value::Array(items)))
}

/// `/expression/flags`, matched against the whole text.
fn pattern(cursor: &mut Cursor<'_>) -> Read<Pattern> {
    let start = cursor.at;
    cursor.expect("/")?;
    let rest = cursor.rest();
    let mut escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'/' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    let end = end.ok_or_else(|| cursor.error("the expression is never closed"))?;
    let source = rest[..end].replace("\\/", "/");
    cursor.at += end + 1;
    let mut flags = Flags::default();
    while let Some(letter) = cursor.peek()
        && flags.set(letter, true)
    {
        cursor.at += 1;
    }
    Pattern::new(&source, flags).map_err(|why| {
        cursor.at = start;
        cursor.error(format!("a bad regular expression: {why}"))
    })
}

impl Condition {
    /// Whether `item` of `document` fulfils it.
    pub fn holds(&self, item: &Value, document: &Value, visits: &mut usize) -> bool {
        *visits = visits.saturating_sub(1);
        match self {
            Condition::Any(all) => all
                .iter()
                .any(|condition| condition.holds(item, document, visits)),
            Condition::All(all) => all
                .iter()
                .all(|condition| condition.holds(item, document, visits)),
            Condition::Not(inner) => !inner.holds(item, document, visits),
            Condition::Exists(operand) => operand
                .value(item, document, visits)
                .is_some_and(|value| !value.is_null()),
            Condition::Compare(left, comparison, right) => {
                let left = left.value(item, document, visits);
                let right = right.value(item, document, visits);
                left.zip(right)
                    .is_some_and(|(left, right)| compare(&left, *comparison, &right))
            }
            Condition::Matches(operand, pattern) => {
                match operand.value(item, document, visits).as_deref() {
                    Some(Value::String(text)) => pattern.matches(text, visits),
                    Some(single @ (Value::Number(_) | Value::Bool(_))) => {
                        pattern.matches(&single.to_string(), visits)
                    }
                    _ => false,
                }
            }
        }
    }
}

impl Operand {
    fn value<'v>(
        &'v self,
        item: &'v Value,
        document: &'v Value,
        visits: &mut usize,
    ) -> Option<Cow<'v, Value>> {
        match self {
            Operand::Literal(literal) => Some(Cow::Borrowed(literal)),
            Operand::Path { from_item, steps } => {
                let definite = steps.iter().all(Step::is_definite);
                match lookup::find(
                    steps,
                    definite,
                    if *from_item { item } else { document },
                    visits,
                )? {
                    Found::One(Part::Of(value)) => Some(Cow::Borrowed(value)),
                    found => found.copied(visits).map(Cow::Owned),
                }
            }
        }
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => !equal(left, right),
        Comparison::Less => order(left, right).is_some_and(Ordering::is_lt),
        Comparison::LessEqual => order(left, right).is_some_and(Ordering::is_le),
        Comparison::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Comparison::GreaterEqual => order(left, right).is_some_and(Ordering::is_ge),
        Comparison::In => right
            .as_array()
            .is_some_and(|items| items.iter().any(|item| equal(left, item))),
        Comparison::NotIn => right
            .as_array()
            .is_some_and(|items| !items.iter().any(|item| equal(left, item))),
        Comparison::Size => size(left).is_some_and(|size| right.as_u64() == Some(size as u64)),
        Comparison::Empty => size(left).is_some_and(|size| right.as_bool() == Some(size == 0)),
        Comparison::Contains => match left {
            Value::Array(items) => items.iter().any(|item| equal(item, right)),
            Value::String(text) => right.as_str().is_some_and(|part| text.contains(part)),
            _ => false,
        },
    }
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::String(text) => Some(text.chars().count()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (number(left, right), number(right, left)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => number(left, right)?.partial_cmp(&number(right, left)?),
    }
}

/// A number, or text that stands beside a number and looks like one.
fn number(value: &Value, other: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if other.is_number() => text.parse().ok(),
        _ => None,
    }
}
