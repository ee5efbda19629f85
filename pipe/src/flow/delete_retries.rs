//! Deletes that failed, until they are tried again. Pure: time is an argument.
//!
//! A message that was delivered and is not deleted comes again, to this pipe or to another one,
//! which would deliver it twice.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::time::Timestamp;

use super::backoff::Backoff;
use super::command::Settle;

/// How often a delete is tried in all, which takes about a minute.
const TRIES: u32 = 32;

/// The pauses between two tries. A message that is hidden for a few seconds only gets several
/// tries.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(2),
};

/// When so many deletes wait, further ones are given up.
const MOST: usize = 10_000;

/// Deletes that wait for their next try.
#[derive(Debug, Default)]
pub(super) struct DeleteRetries {
    /// Receipts, with the number of tries so far, by the time of their next try.
    waiting: BTreeMap<(Timestamp, u64), (String, u32)>,
    counter: u64,
}

impl DeleteRetries {
    /// A delete failed that had failed `tries` times before.
    pub(super) fn insert(&mut self, now: Timestamp, receipt: String, tries: u32) {
        if tries + 1 < TRIES && self.waiting.len() < MOST {
            self.counter += 1;
            let due = now + PAUSES.pause(tries);
            self.waiting
                .insert((due, self.counter), (receipt, tries + 1));
        }
    }

    /// The next delete that is due.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Settle> {
        let entry = self
            .waiting
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let (receipt, tries) = entry.remove();
        Some(Settle::Delete { receipt, tries })
    }

    /// When the next delete is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.waiting.keys().next().map(|&(at, _)| at)
    }

    /// Whether no delete waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_is_tried_for_a_minute() {
        let (mut retries, mut now, mut tried) = (DeleteRetries::default(), Timestamp::default(), 1);
        retries.insert(now, "r".into(), 0);
        while let Some(due) = retries.next() {
            assert_eq!(retries.pop(now), None);
            now = due;
            let Some(Settle::Delete { receipt, tries }) = retries.pop(now) else {
                panic!("it is due")
            };
            tried += 1;
            retries.insert(now, receipt, tries);
        }
        assert_eq!((tried, now.as_secs()), (TRIES, 59));
    }
}
