//! The rate limit of a destination. Pure: time is an argument.

use std::sync::Arc;
use std::time::Duration;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

/// A caller that is late by no more than this keeps its turn, so that a busy machine reaches the
/// rate; short enough that no second has more than two percent too many.
const CREDIT: Duration = Duration::from_millis(20);

/// `InvocationRateLimitPerSecond`: evenly spaced turns.
#[derive(Debug)]
pub(crate) struct Rate {
    spacing: Duration,
    /// When the next turn comes, since the epoch: finer than a timestamp.
    next: Duration,
}

impl Rate {
    /// Turns for `per_second` calls a second; at least one.
    pub(crate) fn new(per_second: u32) -> Rate {
        Rate {
            spacing: Duration::from_secs(1) / per_second.max(1),
            next: Duration::ZERO,
        }
    }

    /// Changes the rate from the next turn on.
    pub(super) fn set(&mut self, per_second: f64) {
        self.spacing = Duration::from_secs_f64(1.0 / per_second);
    }

    /// How long until the next turn; zero when it has come.
    pub(super) fn wait(&self, now: Timestamp) -> Duration {
        self.next.saturating_sub(since_epoch(now))
    }

    /// Takes the next turn.
    pub(super) fn take(&mut self, now: Timestamp) {
        let earliest = since_epoch(now).saturating_sub(CREDIT);
        self.next = self.next.max(earliest) + self.spacing;
    }
}

fn since_epoch(now: Timestamp) -> Duration {
    Duration::from_millis(now.as_millis())
}

/// The rates that hold for one delivery: that of its target and that of its enrichment. Other pipes
/// share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rates(Vec<Arc<Mutex<Rate>>>);

impl Rates {
    /// The rates of one pipe.
    pub(crate) fn new(rates: impl IntoIterator<Item = Arc<Mutex<Rate>>>) -> Rates {
        Rates(rates.into_iter().collect())
    }

    /// Takes the next turn of each rate if all of them have come. If another pipe takes the same
    /// turn meanwhile, the turn after it comes later instead.
    ///
    /// # Errors
    /// A turn has not come: how long to wait before asking again.
    pub(crate) fn take(&self, now: Timestamp) -> Result<(), Duration> {
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
            let steps = (0..10_000).map(Timestamp::from_millis);
            steps.filter(|&now| rates.take(now).is_ok()).count()
        };
        assert_eq!(count(&rates(&[])), 10_000);
        assert!((99..=102).contains(&count(&rates(&[500, 10]))));
    }

    #[test]
    fn the_rate_is_kept_however_coarse_the_clock() {
        for step in [1, 7] {
            let rate = rates(&[300]);
            let steps = (0..10_000).step_by(step).map(Timestamp::from_millis);
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
            let now = Timestamp::from_millis(second * 1000);
            assert_eq!(rate.take(now), Ok(()));
            assert!(rate.take(now).unwrap_err() >= Duration::from_millis(100) - CREDIT);
        }
    }
}
