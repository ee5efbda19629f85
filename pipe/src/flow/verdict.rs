//! What an answer of the target means for the message: a reply, or the lack of one, to a
//! [`Verdict`].
//!
//! With an SQS source nothing but a 2xx takes the message off the queue
//! (`docs/aws/pipes.md#errors-and-retries` and `docs/aws/pipes.md#answers`). Whose fault a failure
//! is cannot be seen from one answer: here is only what it suggests, and `flow` finds out.

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
    /// The message could not be made into a request, so nothing was sent, and nothing was learned
    /// about the target: it is left to its visibility timeout and the queue's redrive.
    Unsendable {
        /// For the log; names the cause, never content.
        reason: Reason,
    },
    /// The target did not take the message. Whose fault that is, `flow` finds out by comparison
    /// with other messages.
    Failed {
        /// For the log; names status or cause, never content.
        reason: Reason,
        /// What is supposed at first.
        cause: Cause,
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
    /// The head of the answer: see [`head`](crate::execution::head).
    pub answer: Option<String>,
}

impl From<String> for Reason {
    fn from(text: String) -> Reason {
        Reason {
            text,
            ..Reason::default()
        }
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Reason {
        text.to_owned().into()
    }
}

/// What one failure suggests about its cause. Status and transport can't tell whose fault it is;
/// they decide what is supposed at first, how soon and how often a message is tried again, and how
/// eagerly others are tried in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The target can't be reached, or its token can't be had: no message can do anything about
    /// that.
    Unreachable,
    /// The target, or whoever set it up: wrong credentials, a gateway in front of nothing (401,
    /// 407, 502 to 504).
    Target,
    /// The target takes messages, but not so many (429).
    Pace,
    /// The target or this message (500, a connection that breaks).
    Either,
    /// The same, by way of no answer within the deadline.
    Silence,
    /// This message (400, 404, 422 and other statuses that don't say "try again").
    Message,
}

impl Cause {
    /// Every cause, with its name in metrics.
    pub const ALL: [(Cause, &'static str); 6] = [
        (Cause::Unreachable, "unreachable"),
        (Cause::Target, "target"),
        (Cause::Pace, "pace"),
        (Cause::Either, "either"),
        (Cause::Silence, "silence"),
        (Cause::Message, "message"),
    ];
}

impl Verdict {
    /// No call came about, through no fault of the message.
    pub fn unreachable(reason: String) -> Verdict {
        Verdict::failed(reason, Cause::Unreachable)
    }

    /// Failed, with nothing said about when to try again.
    pub fn failed(reason: impl Into<Reason>, cause: Cause) -> Verdict {
        Verdict::Failed {
            reason: reason.into(),
            cause,
            retry_after: None,
        }
    }

    /// Why the message was not delivered; `None` when it was.
    pub fn reason(&self) -> Option<&str> {
        self.failure().map(|reason| reason.text.as_str())
    }

    /// The same, with what is known beside it.
    pub fn failure(&self) -> Option<&Reason> {
        match self {
            Verdict::Delivered => None,
            Verdict::Unsendable { reason } | Verdict::Failed { reason, .. } => Some(reason),
        }
    }

