//! Deletes that failed, until they are tried again.
//!
//! A message that was delivered and is not deleted comes again, to this pipe or to another one,
//! which delivers it twice.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::time::Timestamp;

use super::Settle;

/// So often a delete is tried in all, which takes about a minute.
const TRIES: u32 = 32;

/// The pause before the next try; doubles up to [`LONGEST_PAUSE`], which gives several tries to a
/// message that is hidden for some seconds only.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Beyond this, the next ones are given up.
const MOST: usize = 10_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Undone {
    /// Receipts by the time of their next try.
    waiting: BTreeMap<(Timestamp, u64), (String, u32)>,
    counter: u64,
}

impl Undone {
    /// A delete failed that was tried `tries` times before.
    pub(super) fn insert(&mut self, now: Timestamp, receipt: String, tries: u32) {
        if tries + 1 < TRIES && self.waiting.len() < MOST {
            self.counter += 1;
            let due = now + (PAUSE * 2_u32.pow(tries.min(8))).min(LONGEST_PAUSE);
            self.waiting
                .insert((due, self.counter), (receipt, tries + 1));
        }
    }

    /// The next one that is due.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Settle> {
        let entry = self
            .waiting
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let (receipt, tries) = entry.remove();
        Some(Settle::Delete { receipt, tries })
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.waiting.keys().next().map(|&(at, _)| at)
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_is_tried_for_a_minute() {
        let (mut undone, mut now, mut tried) = (Undone::default(), Timestamp::default(), 1);
        undone.insert(now, "r".into(), 0);
        while let Some(due) = undone.next() {
            assert_eq!(undone.pop(now), None);
            now = due;
            let Some(Settle::Delete { receipt, tries }) = undone.pop(now) else {
                panic!("it is due")
            };
            tried += 1;
            undone.insert(now, receipt, tries);
        }
        assert_eq!((tried, now.as_secs()), (TRIES, 59));
    }
}
