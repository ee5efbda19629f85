//! How far provisioning is, in a line now and then: thousands of queues take a while.

use std::cell::Cell;
use std::time::{Duration, Instant};

use kit::counted::counted;

/// Between two lines, and before the first.
const PAUSE: Duration = Duration::from_secs(5);

/// How many queues are done.
#[derive(Debug)]
pub(super) struct Progress {
    all: usize,
    done: Cell<usize>,
    told: Cell<Instant>,
}

impl Progress {
    /// Of `all` queues, from `now` on.
    pub(super) fn of(all: usize, now: Instant) -> Progress {
        Progress {
            all,
            done: Cell::new(0),
            told: Cell::new(now),
        }
    }

    /// Notes one more; the line, when it is time for one.
    pub(super) fn step(&self, now: Instant) -> Option<String> {
        self.done.set(self.done.get() + 1);
        if now.saturating_duration_since(self.told.get()) < PAUSE || self.done.get() == self.all {
            return None;
        }
        self.told.set(now);
        Some(format!(
            "provisioning: {} of {} done",
            self.done.get(),
            counted(self.all, "queue")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_every_five_seconds_until_all_is_done() {
        let begun = Instant::now();
        let progress = Progress::of(5, begun);
        let at = |seconds| progress.step(begun + Duration::from_secs(seconds));
        let line = |done| Some(format!("provisioning: {done} of 5 queues done"));
        assert_eq!(
            [1, 5, 9, 10, 99].map(at),
            [None, line(2), None, line(4), None]
        );
    }
}
