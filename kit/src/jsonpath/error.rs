//! Why a text is not a JSON path.

use std::fmt;

/// A text that is not a path: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// The text.
    pub path: String,
    /// Byte offset of what is wrong.
    pub offset: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.path[..self.offset.min(self.path.len())]
            .chars()
            .count()
            + 1;
        write!(
            f,
            "invalid JSON path `{}`, column {column}: {}",
            self.path, self.reason
        )
    }
}

impl std::error::Error for PathError {}
