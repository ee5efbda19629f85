//! What an answer of the target means for the message: a reply, or the lack of one, to a [`Verdict`].
//!
//! With an SQS source nothing but a 2xx takes the message off the queue (`docs/aws/pipes.md#errors-and-retries` and
//! `docs/aws/pipes.md#answers`). What matters beyond that is whose fault it is: a message that the target rejects goes
//! its way to the dead-letter queue, a target that is down must not drag every message there.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use kit::call::Reply;
use kit::send::SendError;
use kit::time::Timestamp;

/// The longest time that SQS hides a message.
const TWELVE_HOURS: Duration = Duration::from_secs(12 * 60 * 60);

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The target has it: delete it.
    Delivered,
    /// The target does not want this message: leave it to its visibility timeout and the queue's redrive.
    Rejected {
        /// For the log; names status or cause, never content.
        reason: Reason,
    },
    /// The target cannot take the message now.
    Down {
        /// For the log.
        reason: Reason,
        /// Whose fault that is.
        blame: Blame,
        /// Not before this, by the target's `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// Why a message was not taken: for the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reason {
    /// In plain words; status or cause, never content.
    pub text: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The head of the answer: see [`head`](crate::head).
    pub answer: Option<String>,
}

impl From<String> for Reason {
    fn from(text: String) -> Reason {
        Reason { text, ..Reason::default() }
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Reason {
        text.to_owned().into()
    }
}

/// Whose fault it is that a message was not taken. It decides who has to wait: everybody, or this message alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The target's, which would not take any message.
    Target,
    /// Ours: the target takes messages, but not so many.
    Pace,
    /// The target's or this message's; one failure cannot tell.
    Either,
    /// This message's, for now: the target took notice of it, and asks to have it again later.
    Message,
}

impl Verdict {
    /// Down, through no fault of the message.
    pub fn down(reason: String) -> Verdict {
        Verdict::Down { reason: reason.into(), blame: Blame::Target, retry_after: None }
    }

    /// Why the message was not delivered; `None` when it was.
    pub fn reason(&self) -> Option<&str> {
        self.failure().map(|reason| reason.text.as_str())
    }

    /// The same, with what is known beside it.
    pub fn failure(&self) -> Option<&Reason> {
        match self {
            Verdict::Delivered => None,
            Verdict::Rejected { reason } | Verdict::Down { reason, .. } => Some(reason),
        }
    }

    /// With the head of the answer that it rests on.
    #[must_use]
    pub fn with_answer(mut self, head: Option<String>) -> Verdict {
        if let Verdict::Rejected { reason } | Verdict::Down { reason, .. } = &mut self {
            reason.answer = head;
        }
        self
    }
}

/// Judges what came back from `who` ("the target"), at `now`.
pub fn judge(outcome: &Result<Reply, SendError>, who: &str, now: Timestamp) -> Verdict {
    match outcome {
        Ok(reply) => judge_reply(reply.status, &reply.headers, who, now),
        Err(error @ SendError::Unsendable(_)) => Verdict::Rejected { reason: format!("{who}: {error}").into() },
        Err(error @ (SendError::Timeout(_) | SendError::Unfinished { .. } | SendError::Broken(_))) => {
            down(format!("{who}: {error}"), Blame::Either, None)
        }
        Err(error @ (SendError::Unreachable(_) | SendError::Refused(_))) => {
            down(format!("{who}: {error}"), Blame::Target, None)
        }
    }
}

fn judge_reply(status: StatusCode, headers: &HeaderMap, who: &str, now: Timestamp) -> Verdict {
    let mut reason = Reason { text: format!("{who} answered {status}"), status: Some(status.as_u16()), answer: None };
    let blame = match status.as_u16() {
        200..=299 => return Verdict::Delivered,
        // Wrong credentials are nothing that a message can do about.
        401 | 407 | 502..=504 => Blame::Target,
        409 => Blame::Message,
        429 => Blame::Pace,
        500..=599 => Blame::Either,
        _ => return Verdict::Rejected { reason },
    };
    match retry_after(headers, now) {
        // A negative value means: do not try this event again (API destinations, "Retry behavior").
        Some(RetryAfter::Never) => {
            reason.text.push_str(" and forbade to try again");
            Verdict::Rejected { reason }
        }
        Some(RetryAfter::In(delay)) => down(reason, blame, Some(delay)),
        None => down(reason, blame, None),
    }
}

