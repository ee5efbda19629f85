//! A message, and one delivery of it with its receipt.
//!
//! The record in memory is small and fixed: what a message says lives in the store, at a [`Place`].

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kit::time::Timestamp;

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

/// Names one message for good: the slot finds it, the serial proves that the slot was not used again.
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
    /// When it was received for the first time; the epoch if never.
    pub first_received: Timestamp,
    /// When it was received last; the epoch if never.
    pub received_at: Timestamp,
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
    /// Who may have it.
    pub state: State,
    pub(super) links: Links,
}

impl Linked for Message {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// A message handed out once. What it says is read from the store at `place`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What settles it.
    pub receipt: Receipt,
    /// The MessageId.
    pub id: String,
    /// SentTimestamp.
    pub sent_at: Timestamp,
    /// ApproximateFirstReceiveTimestamp.
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
        let word = |at: usize| u32::from_be_bytes(fields[at..at + 4].try_into().expect("four bytes"));
        let serial = u64::from_be_bytes(fields[11..19].try_into().expect("eight bytes"));
        Ok(Receipt { queue: word(3), key: Key { slot: word(7), serial }, receives: word(19) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_small() {
        // With one entry of a B-tree for its age (about 34 bytes) a queued message stays under 150 bytes.
        assert!(size_of::<Option<Message>>() <= 80, "{}", size_of::<Option<Message>>());
    }

    #[test]
    fn a_receipt_comes_back_and_junk_does_not() {
        let receipt = Receipt { queue: 7, key: Key { slot: 9, serial: u64::MAX }, receives: 3 };
        let handle = receipt.to_string();
        assert!(handle.starts_with("AQEB"));
        assert_eq!(handle.parse(), Ok(receipt));
        let mut damaged = handle.clone().into_bytes();
        damaged[10] ^= 1;
        for junk in ["", "garbage", "AQEB", &handle[4..], &String::from_utf8_lossy(&damaged)] {
            assert_eq!(junk.parse::<Receipt>(), Err(NotAReceipt), "{junk}");
        }
    }
}
