//! What became of a message: SQS's own outcome, or none.

use crate::integration::sqs::Outcome;

/// There is no answer from SQS, so whether the message is stored is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection, a broken one, or somebody who answered in SQS's place.
    Unreachable(String),
    /// It took too long.
    TimedOut,
    /// SQS was not asked at all: there are no credentials to ask with.
    NoCredentials(String),
}

/// What a caller gets for its message.
pub(super) type Answer = Result<Outcome, NoAnswer>;
