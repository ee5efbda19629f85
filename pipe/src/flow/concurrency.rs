//! How many deliveries may be under way: the limit follows the target. Pure: time is an argument.

use kit::time::Timestamp;

/// One timeout in so many answers does not lower the limit.
const TOLERATED: f64 = 10.0;

/// Timeouts that come with no more calls than this at once are not due to the load. When they have
/// lowered the limit so far, so many results show how common they are.
const FEW: usize = 2;
const TRIAL: u32 = 20;

/// Beyond so many times that share, timeouts count as due to the load.
const MORE: f64 = 1.25;

/// With each answer, so much of that share is forgotten.
const FORGOTTEN: f64 = 0.0002;

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
    /// What share of calls timed out when there were few.
    anyway: f64,
    /// While that is found out: how many results there were.
    trial: Option<u32>,
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
            anyway: 0.0,
            trial: None,
        }
    }

    /// The limit now.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// A delivery succeeded. `is_used` says whether as many deliveries were under way as allowed.
    pub(super) fn answered(&mut self, is_used: bool) {
        self.refused();
        if is_used && self.limit < self.most && self.trial.is_none() {
            self.limit += 1;
        }
    }

    /// The target refused a message, which is an answer in time.
    pub(super) fn refused(&mut self) {
        self.answered += 1;
        self.anyway -= self.anyway * FORGOTTEN;
        self.ended();
    }

    /// A call has ended.
    fn ended(&mut self) {
        if self.answered + self.timed_out > FADING {
            (self.answered, self.timed_out) = (self.answered / 2, self.timed_out / 2);
        }
        self.trial = self.trial.map(|results| results + 1);
        if self.trial.is_some_and(|results| results >= TRIAL) {
            self.anyway = self.share();
            self.trial = None;
        }
    }

    /// What share of the last calls timed out.
    fn share(&self) -> f64 {
        f64::from(self.timed_out) / f64::from((self.timed_out + self.answered).max(1))
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
    /// where they are a good part of the results, there are too many calls at once, unless as large
    /// a part of few calls times out.
    pub(super) fn timed_out(&mut self, now: Timestamp, begun: Timestamp) {
        self.timed_out += 1;
        self.ended();
        let is_load = self.share() > self.anyway * MORE + 1.0 / (TOLERATED + 1.0);
        if !is_load || self.trial.is_some() {
            return;
        }
        self.halve(now, begun);
        if self.limit <= FEW {
            self.trial = Some(0);
            (self.answered, self.timed_out) = (0, 0);
        }
    }

    /// The target takes nothing at all: after its return, deliveries start one at a time.
    pub(super) fn collapse(&mut self) {
        self.limit = 1;
        self.trial = None;
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

    #[test]
    fn a_refusal_is_an_answer_in_time() {
        let mut concurrency = Concurrency::new(100);
        for n in 1..=100 {
            let at = Timestamp::from_millis(n);
            match n % 20 {
                0 => concurrency.timed_out(at, at),
                _ => concurrency.refused(),
            }
        }
        assert_eq!(concurrency.limit(), 10, "neither more calls nor fewer");
    }

    /// A thousand calls, of which a share times out that depends on the limit: the limit after each.
    fn limits(times_out: impl Fn(u64, usize) -> bool) -> Vec<usize> {
        let mut concurrency = Concurrency::new(100);
        let limits = (1..=1000).map(|n| {
            let at = Timestamp::from_millis(n);
            match times_out(n, concurrency.limit()) {
                true => concurrency.timed_out(at, at),
                false => concurrency.answered(true),
            }
            concurrency.limit()
        });
        limits.collect()
    }

    #[test]
    fn where_the_load_makes_calls_time_out_the_limit_stays_low() {
        let limits = limits(|_, limit| limit > 8);
        assert!(limits[500..].iter().all(|&limit| limit <= 9), "{limits:?}");
    }

    #[test]
    fn where_calls_time_out_at_any_load_the_limit_grows_after_a_trial() {
        let limits = limits(|n, _| n % 2 == 0);
        let lowest = limits.iter().position(|&limit| limit <= FEW);
        assert!(lowest.is_some_and(|place| place < 40), "{limits:?}");
        assert!(limits[500..].iter().all(|&limit| limit > 90), "{limits:?}");
    }
}
