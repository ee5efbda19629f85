//! Pauses that double with each failure, up to a limit. Pure.

use std::time::Duration;

/// How long to pause after each of several failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The pause after the first failure.
    pub(crate) first: Duration,
    /// No pause is longer than this.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The pause after a failure that had `earlier` failures before it.
    pub(crate) fn pause(self, earlier: u32) -> Duration {
        self.first
            .saturating_mul(2_u32.saturating_pow(earlier))
            .min(self.longest)
    }

    /// The pause that follows one of this length.
    pub(crate) fn after(self, pause: Duration) -> Duration {
        pause.saturating_mul(2).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
    };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let millis: Vec<u128> = (0..6).map(|n| BACKOFF.pause(n).as_millis()).collect();
        assert_eq!(millis, [100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn one_pause_leads_to_the_next() {
        let pauses =
            std::iter::successors(Some(BACKOFF.first), |&pause| Some(BACKOFF.after(pause)));
        let by_number = (0..6).map(|n| BACKOFF.pause(n));
        assert!(pauses.take(6).eq(by_number));
    }

    #[test]
    fn any_number_of_failures_has_a_pause() {
        assert_eq!(BACKOFF.pause(u32::MAX), BACKOFF.longest);
        let none = Backoff {
            first: Duration::ZERO,
            ..BACKOFF
        };
        assert_eq!(none.pause(u32::MAX), Duration::ZERO);
    }

    #[test]
    fn a_first_pause_beyond_the_longest_is_cut() {
        let long = Backoff {
            first: Duration::from_secs(7),
            ..BACKOFF
        };
        assert_eq!(long.pause(0), BACKOFF.longest);
    }
}
