//! Why an event does not match.

use std::fmt;

use serde_json::Value;

use super::tree::{Fit, Tree};

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

/// Adds the fields that do not match when each of them is judged alone.
pub(super) fn collect(
    tree: &Tree,
    path: &mut Vec<String>,
    event: &Value,
    mismatches: &mut Vec<Mismatch>,
) {
    if let Some(leaf) = &tree.leaf {
        let field = path.join(".");
        let mut alone = Tree::default();
        alone.insert(&field, leaf.clone());
        if alone.judge(event) == Fit::No {
            mismatches.push(Mismatch {
                field,
                expected: leaf.text.clone(),
            });
        }
    }
    for (name, inner) in &tree.fields {
        path.push(name.clone());
        collect(inner, path, event, mismatches);
        path.pop();
    }
}
