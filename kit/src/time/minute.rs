//! Keeps a line that would be logged again and again to once a minute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// Says when a line is due that is logged once a minute at most.
#[derive(Debug, Default)]
pub struct OncePerMinute {
    /// When it was logged last, in milliseconds; 0 if never.
    last: AtomicU64,
}

impl OncePerMinute {
    /// For a line that was never logged.
    pub const fn new() -> OncePerMinute {
        OncePerMinute {
            last: AtomicU64::new(0),
        }
    }

    /// Whether the line is to be logged now: true for one caller a minute.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        if last != 0 && now.since(Timestamp::from_millis(last)) < MINUTE {
            return false;
        }
        self.last
            .compare_exchange(last, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
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
}
