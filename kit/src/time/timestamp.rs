//! A point in time, and the clock that [`Timestamp::now`] reads.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use rustix::time::{ClockId, clock_gettime};

/// A point in time, in whole milliseconds since the Unix epoch: the resolution that SQS and API
/// Gateway show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A clock that never jumps: it starts at a given time and goes on by elapsed time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Timestamp,
    started: Duration,
}

impl Clock {
    /// Starts a clock that shows `start` now.
    pub fn start(start: Timestamp) -> Clock {
        Clock {
            start,
            started: uptime(),
        }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        self.at(uptime())
    }

    /// What it shows when the machine has been up for `uptime`.
    fn at(&self, uptime: Duration) -> Timestamp {
        self.start + uptime.saturating_sub(self.started)
    }
}

/// How long the machine has been up, suspended time included.
fn uptime() -> Duration {
    // macOS counts suspended time in its monotonic clock, and has no other.
    let clock = if cfg!(target_os = "linux") {
        BOOT_TIME
    } else {
        ClockId::Monotonic
    };
    let time = clock_gettime(clock);
    let (seconds, nanos) = (
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    );
    Duration::new(seconds, nanos)
}

#[cfg(target_os = "linux")]
const BOOT_TIME: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT_TIME: ClockId = ClockId::Monotonic;

/// The wall clock as the types of other libraries have it: for signatures and dates, never for
/// timers.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

impl Timestamp {
    /// The time to measure with: it never jumps while the process runs. See
    /// [`crate::time`].
    pub fn now() -> Timestamp {
        static PROCESS: OnceLock<Clock> = OnceLock::new();
        PROCESS
            .get_or_init(|| Clock::start(Timestamp::wall()))
            .now()
    }

    /// The wall clock as it is set now, for what others compare with their own. A clock before 1970
    /// reads as the epoch.
    pub fn wall() -> Timestamp {
        let since_epoch = wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    /// How many milliseconds this is after `other`; negative when it is before.
    pub fn ahead_of(self, other: Timestamp) -> i64 {
        let apart = |later: u64, earlier: u64| i64::try_from(later - earlier).unwrap_or(i64::MAX);
        if self >= other {
            apart(self.0, other.0)
        } else {
            -apart(other.0, self.0)
        }
    }

    /// The time so many milliseconds later, or earlier when they are negative.
    #[must_use]
    pub fn moved(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add_signed(millis))
    }

    /// The point `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    /// Saturates at the end of time instead of wrapping.
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    /// Saturates at the epoch instead of wrapping.
    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    /// As RFC 3339 has it, with whole seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Beyond the year 9999 there is no such text.
        const LAST: u64 = 253_402_300_799;
        let seconds = i64::try_from(self.as_secs().min(LAST)).unwrap_or_default();
        let time =
            OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on_by_elapsed_time_alone() {
        let clock = Clock {
            start: Timestamp::from_millis(1_000_000),
            started: Duration::from_secs(50),
        };
        assert_eq!(
            clock.at(Duration::from_millis(50_999)),
            Timestamp::from_millis(1_000_999)
        );
        assert_eq!(
            clock.at(Duration::from_secs(49)),
            Timestamp::from_millis(1_000_000),
            "it never goes back"
        );
        let (before, after) = (Timestamp::now(), Timestamp::now());
        assert!(before <= after);
    }

    #[test]
    fn differences_have_a_sign() {
        let (early, late) = (Timestamp::from_millis(1_000), Timestamp::from_millis(5_500));
        assert_eq!(
            (late.ahead_of(early), early.ahead_of(late)),
            (4_500, -4_500)
        );
        assert_eq!(
            (early.moved(4_500), late.moved(-4_500), early.moved(-9_999)),
            (late, early, Timestamp::default())
        );
    }

    #[test]
    fn a_time_is_shown_as_people_write_it() {
        assert_eq!(
            Timestamp::from_millis(1_795_789_519_999).to_string(),
            "2026-11-27T14:25:19Z"
        );
        assert_eq!(
            Timestamp::from_millis(u64::MAX).to_string(),
            "9999-12-31T23:59:59Z"
        );
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let soon = Timestamp::from_millis(500);
        assert_eq!(soon - Duration::from_secs(1), Timestamp::from_millis(0));
        assert_eq!(
            Timestamp::from_millis(u64::MAX) + Duration::from_secs(1),
            Timestamp::from_millis(u64::MAX)
        );
        assert_eq!(
            (soon + Duration::from_secs(2)).since(soon),
            Duration::from_secs(2)
        );
        assert_eq!(soon.since(soon + Duration::from_secs(2)), Duration::ZERO);
    }
}