    /// With the head of the answer that it rests on.
    #[must_use]
    pub fn with_answer(mut self, head: Option<String>) -> Verdict {
        if let Verdict::Unsendable { reason } | Verdict::Failed { reason, .. } = &mut self {
            reason.answer = head;
        }
        self
    }
}

/// Judges what came back from `who` ("the target"), at `now`.
pub fn judge(outcome: &Result<Reply, SendError>, who: &str, now: Timestamp) -> Verdict {
    match outcome {
        Ok(reply) => judge_reply(reply.status, &reply.headers, who, now),
        Err(error) => {
            let reason = format!("{who}: {error}");
            match cause_of(error) {
                Some(cause) => Verdict::failed(reason, cause),
                None => Verdict::Unsendable {
                    reason: reason.into(),
                },
            }
        }
    }
}

/// What the lack of an answer suggests; `None` when nothing was sent.
pub fn cause_of(error: &SendError) -> Option<Cause> {
    match error {
        SendError::Unsendable(_) => None,
        SendError::Timeout(_) | SendError::Unfinished { .. } => Some(Cause::Silence),
        SendError::Broken(_) => Some(Cause::Either),
        SendError::Unreachable(_) | SendError::Refused(_) => Some(Cause::Unreachable),
    }
}

fn judge_reply(status: StatusCode, headers: &HeaderMap, who: &str, now: Timestamp) -> Verdict {
    let mut reason = Reason {
        text: format!("{who} answered {status}"),
        status: Some(status.as_u16()),
        answer: None,
    };
    let cause = match status.as_u16() {
        200..=299 => return Verdict::Delivered,
        // Wrong credentials are nothing that a message can do about.
        401 | 407 | 502..=504 => Cause::Target,
        429 => Cause::Pace,
        // A conflict asks to have the message again later.
        409 | 500..=599 => Cause::Either,
        _ => Cause::Message,
    };
    match retry_after(headers, now) {
        // A negative value means: do not try this event again (API destinations, "Retry behavior").
        Some(RetryAfter::Never) => {
            reason.text.push_str(" and forbade to try again");
            Verdict::failed(reason, Cause::Message)
        }
        Some(RetryAfter::In(delay)) => Verdict::Failed {
            reason,
            cause,
            retry_after: Some(delay),
        },
        None => Verdict::failed(reason, cause),
    }
}

enum RetryAfter {
    In(Duration),
    Never,
}

/// Seconds, or an HTTP date; at most what SQS can hide a message for. A date is compared with the
/// target's own `Date`, so that a difference between its clock and ours does not count.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<RetryAfter> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let delay = match text.parse::<i64>() {
        Ok(seconds) => match u64::try_from(seconds) {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => return Some(RetryAfter::Never),
        },
        Err(_) => {
            // A date that a cache kept is old.
            let theirs = headers
                .get(header::DATE)
                .filter(|_| !headers.contains_key(header::AGE));
            let there = theirs
                .and_then(|date| http_date(date.to_str().ok()?))
                .unwrap_or(now);
            http_date(text)?.since(there)
        }
    };
    Some(RetryAfter::In(delay.min(TWELVE_HOURS)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = time::PrimitiveDateTime::parse(text, format)
        .ok()?
        .assume_utc();
    Some(Timestamp::from_millis(
        u64::try_from(date.unix_timestamp())
            .ok()?
            .saturating_mul(1000),
    ))
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
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::new(),
            complete: true,
        };
        judge(&Ok(reply), "the target", NOW)
    }

    #[test]
    fn statuses() {
        for status in [200, 202, 204, 299] {
            assert_eq!(reply(status, None), Verdict::Delivered, "{status}");
            assert_eq!(
                reply(status, Some("-1")),
                Verdict::Delivered,
                "{status}: the header is about failures"
            );
        }
        let causes = [
            (301, Cause::Message),
            (400, Cause::Message),
            (401, Cause::Target),
            (403, Cause::Message),
            (404, Cause::Message),
            (407, Cause::Target),
            (409, Cause::Either),
            (413, Cause::Message),
            (422, Cause::Message),
            (429, Cause::Pace),
            (500, Cause::Either),
            (502, Cause::Target),
            (503, Cause::Target),
        ];
        for (status, supposed) in causes {
            assert!(
                matches!(reply(status, None), Verdict::Failed { cause, .. } if cause == supposed),
                "{status}"
            );
        }
    }

    #[test]
    fn no_answer_is_a_failure_of_its_own_kind() {
        let judged = |error| judge(&Err(error), "the target", Timestamp::default());
        for (error, supposed) in [
            (SendError::Timeout(Duration::from_secs(5)), Cause::Silence),
            (SendError::Broken("reset".into()), Cause::Either),
            (SendError::Unreachable("refused".into()), Cause::Unreachable),
        ] {
            assert!(matches!(judged(error), Verdict::Failed { cause, .. } if cause == supposed));
        }
        assert!(matches!(
            judged(SendError::Unsendable("URL".into())),
            Verdict::Unsendable { .. }
        ));
    }

    #[test]
    fn retry_after_in_both_spellings() {
        let delay = |text| match reply(503, Some(text)) {
            Verdict::Failed { retry_after, .. } => retry_after.map(|delay| delay.as_secs()),
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
        for (fields, seconds) in [
            (vec![later], 0),
            (vec![date, later], 30),
            (vec![date, later, ("age", "9")], 0),
        ] {
            let headers: HeaderMap = fields
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect();
            match judge_reply(StatusCode::SERVICE_UNAVAILABLE, &headers, "the target", NOW) {
                Verdict::Failed { retry_after, .. } => {
                    assert_eq!(retry_after, Some(Duration::from_secs(seconds)));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(
            reply(503, Some("-1")),
            Verdict::Failed {
                cause: Cause::Message,
                ..
            }
        ));
    }
}
