//! A message, and the caller that waits for its answer.

use std::time::Instant;

use tokio::sync::oneshot;

use crate::integration_request::SendMessage;
use crate::integration_response::Answer;

/// A message, and the caller that waits for its answer.
#[derive(Debug)]
pub(super) struct PendingMessage {
    pub message: SendMessage,
    /// When the caller stops waiting.
    pub deadline: Instant,
    pub answer: oneshot::Sender<Answer>,
}

impl PendingMessage {
    /// Gives the caller its answer, unless it has stopped waiting.
    pub(super) fn settle(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }

    /// Whether the caller has stopped waiting.
    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}
