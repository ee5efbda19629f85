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
    /// Whether leniency passes over it.
    pub severity: Severity,
}

/// Whether leniency passes over a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// It does where a reader has collected the problem itself, and goes on without what it is
    /// about.
    #[default]
    Open,
    /// It does: the document is right, and asks for something that is not done here.
    Unsupported,
    /// It does not: the document is wrong.
    Wrong,
}

impl Problem {
    /// The document is right, and asks for something that is not done here.
    #[must_use]
    pub fn unsupported(self) -> Problem {
        Problem {
            severity: Severity::Unsupported,
            ..self
        }
    }

    /// An error of a part, collected so that the problems of the other parts are told with it.
    /// Leniency passes over it only when it was marked as [`Problem::unsupported`].
    #[must_use]
    pub fn collected(self) -> Problem {
        let severity = if self.severity == Severity::Open {
            Severity::Wrong
        } else {
            self.severity
        };
        Problem { severity, ..self }
    }

    /// Whether leniency does not pass over it.
    pub fn is_fatal(&self) -> bool {
        self.severity == Severity::Wrong
    }
}

/// Going on after a problem, so that all of them are found at once.
pub trait OrCollect<T> {
    /// The value; or nothing, and one [collected](Problem::collected) problem more.
    fn or_collect(self, problems: &mut Vec<Problem>) -> Option<T>;
}

impl<T> OrCollect<T> for Result<T, Problem> {
    fn or_collect(self, problems: &mut Vec<Problem>) -> Option<T> {
        self.map_err(|problem| problems.push(problem.collected()))
            .ok()
    }
}
