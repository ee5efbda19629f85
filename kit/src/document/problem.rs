//! What is wrong with a document, and where.

use std::fmt;
use std::sync::Arc;

/// Where a value stands: file name as the user gave it, line and column counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named on the command line.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// A problem that stands here.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem {
            place: self.clone(),
            message: message.into(),
            severity: Severity::default(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is wrong with a document, and where. Prints as `file:line:column: message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is, in words for the author of the document.
    pub message: String,
    /// Whether `--lenient` tolerates it.
    pub severity: Severity,
}

/// Whether `--lenient` tolerates a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// The document is wrong. No setting changes that.
    #[default]
    Error,
    /// The document asks for something that Tidegate does not do or know. With `--lenient` the
    /// programs go on without it.
    Tolerable,
}

impl Problem {
    /// The same problem, which `--lenient` tolerates.
    #[must_use]
    pub fn tolerable(self) -> Problem {
        Problem {
            severity: Severity::Tolerable,
            ..self
        }
    }

    /// Whether `--lenient` tolerates it.
    pub fn is_tolerable(&self) -> bool {
        self.severity == Severity::Tolerable
    }
}

/// Going on after a problem, so that all problems are found at once.
pub trait OrCollect<T> {
    /// The value; or nothing, and one problem more in `problems`.
    fn or_collect(self, problems: &mut Vec<Problem>) -> Option<T>;
}

impl<T> OrCollect<T> for Result<T, Problem> {
    fn or_collect(self, problems: &mut Vec<Problem>) -> Option<T> {
        self.map_err(|problem| problems.push(problem)).ok()
    }
}
