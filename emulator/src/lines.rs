//! Limits log lines that every request would repeat while a state lasts: a full disk, a damaged
//! file.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kit::lock::Mutex;
use kit::time::{OncePerMinute, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

/// Names that are remembered at most. Beyond, all are forgotten: a line may come early then, and
/// none is lost.
const MOST: usize = 1_000;

/// Decides whether to log a line about something with a name: once a minute for each name.
#[derive(Debug, Default)]
pub(crate) struct OncePerMinuteEach {
    last: Mutex<BTreeMap<String, Timestamp>>,
}

impl OncePerMinuteEach {
    /// Starts with no line logged.
    pub(crate) const fn new() -> OncePerMinuteEach {
        OncePerMinuteEach {
            last: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether the line about `name` is to be logged now.
    pub(crate) fn is_due(&self, name: &str, now: Timestamp) -> bool {
        let mut last = self.last.lock();
        if last.get(name).is_some_and(|last| now.since(*last) < MINUTE) {
            return false;
        }
        if last.len() >= MOST {
            last.clear();
        }
        last.insert(name.to_owned(), now);
        true
    }
}

/// Decides whether to log the beginning and the end of a state: a beginning at most once a minute,
/// and an end when its beginning was logged.
#[derive(Debug, Default)]
pub(crate) struct StateLine {
    beginnings: OncePerMinute,
    is_said: AtomicBool,
}

impl StateLine {
    /// Whether the line that the state began is to be logged now.
    pub(crate) fn begins(&self, now: Timestamp) -> bool {
        let is_due = self.beginnings.is_due(now);
        if is_due {
            self.is_said.store(true, Ordering::Relaxed);
        }
        is_due
    }

    /// Whether the line that the state ended is to be logged now.
    pub(crate) fn ends(&self) -> bool {
        self.is_said.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START + Duration::from_secs(seconds)
    }

    #[test]
    fn each_name_has_its_own_minute_and_memory_is_bounded() {
        let lines = OncePerMinuteEach::new();
        let due = [("a", 0), ("a", 59), ("b", 59), ("a", 60), ("b", 60)]
            .map(|(name, at)| lines.is_due(name, after(at)));
        assert_eq!(due, [true, false, true, true, false]);
        assert!(
            (0..5 * MOST).all(|name| lines.is_due(&name.to_string(), START)),
            "a new name is never passed over"
        );
        assert!(lines.last.lock().len() <= MOST);
    }

    #[test]
    fn a_state_that_comes_and_goes_has_two_lines_a_minute() {
        let line = StateLine::default();
        let said: Vec<_> = (0..120)
            .map(|second| (line.begins(after(second)), line.ends()))
            .collect();
        assert_eq!(said.iter().filter(|said| **said == (true, true)).count(), 2);
        assert_eq!(
            said.iter().filter(|said| **said == (false, false)).count(),
            118
        );
        // What lasts beyond its minute ends with a line all the same.
        assert!(line.begins(after(200)) && !line.begins(after(210)) && line.ends() && !line.ends());
    }
}
