//! Whether the condition of a filter holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::lookup::{self, Located, Part};
use super::tree::{Comparison, Condition, Operand, PathStep};

impl Condition {
    /// Whether the condition holds for `item` of `document`.
    pub(super) fn holds(&self, item: &Value, document: &Value, visits: &mut usize) -> bool {
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
                let definite = steps.iter().all(PathStep::is_definite);
                match lookup::find(
                    steps,
                    definite,
                    if *from_item { item } else { document },
                    visits,
                )? {
                    Located::One(Part::Of(value)) => Some(Cow::Borrowed(value)),
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
