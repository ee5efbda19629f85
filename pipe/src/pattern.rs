//! The event pattern language: does this event match, and if not, why not?
//!
//! A pattern is parsed once into trees, one for each way through its `$or`s; an event matches when
//! it satisfies one of them. Which events match follows the cases in `tests/patterns`, recorded
//! from AWS and from its matching library. Nothing here knows of pipes, where an SQS body is
//! treated specially (`event::filter`). Pure.

mod address;
mod complexity;
mod condition;
mod error;
mod matcher;
mod members;
mod mismatch;
mod number;
mod operator;
mod parse;
mod tree;
mod wildcard;

use serde_json::Value;

pub use condition::{Condition, Domain};
pub use error::PatternError;
pub use mismatch::Mismatch;
use tree::{Fit, Tree};

/// A parsed event pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    branches: Vec<Branch>,
}

/// One way to match: all of its fields must match.
#[derive(Debug, Clone)]
pub struct Branch {
    tree: Tree,
}

/// How a pattern mentions one of the top-level fields of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mention {
    /// Not at all.
    Absent,
    /// With a list of alternatives for the field itself.
    List,
    /// With an object, for fields below it.
    Object,
}

impl Pattern {
    /// Reads a pattern, which is a JSON object. If a key is repeated, the last one counts.
    ///
    /// # Errors
    /// The pattern is refused; the reason is the one that AWS gives.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let branches = parse::parse(text)?
            .into_iter()
            .map(|tree| Branch { tree })
            .collect();
        Ok(Pattern { branches })
    }

    /// Whether the event, a JSON object, matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.branches.iter().any(|branch| branch.matches(event))
    }

    /// The ways to match, one for each combination of `$or`.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// What keeps the event from matching, by the branch that comes closest; empty when it matches.
    pub fn misses(&self, event: &Value) -> Vec<Mismatch> {
        let misses = self.branches.iter().map(|branch| branch.misses(event));
        misses.min_by_key(Vec::len).unwrap_or_default()
    }
}

impl Branch {
    /// Whether the event satisfies this branch.
    pub fn matches(&self, event: &Value) -> bool {
        self.tree.judge(event) != Fit::No
    }

    /// How this branch mentions one of the top-level fields of an event.
    pub(crate) fn mention(&self, field: &str) -> Mention {
        match self.tree.field(field) {
            None => Mention::Absent,
            Some(tree) if tree.leaf.is_some() => Mention::List,
            Some(_) => Mention::Object,
        }
    }

    /// What the branch lists for each field, with the way to the field.
    pub fn conditions(&self) -> Vec<(Vec<&str>, Condition<'_>)> {
        condition::of_tree(&self.tree)
    }

    /// The fields that keep the event from satisfying this branch.
    pub fn misses(&self, event: &Value) -> Vec<Mismatch> {
        if self.matches(event) {
            return Vec::new();
        }
        let mut misses = Vec::new();
        mismatch::collect(&self.tree, &mut Vec::new(), event, &mut misses);
        if misses.is_empty() {
            misses.push(Mismatch {
                field: String::new(),
                expected: String::new(),
            });
        }
        misses
    }
}

#[cfg(test)]
mod tests;
