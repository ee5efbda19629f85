//! What time it is at AWS, where signatures must be less than five minutes off: learned from refusals.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::{StatusCode, header};

use crate::call::Reply;

/// A clock that is further off than this may be why a request was refused.
const TOLERATED: Duration = Duration::from_secs(4 * 60);

/// This machine's clock, and how many seconds it is behind.
#[derive(Debug, Default)]
pub(super) struct Clock {
    behind: AtomicI64,
}

impl Clock {
    /// The time to sign with, when this machine's clock says `now`.
    pub(super) fn correct(&self, now: SystemTime) -> SystemTime {
        let behind = self.behind.load(Ordering::Relaxed);
        let span = Duration::from_secs(behind.unsigned_abs());
        let corrected = if behind < 0 { now.checked_sub(span) } else { now.checked_add(span) };
        corrected.unwrap_or(now)
    }

    /// Looks at a reply that came at `now`. True when it is a refusal that another time may prevent.
    pub(super) fn learn(&self, reply: &Reply, now: SystemTime) -> bool {
        if !matches!(reply.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return false;
        }
        let said = reply.headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(there) = said else { return false };
        if apart(there, self.correct(now)) < TOLERATED {
            return false;
        }
        let span = i64::try_from(apart(there, now).as_secs()).unwrap_or(i64::MAX);
        self.behind.store(if there < now { -span } else { span }, Ordering::Relaxed);
        true
    }

    /// How many seconds this machine's clock is behind.
    pub(super) fn behind(&self) -> i64 {
        self.behind.load(Ordering::Relaxed)
    }
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn reply(status: StatusCode, date: SystemTime) -> Reply {
        let date = HeaderValue::from_str(&httpdate::fmt_http_date(date)).unwrap();
        let headers = HeaderMap::from_iter([(header::DATE, date)]);
        Reply { status, headers, body: bytes::Bytes::new(), complete: true }
    }

    #[test]
    fn a_refusal_from_another_time_sets_the_clock_and_nothing_else_does() {
        let clock = Clock::default();
        assert!(!clock.learn(&reply(StatusCode::OK, at(9_000)), at(1_000)));
        assert!(!clock.learn(&reply(StatusCode::FORBIDDEN, at(1_100)), at(1_000)), "that is near enough");
        assert_eq!(clock.correct(at(1_000)), at(1_000));
        assert!(clock.learn(&reply(StatusCode::FORBIDDEN, at(9_000)), at(1_000)));
        assert_eq!((clock.correct(at(2_000)), clock.behind()), (at(10_000), 8_000));
        assert!(!clock.learn(&reply(StatusCode::FORBIDDEN, at(9_100)), at(1_100)), "it is right already");
        assert!(clock.learn(&reply(StatusCode::BAD_REQUEST, at(1_000)), at(2_000)));
        assert_eq!(clock.correct(at(2_000)), at(1_000));
    }
}
