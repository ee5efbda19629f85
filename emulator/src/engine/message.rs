//! A message as memory holds it: a small record of fixed size. The content lives in the store, at a
//! [`Location`].

use std::time::Duration;

use kit::time::Timestamp;

use super::effect::Snapshot;
use super::ids::{Location, MessageKey, MessageState, QueueId, Serial};
use super::list::{Linked, Links};
use super::slab::Slot;

/// All that memory holds of a message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// The message's own number; orders messages by arrival.
    pub serial: Serial,
    /// When the message was accepted. Survives the move to a dead-letter queue.
    pub sent_at: Timestamp,
    /// When the delay or the visibility timeout ends.
    pub due: Timestamp,
    /// Where the content is.
    pub location: Location,
    /// The queue that holds the message now.
    pub queue: QueueId,
    /// The queue that the message came from as a dead letter; 0 if none.
    pub origin: QueueId,
    /// How often the message was received; also distinguishes its receipts.
    pub receives: u32,
    /// The slot of the message group in the queue; meaningless in standard queues.
    pub group: Slot,
    first_received: Age,
    received_at: Age,
    pub(super) links: Links,
    pub(super) ages: Links,
    /// The message is dead once its queue has another generation, see `Queue`.
    pub(super) generation: u16,
    /// Whether the message can be received.
    pub state: MessageState,
    /// Whether the message arrived later than a younger one, and so is not in the chain of ages.
    pub(super) is_stray: bool,
}

/// The age of a message at some time, in milliseconds: half the size of a [`Timestamp`], and
/// enough, since a message lives for at most fourteen days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Age(u32);

impl Age {
    const NEVER: Age = Age(u32::MAX);

    fn at(sent_at: Timestamp, now: Timestamp) -> Age {
        Age(u32::try_from(now.since(sent_at).as_millis()).unwrap_or(u32::MAX - 1))
    }

    fn time(self, sent_at: Timestamp) -> Timestamp {
        match self {
            Age::NEVER => Timestamp::default(),
            Age(millis) => sent_at + Duration::from_millis(millis.into()),
        }
    }
}

/// SequenceNumbers have twenty digits from the first one on, and gaps.
const FIRST_SEQUENCE: u128 = 18_849_496_460_000_000_000;
const SEQUENCE_STEP: u128 = 256;

/// The SequenceNumber of the message with this serial.
pub(super) fn sequence_number(serial: Serial) -> String {
    (FIRST_SEQUENCE + SEQUENCE_STEP * u128::from(serial)).to_string()
}

impl Message {
    pub(super) fn of(
        snapshot: &Snapshot,
        group: Slot,
        state: MessageState,
        location: Location,
        generation: u16,
    ) -> Message {
        let age = |at| {
            if at == Timestamp::default() {
                Age::NEVER
            } else {
                Age::at(snapshot.sent_at, at)
            }
        };
        Message {
            serial: snapshot.key.serial,
            sent_at: snapshot.sent_at,
            due: snapshot.due,
            location,
            queue: snapshot.queue,
            origin: snapshot.origin,
            receives: snapshot.receives,
            group,
            first_received: age(snapshot.first_received),
            received_at: age(snapshot.received_at),
            links: Links::default(),
            ages: Links::default(),
            generation,
            state,
            is_stray: false,
        }
    }

    /// The key of the message, which lies in this slot.
    pub(super) fn key(&self, slot: Slot) -> MessageKey {
        MessageKey {
            slot,
            serial: self.serial,
        }
    }

    /// When the message was received for the first time; the epoch if never.
    pub(super) fn first_received(&self) -> Timestamp {
        self.first_received.time(self.sent_at)
    }

    /// When the message was received last; the epoch if never.
    pub(super) fn received_at(&self) -> Timestamp {
        self.received_at.time(self.sent_at)
    }

    /// Records a receive; `receives` counts all of them, this one included.
    pub(super) fn received(&mut self, now: Timestamp, receives: u32, due: Timestamp) {
        self.receives = receives;
        self.due = due;
        self.received_at = Age::at(self.sent_at, now);
        if self.first_received == Age::NEVER {
            self.first_received = self.received_at;
        }
    }

    /// Turns the record into that of a new message with the same content.
    pub(super) fn renew(&mut self, serial: Serial, now: Timestamp) {
        self.serial = serial;
        self.sent_at = now;
        self.due = now;
        self.first_received = Age::NEVER;
        self.received_at = Age::NEVER;
        self.receives = 0;
        self.origin = 0;
    }
}

/// The chain of messages that can be received: of a standard queue, or of a message group.
pub(super) struct InLine;

/// The chain of all messages of a queue, the oldest first.
pub(super) struct ByAge;

impl Linked<InLine> for Message {
    fn neighbours(&self) -> &Links {
        &self.links
    }

    fn neighbours_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

impl Linked<ByAge> for Message {
    fn neighbours(&self) -> &Links {
        &self.ages
    }

    fn neighbours_mut(&mut self) -> &mut Links {
        &mut self.ages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_small() {
        // Nothing else is held of a message that waits in a standard queue.
        assert!(
            size_of::<Option<Message>>() <= 80,
            "{}",
            size_of::<Option<Message>>()
        );
    }
}
