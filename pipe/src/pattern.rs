//! The event pattern language: does this event match, and if not, why not?
//!
//! A pattern is parsed once into trees, one for each way through its `$or`s; an event matches when
//! it satisfies one of them. The verdicts follow the cases in `tests/patterns`, recorded from AWS
//! and from its matching library. Nothing here knows of pipes, where an SQS body is treated
//! specially: see `filter`.

mod address;
mod complexity;
mod matcher;
mod members;
mod number;
mod operator;
mod parse;
mod tree;
mod wildcard;

use std::fmt;

use serde_json::Value;
use tree::{Fit, Tree};

/// An event pattern, ready to be asked.
#[derive(Debug, Clone)]
pub struct Pattern {
    branches: Vec<Branch>,
}

/// One way to match: all of its fields must.
#[derive(Debug, Clone)]
pub struct Branch {
    tree: Tree,
}

/// How a pattern speaks of one of the event's own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention {
    /// Not at all.
    Absent,
    /// With a list of alternatives for the field itself.
    List,
    /// With an object, for fields below it.
    Object,
}

/// Why a pattern is refused: AWS's reason, and the field where it arose (empty for the whole
/// pattern).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Dotted path of the field.
    pub field: String,
    /// The reason in AWS's words.
    pub reason: String,
}

impl PatternError {
    fn new(field: &str, reason: impl Into<String>) -> PatternError {
        PatternError {
            field: field.to_owned(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event pattern is not valid. Reason: {}", self.reason)?;
        if self.field.is_empty() {
            Ok(())
        } else {
            write!(f, " (at {})", self.field)
        }
    }
}

impl std::error::Error for PatternError {}

/// A field that keeps an event from matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Dotted path; empty when every field matches by itself, but no array element satisfies them
    /// all.
    pub field: String,
    /// What the pattern lists for it, as JSON.
    pub expected: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str("each field matches, but no single array element has them all");
        }
        write!(f, "{} matches none of {}", self.field, self.expected)
    }
}

impl Pattern {
    /// Reads a pattern, a JSON object. Of a key that is repeated, the last one counts.
    ///
    /// # Errors
    /// The pattern is refused, with the reason that AWS gives.
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

    /// What keeps the event from matching, by the branch that comes closest. Empty when it matches.
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

    /// How this branch speaks of one of the event's own fields.
    pub fn mention(&self, field: &str) -> Mention {
        match self.tree.field(field) {
            None => Mention::Absent,
            Some(tree) if tree.leaf.is_some() => Mention::List,
            Some(_) => Mention::Object,
        }
    }

    /// The fields that keep the event from satisfying this branch.
    pub fn misses(&self, event: &Value) -> Vec<Mismatch> {
        if self.matches(event) {
            return Vec::new();
        }
        let mut misses = Vec::new();
        collect_misses(&self.tree, &mut Vec::new(), event, &mut misses);
        if misses.is_empty() {
            misses.push(Mismatch {
                field: String::new(),
                expected: String::new(),
            });
        }
        misses
    }
}

/// Asks for each leaf of the tree alone.
fn collect_misses(tree: &Tree, path: &mut Vec<String>, event: &Value, misses: &mut Vec<Mismatch>) {
    if let Some(leaf) = &tree.leaf {
        let field = path.join(".");
        let mut alone = Tree::default();
        alone.insert(&field, leaf.clone());
        if alone.judge(event) == Fit::No {
            misses.push(Mismatch {
                field,
                expected: leaf.text.clone(),
            });
        }
    }
    for (name, inner) in &tree.fields {
        path.push(name.clone());
        collect_misses(inner, path, event, misses);
        path.pop();
    }
}

#[cfg(test)]
mod tests;
