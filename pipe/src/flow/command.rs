//! What the flow asks its worker to do.

use std::time::Duration;

use super::work::Work;

/// What to do next.
#[derive(Debug)]
pub(crate) enum Command {
    /// Deliver this message, and report the result to [`Flow::finished`](super::Flow::finished).
    Deliver(Work),
    /// Receive messages, and report them to [`Flow::received`](super::Flow::received), or a failure
    /// to [`Flow::poll_failed`](super::Flow::poll_failed).
    Poll(Poll),
    /// Settle a message at the queue, and report a failure to
    /// [`Flow::settle_failed`](super::Flow::settle_failed).
    Settle(Settle),
}

/// One receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Poll {
    /// How many messages it asks for.
    pub(crate) count: usize,
    /// How long it waits for the first message.
    pub(crate) wait: Duration,
}

/// What a message is settled with at the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settle {
    /// The message is done: it is deleted.
    Delete {
        /// The receipt of the delivery.
        receipt: String,
        /// How many tries to delete it failed before.
        tries: u32,
    },
    /// The message stays hidden for a time from now on; zero hands it back.
    Hide {
        /// The message's id.
        id: String,
        /// The receipt of the delivery.
        receipt: String,
        /// How long.
        span: Duration,
    },
}
