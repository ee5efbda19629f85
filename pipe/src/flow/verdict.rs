//! What an answer of the target means for the message: from a reply, or the lack of one, to a
//! [`Verdict`]. Pure.
//!
//! With an SQS source, only a 2xx takes a message off the queue
//! (`docs/aws/pipes.md#errors-and-retries` and `docs/aws/pipes.md#answers`). One answer cannot show
//! who is at fault: a verdict holds only what the answer suggests, and `flow` finds out the rest.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use kit::call::Reply;
use kit::send::SendError;
use kit::time::Timestamp;

use super::cause::Cause;
use super::retry_after::RetryAfter;

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The target has the message: it is deleted.
    Delivered,
    /// The message could not be made into a request, so nothing was sent, and nothing was learned
    /// about the target. The message is left to its visibility timeout and the queue's redrive
    /// policy.
    Unsendable {
        /// For the log; names the cause, never content.
        reason: Reason,
    },
    /// The target did not take the message. Who is at fault, `flow` finds out by comparison with
    /// other messages.
    Failed {
        /// For the log; names status or cause, never content.
        reason: Reason,
        /// What is assumed at first.
        cause: Cause,
        /// The least time until another try, by the target's `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// Why a message was not taken: for the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reason {
    /// In plain words; status or cause, never content.
    pub(crate) text: String,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// The beginning of the answer, fit for the log.
    pub(crate) answer: Option<String>,
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

impl Verdict {
    /// No call could be made, and the message is not at fault.
    pub(crate) fn unreachable(reason: String) -> Verdict {
        Verdict::failed(reason, Cause::Unreachable)
    }

    /// A failure without a `Retry-After`.
    pub(crate) fn failed(reason: impl Into<Reason>, cause: Cause) -> Verdict {
        Verdict::Failed {
            reason: reason.into(),
            cause,
            retry_after: None,
        }
    }

    /// Why the message was not delivered, as text; `None` when it was delivered.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.failure().map(|reason| reason.text.as_str())
    }

    /// Why the message was not delivered; `None` when it was delivered.
    pub(crate) fn failure(&self) -> Option<&Reason> {
        match self {
            Verdict::Delivered => None,
            Verdict::Unsendable { reason } | Verdict::Failed { reason, .. } => Some(reason),
        }
    }

    /// Adds the beginning of the answer that this verdict rests on.
    #[must_use]
    pub(crate) fn with_answer(mut self, head: Option<String>) -> Verdict {
        if let Verdict::Unsendable { reason } | Verdict::Failed { reason, .. } = &mut self {
            reason.answer = head;
        }
        self
    }
}

/// Judges what came back from `who` ("the target"), at `now`.
pub(crate) fn judge(outcome: &Result<Reply, SendError>, who: &str, now: Timestamp) -> Verdict {
    match outcome {
        Ok(reply) => judge_reply(reply.status, &reply.headers, who, now),
        Err(error) => {
            let reason = format!("{who}: {error}");
            match Cause::of_send_error(error) {
                Some(cause) => Verdict::failed(reason, cause),
                None => Verdict::Unsendable {
                    reason: reason.into(),
                },
            }
        }
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
        // A message cannot cause wrong credentials.
        401 | 407 | 502..=504 => Cause::Target,
        429 => Cause::Throttled,
        // A conflict asks for the message again later.
        409 | 500..=599 => Cause::Either,
        _ => Cause::Message,
    };
    match RetryAfter::of(headers, now) {
        // A negative value means: do not try this event again (API destinations, "Retry behavior").
        Some(RetryAfter::Never) => {
            reason.text.push_str(" and asked not to try again");
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

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::header;

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
            (429, Cause::Throttled),
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
            (SendError::Timeout(Duration::from_secs(5)), Cause::Timeout),
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
