//! Why one entry is refused.

/// The error of one entry, which stands in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `ErrorCode`.
    pub(crate) code: &'static str,
    /// `ErrorMessage`.
    pub(crate) message: String,
}
