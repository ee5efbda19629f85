//! Limits a log line that would repeat to once a minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::timestamp::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// Decides when a log line is due that is written once a minute at most, and counts those that are
/// left out.
#[derive(Debug, Default)]
pub struct OncePerMinute {
    /// When the line was last due, in milliseconds; 0 if never.
    last: AtomicU64,
    left_out: AtomicU64,
}

impl OncePerMinute {
    /// A limit for a line that was never written.
    pub const fn new() -> OncePerMinute {
        OncePerMinute {
            last: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Whether the line is due now: true for one caller a minute.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due(now).is_some()
    }

    /// Whether the line is due now, with the number of lines that were left out since the last one.
    pub fn due(&self, now: Timestamp) -> Option<u64> {
        let last = self.last.load(Ordering::Relaxed);
        let is_early = last != 0 && now.since(Timestamp::from_millis(last)) < MINUTE;
        let is_taken = || {
            self.last
                .compare_exchange(last, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        };
        if is_early || is_taken() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.left_out.swap(0, Ordering::Relaxed))
    }

    /// Makes the next line due at once: it is news again.
    pub fn reset(&self) {
        self.last.store(0, Ordering::Relaxed);
        self.left_out.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute() {
        let (line, start) = (OncePerMinute::new(), Timestamp::from_millis(1_000));
        let due = [0, 1, 59_999, 60_000, 60_001]
            .map(|after| line.is_due(start + Duration::from_millis(after)));
        assert_eq!(due, [true, false, false, true, false]);
    }

    #[test]
    fn lines_that_are_left_out_are_counted() {
        let line = OncePerMinute::new();
        let at = |second: u64| Timestamp::from_millis(1_000 * (second + 1));
        assert_eq!(
            [0, 1, 59, 60, 61].map(|second| line.due(at(second))),
            [Some(0), None, None, Some(2), None]
        );
        line.reset();
        assert_eq!(line.due(at(62)), Some(0));
    }
}
