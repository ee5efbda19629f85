//! Parses the text of a path.

use super::tree::PathStep;

mod condition;
mod cursor;
mod steps;

use cursor::{Cursor, PathResult};

/// Reads a whole path.
pub(super) fn parse(text: &str) -> PathResult<Vec<PathStep>> {
    let end = text.trim_end().len();
    let at = text.len() - text.trim_start().len();
    let mut cursor = Cursor {
        text: &text[..end],
        at,
        depth: 0,
        filters: 0,
        count: 0,
    };
    if cursor.at >= end {
        return Err(cursor.error("the path is empty"));
    }
    let mut steps = Vec::new();
    if !cursor.takes("$") && !cursor.takes("@") && !matches!(cursor.peek(), Some('.' | '[')) {
        steps.push(cursor.name()?);
    }
    cursor.steps(&mut steps)?;
    match cursor.peek() {
        None => Ok(steps),
        Some(' ') => Err(cursor.error("a name that contains a space is written `['…']`")),
        Some(_) => Err(cursor.error("expected `.` or `[`")),
    }
}
