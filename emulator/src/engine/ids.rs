//! The numbers and states by which the engine and the store speak of queues and messages.

use super::slab::Slot;

/// The number of a queue, never used again after the queue is gone. The first one is 1.
pub type QueueId = u32;

/// Rises with every message that is sent, in every queue. Never used again.
pub(crate) type Serial = u64;

/// Identifies one message for good: the slot finds it, the serial proves that the slot was not
/// reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey {
    /// The message's slot in the slab.
    pub slot: Slot,
    /// The message's own number.
    pub serial: Serial,
}

/// Where the store keeps the content of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Location {
    /// The number of the log segment.
    pub segment: u32,
    /// The offset of the record in the segment, in bytes.
    pub offset: u32,
    /// The length of the whole record, in bytes.
    pub length: u32,
}

/// Whether a message can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// The message waits for a receiver.
    Ready,
    /// The message was sent with a delay that runs until `due`.
    Delayed,
    /// The message was received and is hidden until `due`.
    InFlight,
}
