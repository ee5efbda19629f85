//! A message, and one delivery of it with its receipt.
//!
//! The record in memory is small and fixed: what a message says lives in the store, at a [`Place`].

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kit::time::Timestamp;

use super::effect::Snapshot;
use super::list::{Linked, Links};
use super::slab::Slot;

/// The number of a queue, never used again after the queue is gone. The first one is 1.
pub type QueueId = u32;

/// Rises with every message that is sent, in every queue. Never used again.
pub type Serial = u64;

/// The state of a message that decides who may have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for a receiver.
    Ready,
    /// Was sent with a delay that runs until `due`.
    Delayed,
    /// Was received and is hidden until `due`.
    InFlight,
}

/// Where the store keeps what a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The number of the log segment.
    pub segment: u32,
    /// Where in it the record begins, in bytes.
    pub offset: u32,
    /// Bytes of the whole record.
    pub length: u32,
}

/// Names one message for good: the slot finds it, the serial proves that the slot was not used
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its place in the slab.
    pub slot: Slot,
    /// Its own number.
    pub serial: Serial,
}

/// All that memory holds of a message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its own number; orders messages by arrival.
    pub serial: Serial,
    /// When it was accepted. Survives the move to a dead-letter queue.
    pub sent_at: Timestamp,
    /// When its delay or its visibility timeout ends.
    pub due: Timestamp,
    /// Where its content is.
    pub place: Place,
    /// The queue that has it now.
    pub queue: QueueId,
    /// The queue it came from as a dead letter; 0 if none.
    pub origin: QueueId,
    /// How often it was received; also tells its receipts apart.
    pub receives: u32,
    /// Its group in the queue's own list of groups; meaningless in standard queues.
    pub group: Slot,
    first_received: Age,
    received_at: Age,
    pub(super) links: Links,
    pub(super) ages: Links,
    /// It is dead when its queue has another one by now, see [`Queue`](super::Queue).
    pub(super) generation: u16,
    /// Who may have it.
    pub state: State,
    /// It arrived later than a younger one, and does not stand in the chain of ages.
    pub(super) is_stray: bool,
}

/// How old a message was at some time, in milliseconds: half the size of a [`Timestamp`], and a
/// message lives for fourteen days at most.
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

impl Message {
    pub(super) fn of(
        snapshot: &Snapshot,
        group: Slot,
        state: State,
        place: Place,
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
            place,
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

    /// When it was received for the first time; the epoch if never.
    pub fn first_received(&self) -> Timestamp {
        self.first_received.time(self.sent_at)
    }

    /// When it was received last; the epoch if never.
    pub fn received_at(&self) -> Timestamp {
        self.received_at.time(self.sent_at)
    }

    /// Notes a receive, by which it was received so often.
    pub(super) fn received(&mut self, now: Timestamp, receives: u32, due: Timestamp) {
        self.receives = receives;
        self.due = due;
        self.received_at = Age::at(self.sent_at, now);
        if self.first_received == Age::NEVER {
            self.first_received = self.received_at;
        }
    }

    /// Makes a new message of it.
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

/// The chain of those that may be received: of a standard queue, or of a message group.
pub struct InLine;

/// The chain of all messages of a queue, the oldest first.
pub struct ByAge;

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

/// A message handed out once. What it says is read from the store at `place`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What settles it.
    pub receipt: Receipt,
    /// The MessageId.
    pub id: String,
    /// SentTimestamp, as clients see it.
    pub sent_at: Timestamp,
    /// ApproximateFirstReceiveTimestamp, as clients see it.
    pub first_received: Timestamp,
    /// ApproximateReceiveCount; 1 on the first delivery.
    pub receives: u32,
    /// Whether it came here by redrive.
    pub is_dead_letter: bool,
    /// DeadLetterQueueSourceArn; none when that queue was deleted.
    pub origin: Option<String>,
    /// SequenceNumber, in FIFO queues.
    pub sequence: Option<String>,
    /// Where the content is.
    pub place: Place,
}

/// The right to settle one delivery. Prints and parses as a receipt handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// The queue that handed it out.
    pub queue: QueueId,
    /// The message.
    pub key: Key,
    /// Which of its deliveries.
    pub receives: u32,
}

/// The text is no receipt handle of this emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt handle")]
pub struct NotAReceipt;

/// Makes every handle begin like those of SQS, with `AQEB`.
const HANDLE_PREFIX: [u8; 3] = [1, 1, 1];
const HANDLE_LENGTH: usize = 27;

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(HANDLE_LENGTH);
        bytes.extend(HANDLE_PREFIX);
        bytes.extend(self.queue.to_be_bytes());
        bytes.extend(self.key.slot.to_be_bytes());
        bytes.extend(self.key.serial.to_be_bytes());
        bytes.extend(self.receives.to_be_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        f.write_str(&BASE64_STANDARD.encode(bytes))
    }
}

impl FromStr for Receipt {
    type Err = NotAReceipt;

    fn from_str(text: &str) -> Result<Receipt, NotAReceipt> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| NotAReceipt)?;
        let (fields, sum) = bytes.split_last_chunk::<4>().ok_or(NotAReceipt)?;
        let sound = bytes.len() == HANDLE_LENGTH
            && fields.starts_with(&HANDLE_PREFIX)
            && crc32fast::hash(fields) == u32::from_be_bytes(*sum);
        if !sound {
            return Err(NotAReceipt);
        }
        let word =
            |at: usize| u32::from_be_bytes(fields[at..at + 4].try_into().expect("four bytes"));
        let serial = u64::from_be_bytes(fields[11..19].try_into().expect("eight bytes"));
        Ok(Receipt {
            queue: word(3),
            key: Key {
                slot: word(7),
                serial,
            },
            receives: word(19),
        })
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

    #[test]
    fn a_receipt_comes_back_and_junk_does_not() {
        let receipt = Receipt {
            queue: 7,
            key: Key {
                slot: 9,
                serial: u64::MAX,
            },
            receives: 3,
        };
        let handle = receipt.to_string();
        assert!(handle.starts_with("AQEB"));
        assert_eq!(handle.parse(), Ok(receipt));
        let mut damaged = handle.clone().into_bytes();
        damaged[10] ^= 1;
        for junk in [
            "",
            "garbage",
            "AQEB",
            &handle[4..],
            &String::from_utf8_lossy(&damaged),
        ] {
            assert_eq!(junk.parse::<Receipt>(), Err(NotAReceipt), "{junk}");
        }
    }
}
