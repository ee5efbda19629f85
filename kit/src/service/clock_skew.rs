//! The time at AWS, learned from rejected requests: signatures must be less than five minutes off.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::{StatusCode, header};

use super::answer::error_code;
use crate::call::Reply;

/// A time that is further off than this may be why a request was refused.
const TOLERATED: Duration = Duration::from_secs(4 * 60);

/// No clock is off by this much; dates far out cannot be signed.
const ABSURD: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Error codes of requests that are rejected because of their time, as the SDK lists them.
const CODES: [&str; 6] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "AccessDeniedException",
];

/// How many seconds this machine's clock is behind AWS's.
#[derive(Debug, Default)]
pub(super) struct ClockSkew {
    behind: AtomicI64,
}

impl ClockSkew {
    /// The time to sign with, when this machine's clock shows `now`.
    pub(super) fn correct(&self, now: SystemTime) -> SystemTime {
        let behind = self.behind.load(Ordering::Relaxed);
        let span = Duration::from_secs(behind.unsigned_abs());
        let corrected = if behind < 0 {
            now.checked_sub(span)
        } else {
            now.checked_add(span)
        };
        corrected.unwrap_or(now)
    }

    /// Looks at a reply that came at `now` to a request that was signed for `signed_at`. Returns
    /// true when the request was rejected because of its time and another attempt may succeed: this
    /// reply, or one before it, has set the skew.
    pub(super) fn learn(&self, reply: &Reply, signed_at: SystemTime, now: SystemTime) -> bool {
        // A date that a cache kept is old.
        if !is_about_signature(reply) || reply.headers.contains_key(header::AGE) {
            return false;
        }
        let said = reply
            .headers
            .get(header::DATE)
            .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(there) = said.filter(|there| apart(*there, now) < ABSURD) else {
            return false;
        };
        if apart(there, signed_at) < TOLERATED {
            return false;
        }
        if apart(there, self.correct(now)) >= TOLERATED {
            let span = i64::try_from(apart(there, now).as_secs()).unwrap_or(i64::MAX);
            let (behind, word) = if there < now {
                (-span, "ahead of")
            } else {
                (span, "behind")
            };
            self.behind.store(behind, Ordering::Relaxed);
            tracing::warn!(
                "this machine's clock is {span} s {word} the clock of AWS; requests are now signed with AWS's time"
            );
        }
        true
    }
}

fn is_about_signature(reply: &Reply) -> bool {
    let is_refusal = matches!(
        reply.status,
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    );
    is_refusal && error_code(reply).is_some_and(|code| CODES.contains(&code.as_str()))
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other)
        .unwrap_or_else(|error| error.duration())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn reply(status: StatusCode, date: SystemTime) -> Reply {
        let date = HeaderValue::from_str(&httpdate::fmt_http_date(date)).unwrap();
        let headers = HeaderMap::from_iter([(header::DATE, date)]);
        let body = Bytes::from_static(b"<Code>SignatureDoesNotMatch</Code>");
        Reply {
            status,
            headers,
            body,
            complete: true,
        }
    }

    #[test]
    fn a_refusal_from_another_time_sets_the_clock() {
        let skew = ClockSkew::default();
        assert!(skew.learn(
            &reply(StatusCode::FORBIDDEN, at(9_000)),
            at(1_000),
            at(1_000)
        ));
        assert_eq!(skew.correct(at(2_000)), at(10_000));
        assert!(
            skew.learn(
                &reply(StatusCode::FORBIDDEN, at(9_001)),
                at(1_001),
                at(1_001)
            ),
            "signed before that"
        );
        assert!(
            !skew.learn(
                &reply(StatusCode::FORBIDDEN, at(9_100)),
                at(9_100),
                at(1_100)
            ),
            "the time was right"
        );
        assert!(skew.learn(
            &reply(StatusCode::BAD_REQUEST, at(1_000)),
            at(10_000),
            at(2_000)
        ));
        assert_eq!(skew.correct(at(2_000)), at(1_000));
    }

    #[test]
    fn nothing_else_does() {
        let (skew, far) = (ClockSkew::default(), at(9_000));
        let other = Reply {
            body: Bytes::from_static(b"no"),
            ..reply(StatusCode::FORBIDDEN, far)
        };
        let mut kept = reply(StatusCode::FORBIDDEN, far);
        kept.headers
            .insert(header::AGE, HeaderValue::from_static("8000"));
        let absurd = reply(StatusCode::FORBIDDEN, at(250_000_000_000));
        let near = reply(StatusCode::FORBIDDEN, at(1_100));
        for reply in [reply(StatusCode::OK, far), other, kept, absurd, near] {
            assert!(
                !skew.learn(&reply, at(1_000), at(1_000)),
                "{:?}",
                reply.headers
            );
        }
        assert_eq!(skew.correct(at(1_000)), at(1_000));
    }
}
