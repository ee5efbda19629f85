//! Why a pattern is refused.

use std::fmt;

/// Why a pattern is refused: AWS's reason, and the field that it concerns (empty for the whole
/// pattern).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Dotted path of the field.
    pub field: String,
    /// The reason in AWS's words.
    pub reason: String,
}

impl PatternError {
    /// The pattern is refused at this field, with this reason.
    pub(super) fn new(field: &str, reason: impl Into<String>) -> PatternError {
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
