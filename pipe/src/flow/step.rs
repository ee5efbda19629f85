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

    /// How often the message was received, this time included.
    pub fn receive_count(&self) -> u32 {
        let count = self.event.value().get("attributes").and_then(|all| all.get("ApproximateReceiveCount"));
        count.and_then(|count| count.as_str()?.parse().ok()).unwrap_or(1)
    }
}

/// What is known of a [`Work`] that went out and is not coming back.
#[derive(Debug, Clone)]
pub struct Lost {
    /// The message's id.
    pub id: String,
    /// Its group.
    pub group: Option<String>,
    /// Whether it was a probe.
    pub is_probe: bool,
}

/// What to do.
#[derive(Debug)]
pub enum Step {
    /// Deliver this, and tell how it went by [`Flow::finished`](super::Flow::finished).
    Deliver(Work),
    /// Receive, and tell by [`Flow::received`](super::Flow::received) or
    /// [`Flow::poll_failed`](super::Flow::poll_failed).
    Poll(Poll),
    /// Tell the queue, and [`Flow::settle_failed`](super::Flow::settle_failed) if it did not listen.
    Settle(Settle),
}

/// A receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll {
    /// How many messages it asks for.
    pub count: usize,
    /// How long it waits for the first.
    pub wait: Duration,
}

/// Whether a queue keeps the order of its message groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It does not.
    Standard,
    /// It does.
    Fifo,
}

/// What the queue is told of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// It is done.
    Delete {
        /// The right to say so.
        receipt: String,
        /// How often that was tried before.
        tries: u32,
    },
    /// It stays hidden for this long from now; zero hands it back.
    Hide {
        /// The message's id.
        id: String,
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