fn down(reason: impl Into<Reason>, blame: Blame, retry_after: Option<Duration>) -> Verdict {
    Verdict::Down { reason: reason.into(), blame, retry_after }
}

enum RetryAfter {
    In(Duration),
    Never,
}

/// Seconds, or an HTTP date; at most what SQS can hide a message for. A date is compared with the target's own `Date`, so
/// that a difference between its clock and ours does not count.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<RetryAfter> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let delay = match text.parse::<i64>() {
        Ok(seconds) => match u64::try_from(seconds) {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => return Some(RetryAfter::Never),
        },
        Err(_) => {
            // A date that a cache kept is old.
            let theirs = headers.get(header::DATE).filter(|_| !headers.contains_key(header::AGE));
            let there = theirs.and_then(|date| http_date(date.to_str().ok()?)).unwrap_or(now);
            http_date(text)?.since(there)
        }
    };
    Some(RetryAfter::In(delay.min(TWELVE_HOURS)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(text, format).ok()?.assume_utc();
    Some(Timestamp::from_millis(u64::try_from(date.unix_timestamp()).ok()?.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000);

    fn reply(status: u16, retry_after: Option<&str>) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        }
        let reply =
            Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new(), complete: true };
        judge(&Ok(reply), "the target", NOW)
    }

    #[test]
    fn statuses() {
        for status in [200, 202, 204, 299] {
            assert_eq!(reply(status, None), Verdict::Delivered, "{status}");
            assert_eq!(reply(status, Some("-1")), Verdict::Delivered, "{status}: the header is about failures");
        }
        for status in [301, 400, 403, 404, 413, 422] {
            assert!(matches!(reply(status, None), Verdict::Rejected { .. }), "{status}");
        }
        let retried = [
            (401, Blame::Target),
            (407, Blame::Target),
            (409, Blame::Message),
            (429, Blame::Pace),
            (500, Blame::Either),
            (502, Blame::Target),
            (503, Blame::Target),
        ];
        for (status, whose) in retried {
            assert!(matches!(reply(status, None), Verdict::Down { blame, .. } if blame == whose), "{status}");
        }
    }

    #[test]
    fn no_answer_means_down() {
        let judged = |error| judge(&Err(error), "the target", Timestamp::default());
        assert!(matches!(
            judged(SendError::Timeout(Duration::from_secs(5))),
            Verdict::Down { blame: Blame::Either, .. }
        ));
        assert!(matches!(judged(SendError::Unreachable("refused".into())), Verdict::Down { blame: Blame::Target, .. }));
        assert!(matches!(judged(SendError::Unsendable("URL".into())), Verdict::Rejected { .. }));
    }

    #[test]
    fn retry_after_in_both_spellings() {
        let delay = |text| match reply(503, Some(text)) {
            Verdict::Down { retry_after, .. } => retry_after.map(|delay| delay.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(delay("120"), Some(120));
        assert_eq!(delay("999999999"), Some(43_200));
        assert_eq!(delay("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(delay("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(delay("soon"), None);
        // The target's clock is an hour behind ours.
        let date = ("date", "Sun, 06 Nov 1994 07:49:37 GMT");
        let later = ("retry-after", "Sun, 06 Nov 1994 07:50:07 GMT");
        for (fields, seconds) in [(vec![later], 0), (vec![date, later], 30), (vec![date, later, ("age", "9")], 0)] {
            let headers: HeaderMap =
                fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            match judge_reply(StatusCode::SERVICE_UNAVAILABLE, &headers, "the target", NOW) {
                Verdict::Down { retry_after, .. } => assert_eq!(retry_after, Some(Duration::from_secs(seconds))),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(reply(503, Some("-1")), Verdict::Rejected { .. }));
    }
}
