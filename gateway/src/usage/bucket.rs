//! Token buckets: a request takes a token, and tokens come back at a rate. See
//! `docs/aws/api-gateway.md#throttling`.
//!
//! Core: the time is an argument.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use kit::lock::Mutex;

use crate::api::Throttle;

/// The longest pause between two tokens: some thirty years.
const LONGEST: f64 = 1e9;

/// One bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    throttle: Throttle,
    clock: Given,
    /// `None` when the throttle admits nothing at all.
    tokens: Option<Tokens>,
}

/// Buckets by name.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<HashMap<String, Arc<Bucket>>>);

impl Buckets {
    /// Takes a token of the bucket of this name. A bucket whose limits have changed begins anew.
    pub(super) fn take(
        &self,
        name: impl Fn() -> String,
        throttle: Throttle,
        now: Duration,
    ) -> bool {
        let bucket = {
            let mut buckets = self.0.lock();
            let bucket = buckets
                .entry(name())
                .or_insert_with(|| Arc::new(Bucket::new(throttle)));
            if !bucket.has(throttle) {
                *bucket = Arc::new(Bucket::new(throttle));
            }
            bucket.clone()
        };
        bucket.take(now)
    }
}

type Tokens = RateLimiter<NotKeyed, InMemoryState, Given, NoOpMiddleware<Nanos>>;

/// The time that was given last, in nanoseconds. It never goes back.
#[derive(Debug, Clone, Default)]
struct Given(Arc<AtomicU64>);

impl Clock for Given {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

impl Bucket {
    /// A full bucket. A rate or a burst of 0 admits nothing, as on AWS.
    pub(crate) fn new(throttle: Throttle) -> Bucket {
        let clock = Given::default();
        let tokens =
            quota(throttle).map(|quota| RateLimiter::direct_with_clock(quota, clock.clone()));
        Bucket {
            throttle,
            clock,
            tokens,
        }
    }

    /// Whether the bucket has these limits.
    pub(crate) fn has(&self, throttle: Throttle) -> bool {
        self.throttle == throttle
    }

    /// Takes a token, if there is one. `now` is the time since any fixed moment.
    pub(crate) fn take(&self, now: Duration) -> bool {
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.clock.0.fetch_max(nanos, Ordering::Relaxed);
        let tokens = self.tokens.as_ref();
        tokens.is_some_and(|tokens| tokens.check().is_ok())
    }
}

fn quota(throttle: Throttle) -> Option<Quota> {
    let burst = NonZeroU32::new(throttle.burst)?;
    let pause = (1.0 / throttle.rate).min(LONGEST);
    // A rate of 0 or less, and what is no number, admits nothing.
    let pause = Some(pause).filter(|pause| *pause > 0.0 && throttle.rate > 0.0)?;
    let pause = Duration::from_secs_f64(pause).max(Duration::from_nanos(1));
    Some(Quota::with_period(pause)?.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &Bucket, at: f64, tries: usize) -> usize {
        let at = Duration::from_secs_f64(at);
        (0..tries).filter(|_| bucket.take(at)).count()
    }

    fn bucket(rate: f64, burst: u32) -> Bucket {
        Bucket::new(Throttle { rate, burst })
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let bucket = bucket(2.0, 3);
        assert_eq!(taken(&bucket, 0.0, 10), 3);
        assert_eq!(taken(&bucket, 0.4, 10), 0);
        assert_eq!(taken(&bucket, 0.5, 10), 1);
        assert_eq!(taken(&bucket, 60.0, 10), 3);
        assert_eq!(taken(&bucket, 1.0, 10), 0, "the time never goes back");
    }

    #[test]
    fn rates_may_be_fractions_and_very_large() {
        let slow = bucket(0.5, 1);
        assert_eq!(taken(&slow, 0.0, 3), 1);
        assert_eq!(taken(&slow, 1.9, 3), 0);
        assert_eq!(taken(&slow, 2.0, 3), 1);
        assert_eq!(taken(&bucket(1e12, 5), 0.0, 9), 5);
        assert_eq!(taken(&bucket(1e-300, 1), 0.0, 9), 1);
    }

    #[test]
    fn zero_admits_nothing() {
        for (rate, burst) in [(0.0, 5), (5.0, 0), (-1.0, 5), (f64::NAN, 5)] {
            assert_eq!(taken(&bucket(rate, burst), 100.0, 5), 0, "{rate} {burst}");
        }
    }
}
