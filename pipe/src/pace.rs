//! How fast and how many at once: the rate limit of a destination, and a concurrency that follows the target.
//!
//! Both are pure; time is told as the time since some fixed start.

use std::time::Duration;

/// A caller that comes late by no more than this does not lose its turn: a busy machine keeps the rate.
const CREDIT: Duration = Duration::from_millis(10);

/// `InvocationRateLimitPerSecond`: hands out evenly spaced turns.
#[derive(Debug)]
pub struct Rate {
    spacing: Duration,
    next: Duration,
}

impl Rate {
    /// Turns for `per_second` calls a second; at least one.
    pub fn new(per_second: u32) -> Rate {
        Rate { spacing: Duration::from_secs(1) / per_second.max(1), next: Duration::ZERO }
    }

    /// Takes the next turn if it has come.
    ///
    /// # Errors
    /// It has not: how long to wait before asking again.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        if self.next > now {
            return Err(self.next - now);
        }
        self.next = self.next.max(now.saturating_sub(CREDIT)) + self.spacing;
        Ok(())
    }
}

/// How many deliveries may be under way: grows while the target keeps up, falls by half when it is down.
#[derive(Debug)]
pub struct Concurrency {
    limit: usize,
    most: usize,
}

impl Concurrency {
    /// Starts at a tenth of `most`.
    pub fn new(most: usize) -> Concurrency {
        Concurrency { limit: (most / 10).max(1), most: most.max(1) }
    }

    /// The limit now.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// A delivery went well while `under_way` were.
    pub fn answered(&mut self, under_way: usize) {
        if under_way >= self.limit && self.limit < self.most {
            self.limit += 1;
        }
    }

    /// The target did not take a message.
    pub fn down(&mut self) {
        self.limit = (self.limit / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_however_coarse_the_clock() {
        for step in [1, 7] {
            let mut rate = Rate::new(300);
            let steps = (0..10_000).step_by(step).map(Duration::from_millis);
            let turns: usize = steps.map(|now| std::iter::from_fn(|| rate.take(now).ok()).count()).sum();
            assert!((2980..=3010).contains(&turns), "{turns} in ten seconds, looking every {step} ms");
        }
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let mut rate = Rate::new(10);
        for second in [1, 100] {
            let now = Duration::from_secs(second);
            assert_eq!(rate.take(now), Ok(()));
            assert!(rate.take(now).unwrap_err() >= Duration::from_millis(90));
        }
    }

    #[test]
    fn concurrency_grows_when_it_is_used_and_halves_when_the_target_is_down() {
        let mut concurrency = Concurrency::new(100);
        assert_eq!(concurrency.limit(), 10);
        concurrency.answered(3);
        assert_eq!(concurrency.limit(), 10);
        (0..500).for_each(|_| concurrency.answered(100));
        assert_eq!(concurrency.limit(), 100);
        (0..20).for_each(|_| concurrency.down());
        assert_eq!(concurrency.limit(), 1);
    }
}
