//! Everything that the engine did, as values: the store writes them, and after a restart
//! [`Engine::replay`] reads them back.
//!
//! An effect states what is true afterwards, not what was requested, so replaying one twice changes
//! nothing.
//!
//! [`Engine::replay`]: super::Engine::replay

use kit::time::Timestamp;

use super::content::{Content, Fingerprint};
use super::definition::{Purge, QueueDefinition};
use super::ids::{MessageKey, QueueId, Serial};
use super::task::MoveTask;

/// One change that must survive.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Which numbers come next. Stands at the beginning of every piece of the log.
    Counters {
        /// Makes the message ids of this data folder its own, see
        /// [`Engine::new`](super::Engine::new).
        seed: [u8; 16],
        /// The next message's serial.
        serial: Serial,
        /// The next queue's number.
        queue: QueueId,
    },
    /// A queue was created or changed; says all of it.
    Queue(Box<QueueDefinition>),
    /// A queue lost all its messages.
    Purged {
        /// Which one.
        queue: QueueId,
        /// When, and which messages.
        purge: Purge,
    },
    /// A move task began, or ended; says all of it.
    Task(Box<MoveTask>),
    /// A queue is gone, with all its messages.
    QueueDeleted {
        /// Which one.
        queue: QueueId,
        /// When; its name stays blocked for a while.
        at: Timestamp,
    },
    /// A message was sent.
    Stored(Box<StoredMessage>),
    /// A message was handed out.
    Received {
        /// Which one.
        key: MessageKey,
        /// How often it was received until now.
        receives: u32,
        /// When it was received now.
        at: Timestamp,
        /// When it becomes visible again.
        due: Timestamp,
    },
    /// The visibility timeout of a message was changed.
    Hidden {
        /// Which one.
        key: MessageKey,
        /// When it becomes visible again.
        due: Timestamp,
    },
    /// A message went to a dead-letter queue.
    Moved {
        /// Which one.
        key: MessageKey,
        /// The dead-letter queue.
        to: QueueId,
        /// When.
        at: Timestamp,
    },
    /// A move task made a new message of an old one; the content stays where it is.
    Renewed {
        /// Which one, by its old number.
        key: MessageKey,
        /// Its new number.
        serial: Serial,
        /// The queue that has it now.
        to: QueueId,
        /// When it counts as sent.
        at: Timestamp,
    },
    /// A message is gone.
    Deleted {
        /// Which one.
        key: MessageKey,
    },
    /// A deduplication id is still remembered although its message is not.
    Remembered {
        /// The FIFO queue.
        queue: QueueId,
        /// The id, see [`Fingerprint`].
        id: Fingerprint,
        /// The message that was sent with it.
        serial: Serial,
        /// When it was sent.
        at: Timestamp,
    },
}

impl Effect {
    /// When it happened, if it says so.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Effect::Queue(definition) => Some(definition.created.max(definition.modified)),
            Effect::Purged { purge, .. } => Some(purge.at),
            Effect::Task(task) => Some(task.started),
            Effect::Stored(stored) => {
                Some(stored.snapshot.sent_at.max(stored.snapshot.received_at))
            }
            Effect::QueueDeleted { at, .. }
            | Effect::Received { at, .. }
            | Effect::Moved { at, .. }
            | Effect::Renewed { at, .. }
            | Effect::Remembered { at, .. } => Some(*at),
            Effect::Counters { .. } | Effect::Hidden { .. } | Effect::Deleted { .. } => None,
        }
    }
}

/// A stored message: the state that replay needs, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// Its state.
    pub snapshot: Snapshot,
    /// Its content.
    pub content: Content,
}

/// The state of a message at the time of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Which one.
    pub key: MessageKey,
    /// The queue that has it.
    pub queue: QueueId,
    /// The queue that it came from as a dead letter, or 0.
    pub origin: QueueId,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its delay or visibility timeout ends.
    pub due: Timestamp,
    /// Its first receive, or the epoch.
    pub first_received: Timestamp,
    /// Its last receive, or the epoch.
    pub received_at: Timestamp,
    /// How often it was received.
    pub receives: u32,
    /// Its message group in a FIFO queue.
    pub group: Option<Fingerprint>,
    /// Its deduplication id in a FIFO queue.
    pub deduplication: Option<Fingerprint>,
}
