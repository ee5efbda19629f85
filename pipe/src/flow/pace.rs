//! How fast and how many at once: the rate limit of a destination, and a concurrency that follows
//! the target.
//!
//! Both are pure; time is told.

use std::sync::Arc;
use std::time::Duration;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

/// A caller that comes late by no more than this does not lose its turn, so that a busy machine
/// keeps the rate; short enough that no second sees more than two percent too many.
const CREDIT: Duration = Duration::from_millis(20);

/// One silence in so many answers is none of the pace.
const TOLERATED: u32 = 10;

/// What is remembered of answers and silences.
const FADING: u32 = 1000;

/// `InvocationRateLimitPerSecond`: hands out evenly spaced turns.
#[derive(Debug)]
pub struct Rate {
    spacing: Duration,
    next: Duration,
}

impl Rate {
    /// Turns for `per_second` calls a second; at least one.
    pub fn new(per_second: u32) -> Rate {
        Rate {
            spacing: Duration::from_secs(1) / per_second.max(1),
            next: Duration::ZERO,
        }
    }

    /// From the next turn on, so many a second.
    pub(crate) fn set(&mut self, per_second: f64) {
        self.spacing = Duration::from_secs_f64(1.0 / per_second);
    }

    /// How long until the next turn; zero when it has come. Time is that since some fixed start.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }

    /// Takes it.
    pub(crate) fn take(&mut self, now: Duration) {
        self.next = self.next.max(now.saturating_sub(CREDIT)) + self.spacing;
    }
}

/// The rates that hold for one delivery: of its target and of its enrichment. None of them is the
/// pipe's alone.
#[derive(Debug, Clone, Default)]
pub struct Rates(Vec<Arc<Mutex<Rate>>>);

impl Rates {
    /// All of these.
    pub fn new(rates: impl IntoIterator<Item = Arc<Mutex<Rate>>>) -> Rates {
        Rates(rates.into_iter().collect())
    }

    /// Takes the next turn of each if it has come for all. Should another pipe take the same turn
    /// meanwhile, the one after it comes later instead.
    ///
    /// # Errors
    /// It has not: how long to wait before asking again.
    pub fn take(&self, now: Duration) -> Result<(), Duration> {
        match self.each().map(|rate| rate.wait(now)).max() {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.each().for_each(|mut rate| rate.take(now));
                Ok(())
            }
        }
    }

    fn each(&self) -> impl Iterator<Item = MutexGuard<'_, Rate>> {
        self.0.iter().map(|rate| rate.lock())
    }
}

/// How many deliveries may be under way: grows while the target keeps up, falls by half when it is
/// down.
#[derive(Debug)]
pub struct Concurrency {
    limit: usize,
    most: usize,
    cut_at: Option<Timestamp>,
    /// Answers and silences of late; half are forgotten every [`FADING`] results.
    answered: u32,
    silent: u32,
}

impl Concurrency {
    /// Starts at a tenth of `most`.
    pub fn new(most: usize) -> Concurrency {
        Concurrency {
            limit: (most / 10).max(1),
            most: most.max(1),
            cut_at: None,
            answered: 0,
            silent: 0,
        }
    }

    /// The limit now.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// A delivery went well while `under_way` were.
    pub fn answered(&mut self, is_used: bool) {
        self.answered += 1;
        if self.answered + self.silent > FADING {
            (self.answered, self.silent) = (self.answered / 2, self.silent / 2);
        }
        if is_used && self.limit < self.most {
            self.limit += 1;
        }
    }

    /// The target did not take a message that went out at `begun`. Many may fail for one cause:
    /// what went out before the last cut is no reason for another.
    pub fn down(&mut self, now: Timestamp, begun: Timestamp) {
        if self.cut_at.is_none_or(|cut_at| begun > cut_at) {
            self.limit = (self.limit / 2).max(1);
            self.cut_at = Some(now);
        }
    }

    /// There was no answer in time to a call that went out at `begun`. Now and then that is
    /// nothing; where it is a good part of the answers, there are too many at once.
    pub fn silent(&mut self, now: Timestamp, begun: Timestamp) {
        self.silent += 1;
        if self.silent * TOLERATED > self.answered {
            self.down(now, begun);
        }
    }

    /// The target takes nothing at all: it starts with one when it is back.
    pub fn collapse(&mut self) {
        self.limit = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: &[u32]) -> Rates {
        Rates::new(
            per_second
                .iter()
                .map(|&rate| Arc::new(Mutex::new(Rate::new(rate)))),
        )
    }

    #[test]
    fn the_slowest_of_several_rates_counts_and_none_is_no_limit() {
        let count = |rates: &Rates| {
            let steps = (0..10_000).map(Duration::from_millis);
            steps.filter(|&now| rates.take(now).is_ok()).count()
        };
        assert_eq!(count(&rates(&[])), 10_000);
        assert!((99..=102).contains(&count(&rates(&[500, 10]))));
    }

    #[test]
    fn the_rate_is_kept_however_coarse_the_clock() {
        for step in [1, 7] {
            let rate = rates(&[300]);
            let steps = (0..10_000).step_by(step).map(Duration::from_millis);
            let turns: usize = steps
                .map(|now| std::iter::from_fn(|| rate.take(now).ok()).count())
                .sum();
            assert!(
                (2980..=3010).contains(&turns),
                "{turns} in ten seconds, looking every {step} ms"
            );
        }
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let rate = rates(&[10]);
        for second in [1, 100] {
            let now = Duration::from_secs(second);
            assert_eq!(rate.take(now), Ok(()));
            assert!(rate.take(now).unwrap_err() >= Duration::from_millis(100) - CREDIT);
        }
    }

    #[test]
    fn concurrency_grows_when_it_is_used_and_halves_when_the_target_is_down() {
        let mut concurrency = Concurrency::new(100);
        assert_eq!(concurrency.limit(), 10);
        concurrency.answered(false);
        assert_eq!(concurrency.limit(), 10);
        (0..500).for_each(|_| concurrency.answered(true));
        assert_eq!(concurrency.limit(), 100);
        let at = Timestamp::from_millis;
        (0..20).for_each(|_| concurrency.down(at(60), at(50)));
        assert_eq!(concurrency.limit(), 50, "once a round trip");
        (0..20).for_each(|n| concurrency.down(at(70 + n), at(69 + n)));
        assert_eq!(concurrency.limit(), 1);
        (0..50).for_each(|_| concurrency.answered(true));
        concurrency.collapse();
        assert_eq!(concurrency.limit(), 1);
    }
}
