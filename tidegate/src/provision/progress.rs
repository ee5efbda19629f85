//! A line of the log every few seconds while queues are provisioned: thousands take a while.

use std::cell::Cell;
use std::time::{Duration, Instant};

use kit::counted::counted;

/// The time between two lines, and before the first.
const PAUSE: Duration = Duration::from_secs(5);

/// How many queues are done.
#[derive(Debug)]
pub(super) struct Progress {
    all: usize,
    done: Cell<usize>,
    reported: Cell<Instant>,
}

impl Progress {
    /// No queue of `all` is done at `now`.
    pub(super) fn of(all: usize, now: Instant) -> Progress {
        Progress {
            all,
            done: Cell::new(0),
            reported: Cell::new(now),
        }
    }

    /// Counts one more queue. Returns a line when one is due.
    pub(super) fn step(&self, now: Instant) -> Option<String> {
        self.done.set(self.done.get() + 1);
        if now.saturating_duration_since(self.reported.get()) < PAUSE || self.done.get() == self.all
        {
            return None;
        }
        self.reported.set(now);
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
