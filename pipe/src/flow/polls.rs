//! How many receives wait at the queue: one while there are few messages, more while each receive
//! comes back full. Pure: time is an argument.
//!
//! After a receive that failed there is a pause, which grows.

use std::time::Duration;

use kit::time::Timestamp;

use super::backoff::Backoff;

/// How many receives may wait at the queue at once.
const MOST: usize = 8;

/// The pauses after receives that failed.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
};

/// The receives that wait at the queue.
#[derive(Debug, Default)]
pub(super) struct Polls {
    waiting: usize,
    /// Messages that the waiting receives may bring.
    expected: usize,
    /// Whether the last receive came back full, so that there are more messages.
    was_full: bool,
    failures: u32,
    not_before: Timestamp,
}

impl Polls {
    /// How many messages the waiting receives may bring.
    pub(super) fn expected(&self) -> usize {
        self.expected
    }

    /// Whether no receive waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0
    }

    /// Whether one more receive of up to `each` messages would begin.
    pub(super) fn may_begin(&self, now: Timestamp, room: usize, each: usize) -> bool {
        let most = if self.was_full {
            (room / each).clamp(1, MOST)
        } else {
            1
        };
        room > 0 && self.waiting < most && now >= self.not_before
    }

    /// Begins one more receive of up to `each` messages, if there is room for it and a reason;
    /// returns how many messages to ask for.
    pub(super) fn begin(&mut self, now: Timestamp, room: usize, each: usize) -> Option<usize> {
        if !self.may_begin(now, room, each) {
            return None;
        }
        let count = room.min(each);
        self.waiting += 1;
        self.expected += count;
        Some(count)
    }

    /// A receive that asked for `asked` messages brought `count`.
    pub(super) fn ended(&mut self, asked: usize, count: usize) {
        self.waiting -= 1;
        self.expected -= asked;
        self.failures = 0;
        self.was_full = count == asked;
    }

    /// A receive that asked for `asked` messages failed.
    pub(super) fn failed(&mut self, now: Timestamp, asked: usize) {
        let failures = self.failures;
        self.ended(asked, 0);
        self.not_before = now + PAUSES.pause(failures);
        self.failures = failures + 1;
    }

    /// When to try again after a failure; `None` when the last receive succeeded or one still
    /// waits.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        (self.failures > 0 && self.is_idle()).then_some(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_receives_fail() {
        let (mut polls, mut now, mut pauses) = (Polls::default(), Timestamp::default(), Vec::new());
        for _ in 0..8 {
            assert_eq!(polls.begin(now, 30, 10), Some(10));
            assert_eq!(
                polls.begin(now, 30, 10),
                None,
                "one is enough until it comes back full"
            );
            polls.failed(now, 10);
            let next = polls.next_try().unwrap();
            pauses.push(next.since(now).as_millis());
            now = next;
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        polls.begin(now, 30, 10);
        polls.ended(10, 10);
        assert_eq!(polls.next_try(), None);
        assert_eq!(
            (
                polls.begin(now, 25, 10),
                polls.begin(now, 15, 10),
                polls.expected()
            ),
            (Some(10), None, 10)
        );
        assert_eq!(
            polls.begin(now, 2, 1),
            Some(1),
            "one message each is two receives"
        );
    }
}
