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
    /// How often the message was received, this time included.
    pub receives: u32,
    /// How often it was tried since it was received, as far as that says something about it.
    pub tries: u32,
    /// When it went out for the first time of those that failed, since it was received.
    pub failing_since: Option<Timestamp>,
    /// How often it is to be tried before it is left to the queue, by the last failure.
    pub patience: u32,
    /// When it last went out.
    pub begun: Timestamp,
    /// What [`UnderWay`](super::under_way) knows it by.
    pub ticket: u64,
    /// Whether it goes out to see if the target takes anything.
    pub is_probe: bool,
    /// Whether it goes out in no batch with others, so that its failure is its own.
    pub alone: bool,
    /// Whether it was left to the queue before, since others got through and it did not.
    pub is_known: bool,
}

impl Work {
    /// A message as it was received, `size` bytes long.
    pub fn new(id: String, group: Option<String>, event: Event, size: usize) -> Work {
        let count = event
            .value()
            .get("attributes")
            .and_then(|all| all.get("ApproximateReceiveCount"));
        let receives = count
            .and_then(|count| count.as_str()?.parse().ok())
            .unwrap_or(1);
        Work {
            id,
            group,
            event,
            size,
            receives,
            tries: 0,
            failing_since: None,
            patience: 1,
            begun: Timestamp::default(),
            ticket: 0,
            is_probe: false,
            alone: false,
            is_known: false,
        }
    }

    /// Whether it failed, this time or before.
    pub fn failed_before(&self) -> bool {
        self.tries > 0 || self.is_known
    }

    /// What is left to know of it when it is gone.
    pub fn lost(&self) -> Lost {
        Lost {
            id: self.id.clone(),
            group: self.group.clone(),
            begun: self.begun,
            ticket: self.ticket,
            is_probe: self.is_probe,
            failed_before: self.failed_before(),
        }
    }
}

/// What is known of a [`Work`] that went out and is not coming back.
#[derive(Debug, Clone)]
pub struct Lost {
    /// The message's id.
    pub id: String,
    /// Its group.
    pub group: Option<String>,
    /// When it went out.
    pub begun: Timestamp,
    /// See [`Work::ticket`].
    pub ticket: u64,
    /// Whether it was a probe.
    pub is_probe: bool,
    /// See [`Work::failed_before`].
    pub failed_before: bool,
}

/// With whom a message went out, as far as a failure is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Alone: a failure is its own.
    Alone,
    /// As the first of a batch.
    First,
    /// As another one of a batch, of which the first speaks.
    Other,
}

/// What to do.
#[derive(Debug)]
pub enum Step {
    /// Deliver this, and tell how it went by [`Flow::finished`](super::Flow::finished).
    Deliver(Work),
    /// Receive, and tell by [`Flow::received`](super::Flow::received) or
    /// [`Flow::poll_failed`](super::Flow::poll_failed).
    Poll(Poll),
    /// Tell the queue, and [`Flow::settle_failed`](super::Flow::settle_failed) if it did not
    /// listen.
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
