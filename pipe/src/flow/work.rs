//! A received message on its way to the target.

use kit::time::Timestamp;

use crate::event::Event;

/// One message on its way.
#[derive(Debug)]
pub(crate) struct Work {
    /// The message's id.
    pub(crate) id: String,
    /// Its message group, on a FIFO queue.
    pub(crate) group: Option<String>,
    /// The event that the stages of an execution work on.
    pub(crate) event: Event,
    /// The size of its body in bytes.
    pub(crate) size: usize,
    /// How often the message was received, this time included.
    pub(crate) receives: u32,
    /// How many tries since this receive failed in a way that counts.
    pub(crate) tries: u32,
    /// When the first of the tries that failed was made, since this receive.
    pub(crate) failing_since: Option<Timestamp>,
    /// How often the message is to be tried before it is left to the queue, by the last failure.
    pub(crate) patience: u8,
    /// When the message was last sent.
    pub(crate) begun: Timestamp,
    /// Identifies the try among those under way.
    pub(crate) ticket: u64,
    /// Whether the message is sent to find out if the target takes anything.
    pub(crate) is_probe: bool,
    /// Whether the message is sent in a batch of its own, so that a failure is its own.
    pub(crate) alone: bool,
    /// Whether the message was left to the queue before because it failed while others got through.
    pub(crate) is_known: bool,
    /// Whether the message is known to fail, and comes back if it is left to the queue.
    pub(crate) may_be_left: bool,
    /// Whether another try is of use only after another message got through.
    pub(crate) waits_for_others: bool,
    /// Whether its last try ended without an answer in time, so that the next one may, too.
    pub(crate) may_hang: bool,
}

impl Work {
    /// A message as it was received; its body has `size` bytes.
    pub(crate) fn new(id: String, group: Option<String>, event: Event, size: usize) -> Work {
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
            may_be_left: false,
            waits_for_others: false,
            may_hang: false,
        }
    }

    /// Whether the message failed before, since this receive or earlier.
    pub(crate) fn failed_before(&self) -> bool {
        self.tries > 0 || self.is_known
    }

    /// What remains known of the message should its delivery never end.
    pub(crate) fn lost(&self) -> Lost {
        Lost {
            id: self.id.clone(),
            group: self.group.clone(),
            begun: self.begun,
            ticket: self.ticket,
            is_probe: self.is_probe,
            may_hang: self.may_hang,
        }
    }
}

/// What is known of a [`Work`] that was sent and does not come back.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    /// The message's id.
    pub(crate) id: String,
    /// Its message group.
    pub(super) group: Option<String>,
    /// When the message was sent.
    pub(super) begun: Timestamp,
    /// [`Work::ticket`].
    pub(super) ticket: u64,
    /// Whether it was a probe.
    pub(super) is_probe: bool,
    /// [`Work::may_hang`].
    pub(super) may_hang: bool,
}

/// Where a message stood in the batch that it was sent in: this decides how a failure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchPosition {
    /// In a batch of its own: the failure is its own.
    Alone,
    /// First of several: the failure counts once for the batch.
    First,
    /// Behind the first, which counts for it.
    Other,
}
