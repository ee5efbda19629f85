//! Errors of patterns, in the words of `java.util.regex.PatternSyntaxException`.

use std::fmt;

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    description: String,
    index: Option<usize>,
}

impl SyntaxError {
    pub(super) fn at(description: impl Into<String>, index: Option<usize>) -> SyntaxError {
        SyntaxError {
            description: description.into(),
            index,
        }
    }

    /// Java's `getDescription()`: what is wrong.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Java's `getIndex()`: about where, in characters; [`None`] where Java gives -1.
    pub fn index(&self) -> Option<usize> {
        self.index
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)?;
        self.index
            .map_or(Ok(()), |index| write!(f, " near index {index}"))
    }
}

impl std::error::Error for SyntaxError {}
