//! Methods of strings that take a regular expression.

use std::rc::Rc;
use std::sync::Arc;

use kit::java_regex::{self, Regex, ReplaceError, Replaced};

use crate::vtl::limits::{Budget, Exceeded};
use crate::vtl::method::work::{MethodResult, Thrown, Work, exception, new_list, new_text};
use crate::vtl::number::Number;
use crate::vtl::value::{ListKind, Value};

/// Patterns that one rendering remembers.
const PATTERNS: usize = 16;

/// Whether the pattern matches the whole string.
pub(super) fn matches(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let [Value::Text(regex)] = arguments else {
        return Ok(Value::Null);
    };
    let pattern = pattern(regex, work)?;
    Ok(pattern.matches(text, &mut work.budget)?.into())
}

/// Splits at a regular expression. Trailing empty items are dropped, unless a limit says otherwise.
pub(super) fn split(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (regex, limit) = match arguments {
        [Value::Text(regex)] => (regex, 0),
        [Value::Text(regex), Value::Number(Number::Int(limit))] => (regex, *limit),
        _ => return Ok(Value::Null),
    };
    let parts = pattern(regex, work)?.split(text, limit, &mut work.budget)?;
    new_list(
        ListKind::Array,
        parts.into_iter().map(Value::from).collect(),
        work,
    )
}

/// Replaces every match.
pub(super) fn replace_all(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    replace_regex(text, arguments, Regex::replace_all, work)
}

/// Replaces the first match.
pub(super) fn replace_first(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> MethodResult {
    replace_regex(text, arguments, Regex::replace_first, work)
}

/// `replaceAll` or `replaceFirst` of a regular expression.
type Replace = fn(&Regex, &str, &str, &mut Budget) -> Replaced<Budget>;

fn replace_regex(
    text: &Arc<str>,
    arguments: &[Value],
    replace: Replace,
    work: &mut Work,
) -> MethodResult {
    let [Value::Text(regex), Value::Text(replacement)] = arguments else {
        return Ok(Value::Null);
    };
    let pattern = pattern(regex, work)?;
    let replaced =
        replace(&pattern, text, replacement, &mut work.budget).map_err(|error| match error {
            ReplaceError::Exceeded(exceeded) => Thrown::Exceeded(exceeded),
            ReplaceError::Replacement(why) => exception(why),
        })?;
    new_text(replaced, work)
}

/// The compiled pattern, which is kept so that a loop reads it once.
fn pattern(regex: &Arc<str>, work: &mut Work) -> Result<Rc<Regex>, Thrown> {
    if let Some((_, pattern)) = work.patterns.iter().find(|(known, _)| known == regex) {
        return Ok(pattern.clone());
    }
    work.budget.steps(100 + regex.len() as u64)?;
    let pattern = Rc::new(read(regex).map_err(exception)?);
    work.budget.steps(pattern.cost())?;
    work.patterns.truncate(PATTERNS - 1);
    work.patterns.push((regex.clone(), pattern.clone()));
    Ok(pattern)
}

/// Reads a pattern; the error quotes the pattern and says what is wrong with it.
pub(crate) fn read(regex: &str) -> Result<Regex, String> {
    let short = || regex.chars().take(60).collect::<String>();
    Regex::new(regex).map_err(|error| format!("invalid regular expression `{}`: {error}", short()))
}

impl java_regex::Budget for Budget {
    type Exceeded = Exceeded;

    #[inline]
    fn steps(&mut self, count: u64) -> Result<(), Exceeded> {
        Budget::steps(self, count)
    }

    #[inline]
    fn bytes(&mut self, count: usize) -> Result<(), Exceeded> {
        Budget::bytes(self, count)
    }

    fn too_many_choices() -> Exceeded {
        Exceeded::Steps
    }
}
