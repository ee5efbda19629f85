//! Methods of strings that take a regular expression.

use std::rc::Rc;
use std::sync::Arc;

use super::super::number::Number;
use super::super::regex::Pattern;
use super::super::value::{ListKind, Value};
use super::{Outcome, Thrown, Work, exception, new_list, new_text};

/// Patterns that one rendering remembers.
const PATTERNS: usize = 16;

/// Of the whole string.
pub fn matches(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    let [Value::Text(regex)] = arguments else { return Ok(Value::Null) };
    let pattern = pattern(regex, work)?;
    Ok(pattern.matches(text, &mut work.budget)?.into())
}

/// Splits at a regular expression. Trailing empty items are dropped, unless a limit says otherwise.
pub fn split(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    let (regex, limit) = match arguments {
        [Value::Text(regex)] => (regex, 0),
        [Value::Text(regex), Value::Number(Number::Int(limit))] => (regex, *limit),
        _ => return Ok(Value::Null),
    };
    let pattern = pattern(regex, work)?;
    let most = usize::try_from(limit).ok().filter(|&limit| limit > 0).unwrap_or(usize::MAX);
    let mut items: Vec<Value> = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while items.len() + 1 < most
        && let Some(found) = pattern.find(text, from, &mut work.budget)?
    {
        work.budget.steps(4)?;
        let (at, end) = found.whole();
        // Java gives no empty item before an empty match at the start.
        if end > 0 {
            work.budget.bytes(48 + at - start)?;
            items.push(text[start..at].into());
            start = end;
        }
        from = if end > at { end } else { after(text, end) };
        if from > text.len() {
            break;
        }
    }
    work.budget.bytes(48 + text.len() - start)?;
    items.push(text[start..].into());
    if limit == 0 && items.len() > 1 {
        while matches!(items.last(), Some(Value::Text(last)) if last.is_empty()) {
            items.pop();
        }
    }
    new_list(ListKind::Array, items, work)
}

/// The offset of the next character; past the end there is one more.
fn after(text: &str, offset: usize) -> usize {
    offset + text[offset..].chars().next().map_or(1, char::len_utf8)
}

/// Every match.
pub fn replace_all(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    replace_regex(text, arguments, usize::MAX, work)
}

/// The first match.
pub fn replace_first(text: &Arc<str>, arguments: &[Value], work: &mut Work) -> Outcome {
    replace_regex(text, arguments, 1, work)
}

fn replace_regex(text: &Arc<str>, arguments: &[Value], most: usize, work: &mut Work) -> Outcome {
    let [Value::Text(regex), Value::Text(replacement)] = arguments else { return Ok(Value::Null) };
    let pattern = pattern(regex, work)?;
    let mut out = String::new();
    let mut start = 0;
    let mut from = 0;
    for _ in 0..most {
        let Some(found) = pattern.find(text, from, &mut work.budget)? else { break };
        work.budget.steps(4)?;
        let (at, end) = found.whole();
        let before = out.len();
        out.push_str(&text[start..at]);
        pattern.expand(replacement, text, &found, &mut out).map_err(exception)?;
        work.budget.bytes(out.len() - before)?;
        start = end;
        from = if end > at { end } else { after(text, end) };
        if from > text.len() {
            break;
        }
    }
    out.push_str(&text[start..]);
    new_text(out, work)
}

/// Reads a pattern once, however often a loop uses it.
fn pattern(regex: &Arc<str>, work: &mut Work) -> Result<Rc<Pattern>, Thrown> {
    if let Some((_, pattern)) = work.patterns.iter().find(|(known, _)| known == regex) {
        return Ok(pattern.clone());
    }
    work.budget.steps(100 + regex.len() as u64)?;
    let pattern = Rc::new(Pattern::new(regex).map_err(exception)?);
    work.budget.steps(pattern.cost())?;
    work.patterns.truncate(PATTERNS - 1);
    work.patterns.push((regex.clone(), pattern.clone()));
    Ok(pattern)
}
