//! One delivery of a message, and the receipt that settles it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kit::time::Timestamp;

use super::ids::{Location, MessageKey, QueueId};

/// A message handed out once. What it says is read from the store at `location`.
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
    pub location: Location,
}

/// The right to settle one delivery. Prints and parses as a receipt handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// The queue that handed it out.
    pub queue: QueueId,
    /// The message.
    pub key: MessageKey,
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
            key: MessageKey {
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
    fn a_receipt_comes_back_and_junk_does_not() {
        let receipt = Receipt {
            queue: 7,
            key: MessageKey {
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
