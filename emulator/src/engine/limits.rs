//! Every number of SQS, once, by name. Source: the SQS developer guide, "Amazon SQS quotas", and
//! the service model. At the end stands the one number that is the engine's own.

use std::time::Duration;

/// A whole-number attribute: its name on the wire, its range (both ends included) and its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// AWS's name of the attribute.
    pub name: &'static str,
    /// The smallest value.
    pub min: u32,
    /// The largest value.
    pub max: u32,
    /// The value of a new queue.
    pub default: u32,
}

impl Limit {
    /// Whether `value` lies in the range.
    pub(crate) const fn allows(&self, value: i64) -> bool {
        self.min as i64 <= value && value <= self.max as i64
    }
}

/// Seconds that a new message stays hidden.
pub(crate) const DELAY: Limit = Limit {
    name: "DelaySeconds",
    min: 0,
    max: 900,
    default: 0,
};
/// Bytes of a message: its body and its attributes. 256 KiB until August 2025.
pub(crate) const MESSAGE_SIZE: Limit = Limit {
    name: "MaximumMessageSize",
    min: 1024,
    max: 1_048_576,
    default: 1_048_576,
};
/// Seconds that a message is kept.
pub(crate) const RETENTION: Limit = Limit {
    name: "MessageRetentionPeriod",
    min: 60,
    max: 1_209_600,
    default: 345_600,
};
/// Seconds that a receive waits for a message.
pub(crate) const RECEIVE_WAIT: Limit = Limit {
    name: "ReceiveMessageWaitTimeSeconds",
    min: 0,
    max: 20,
    default: 0,
};
/// Seconds that a received message stays hidden from other receivers.
pub(crate) const VISIBILITY: Limit = Limit {
    name: "VisibilityTimeout",
    min: 0,
    max: 43_200,
    default: 30,
};
/// Seconds for which a KMS data key is reused.
pub(crate) const KMS_REUSE: Limit = Limit {
    name: "KmsDataKeyReusePeriodSeconds",
    min: 60,
    max: 86_400,
    default: 300,
};
/// Receives before a message goes to the dead-letter queue.
pub(crate) const MAX_RECEIVES: Limit = Limit {
    name: "maxReceiveCount",
    min: 1,
    max: 1000,
    default: 10,
};
/// Messages of one receive.
pub(crate) const RECEIVE_BATCH: Limit = Limit {
    name: "MaxNumberOfMessages",
    min: 1,
    max: 10,
    default: 1,
};
/// Messages a second of a move task.
pub(crate) const MOVE_RATE: Limit = Limit {
    name: "MaxNumberOfMessagesPerSecond",
    min: 1,
    max: 500,
    default: 500,
};

/// Entries of one batch request.
pub(crate) const BATCH_ENTRIES: usize = 10;
/// Bytes of all entries of one batch, whatever the queue's own MaximumMessageSize is.
pub(crate) const BATCH_SIZE: usize = 1_048_576;
/// Attributes of one message.
pub(crate) const MESSAGE_ATTRIBUTES: usize = 10;
/// Messages in flight at once in one queue.
pub(crate) const IN_FLIGHT: usize = 120_000;
/// How long a FIFO queue remembers a deduplication id, and a receive attempt.
pub(crate) const DEDUPLICATION: Duration = Duration::from_secs(300);
/// How long a deleted queue's name stays blocked, and how long a queue cannot be purged again.
pub(crate) const COOLDOWN: Duration = Duration::from_secs(60);
/// Characters of a queue name, the `.fifo` suffix included.
pub(crate) const QUEUE_NAME: usize = 80;
/// Source queues that a redrive allow policy may name.
pub(crate) const ALLOWED_SOURCES: usize = 10;
/// Entries of one page of queues.
pub(crate) const PAGE: usize = 1000;
/// From this many receives on, a returning message goes behind the others of a standard queue.
pub(crate) const BACK_OF_THE_QUEUE: u32 = 3;

/// How many messages one call drops, moves or passes over at most: the rest of a queue of millions
/// is left to the next calls, so that no other caller has to wait for it.
pub(super) const STEP: usize = 500;
