//! How many deliveries may be under way: the limit follows the target. Pure: time is an argument.

use kit::time::Timestamp;

/// One timeout in so many answers does not lower the limit.
const TOLERATED: u32 = 10;

/// After so many results, half of the answers and timeouts are forgotten.
const FADING: u32 = 1000;

/// The limit of deliveries under way: grows while the target keeps up, and is halved when the
/// target does not.
#[derive(Debug)]
pub(super) struct Concurrency {
    limit: usize,
    most: usize,
    cut_at: Option<Timestamp>,
    /// Recent answers and timeouts; half are forgotten every [`FADING`] results.
    answered: u32,
    timed_out: u32,
}

impl Concurrency {
    /// Starts at a tenth of `most`.
    pub(super) fn new(most: usize) -> Concurrency {
        Concurrency {
            limit: (most / 10).max(1),
            most: most.max(1),
            cut_at: None,
            answered: 0,
            timed_out: 0,
        }
    }

    /// The limit now.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// A delivery succeeded. `is_used` says whether as many deliveries were under way as allowed.
    pub(super) fn answered(&mut self, is_used: bool) {
        self.answered += 1;
        if self.answered + self.timed_out > FADING {
            (self.answered, self.timed_out) = (self.answered / 2, self.timed_out / 2);
        }
        if is_used && self.limit < self.most {
            self.limit += 1;
        }
    }

    /// The target did not take a message that was sent at `begun`. Many messages may fail for one
    /// cause, so those that were sent before the last cut do not lower the limit again.
    pub(super) fn halve(&mut self, now: Timestamp, begun: Timestamp) {
        if self.cut_at.is_none_or(|cut_at| begun > cut_at) {
            self.limit = (self.limit / 2).max(1);
            self.cut_at = Some(now);
        }
    }

    /// No answer came in time to a call that was made at `begun`. A few timeouts mean nothing;
    /// where they are a good part of the results, there are too many calls at once.
    pub(super) fn timed_out(&mut self, now: Timestamp, begun: Timestamp) {
        self.timed_out += 1;
        if self.timed_out * TOLERATED > self.answered {
            self.halve(now, begun);
        }
    }

    /// The target takes nothing at all: after its return, deliveries start one at a time.
    pub(super) fn collapse(&mut self) {
        self.limit = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_grows_when_it_is_used_and_halves_when_the_target_is_down() {
        let mut concurrency = Concurrency::new(100);
        assert_eq!(concurrency.limit(), 10);
        concurrency.answered(false);
        assert_eq!(concurrency.limit(), 10);
        (0..500).for_each(|_| concurrency.answered(true));
        assert_eq!(concurrency.limit(), 100);
        let at = Timestamp::from_millis;
        (0..20).for_each(|_| concurrency.halve(at(60), at(50)));
        assert_eq!(concurrency.limit(), 50, "once a round trip");
        (0..20).for_each(|n| concurrency.halve(at(70 + n), at(69 + n)));
        assert_eq!(concurrency.limit(), 1);
        (0..50).for_each(|_| concurrency.answered(true));
        concurrency.collapse();
        assert_eq!(concurrency.limit(), 1);
    }
}
