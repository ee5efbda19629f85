//! What [`Flow`](super::Flow) works on and what it says: values that the worker acts on.

use std::time::Duration;

use kit::time::Timestamp;

use crate::event::Event;

/// One message on its way.
#[derive(Debug)]
pub struct Work {
    /// The message's id.
    pub id: String,
    /// Its group, on a FIFO queue.
    pub group: Option<String>,
    /// What the stages work on.
    pub event: Event,
    /// How many bytes its body has.
    pub size: usize,
    /// How often it was tried since it was received.
    pub tries: u32,
    /// When it last went out.
    pub begun: Timestamp,
    /// Whether it goes out to see if the target is back.
    pub is_probe: bool,
}

impl Work {
    /// A message as it was received, `size` bytes long.
    pub fn new(id: String, group: Option<String>, event: Event, size: usize) -> Work {
        Work { id, group, event, size, tries: 0, begun: Timestamp::default(), is_probe: false }
    }
}

/// What to do.
#[derive(Debug)]
pub enum Step {
    /// Deliver this, and tell how it went by [`Flow::finished`].
    Deliver(Work),
    /// Receive up to so many messages, and tell by [`Flow::received`] or [`Flow::poll_failed`].
    Poll(usize),
    /// Tell the queue.
    Settle(Settle),
}

/// What the queue is told of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// It is done.
    Delete {
        /// The right to say so.
        receipt: String,
    },
    /// It stays hidden for this long from now; zero hands it back.
    Hide {
        /// The right to say so.
        receipt: String,
        /// How long.
        span: Duration,
    },
}

/// A change of the breaker, worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The target is taken to be down: no more receiving.
    Opened,
    /// The target is back.
    Closed,
}
