//! How deep lists and maps lie inside one another. A value that is nested too deeply is refused
//! when it is made, so that no walk through values runs out of stack.

use super::data::Value;
use crate::vtl::limits::{Exceeded, VALUE_NESTING};

impl Value {
    /// Levels of lists and maps in the value, as far as known when they were made.
    pub(super) fn depth(&self) -> usize {
        match self {
            Value::List(list) => list.0.depth,
            Value::Map(map) => map.0.depth,
            Value::Entry(entry) => entry.depth,
            _ => 0,
        }
    }
}

/// The depth of a container of `items`: one more than the deepest of them.
pub(super) fn nesting<'v>(items: impl Iterator<Item = &'v Value>) -> Result<usize, Exceeded> {
    deeper(items.map(Value::depth).max().unwrap_or(0))
}

/// One level more than `depth`.
pub(super) fn deeper(depth: usize) -> Result<usize, Exceeded> {
    if depth < VALUE_NESTING {
        Ok(depth + 1)
    } else {
        Err(Exceeded::Nesting)
    }
}
