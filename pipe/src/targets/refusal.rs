//! What it means when an AWS service does not do what it was asked: the likely cause. Pure.
//!
//! A reason holds nothing of the event: the messages of services often quote content, so only their
//! codes are kept.

use http::StatusCode;
use kit::call::Reply;
use kit::service::{error_code, is_throttling_code};

use crate::flow::{Cause, Verdict};

/// Why a request, or an entry of one, was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// For the log.
    pub(crate) reason: String,
    /// What the refusal suggests.
    pub(crate) cause: Cause,
    /// Whether the refusal holds for every message of the request. If not, one of several entries
    /// may be at fault for all.
    whole_batch: bool,
}

/// Parts of codes that come with a 4xx status although no message is at fault.
const OF_THE_TARGET: [&str; 19] = [
    "AccessDenied",
    "AuthFailure",
    "AuthorizationError",
    "Disabled",
    "DoesNotExist",
    "EndpointDisabled",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignature",
    "KMS",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "NotFound",
    "SignatureDoesNotMatch",
    "TypeNotSupported",
    "UnknownOperation",
    "UnrecognizedClient",
];

impl Refusal {
    /// A refusal in which, if a message is at fault, any one of several may be.
    pub(crate) fn new(reason: String, cause: Cause) -> Refusal {
        Refusal {
            reason,
            cause,
            whole_batch: false,
        }
    }

    /// A batch that failed as a whole: a customer error in AWS's terms, for every message in it.
    pub(crate) fn of_batch(reason: String) -> Refusal {
        Refusal {
            reason,
            cause: Cause::Message,
            whole_batch: true,
        }
    }

    /// An error that `who` ("the target") answered a request with.
    pub(crate) fn of_reply(reply: &Reply, who: &str) -> Refusal {
        let code = error_code(reply);
        let name = code
            .as_deref()
            .unwrap_or_else(|| reply.status.canonical_reason().unwrap_or("an error"));
        let reason = format!("{who} answered {} {name}", reply.status.as_u16());
        Refusal::new(reason, cause(reply.status, name))
    }

    /// The code with which `who` refused one entry.
    pub(crate) fn of_entry(code: &str, who: &str) -> Refusal {
        // Entries have no status, so only a code that begins like a failure of the service is one.
        let cause = if code.starts_with("Internal") || code.starts_with("ServiceUnavailable") {
            Cause::Either
        } else {
            cause(StatusCode::BAD_REQUEST, code)
        };
        Refusal::new(format!("{who} did not take the entry: {code}"), cause)
    }

    /// Whether one of several entries may be at fault for the refusal of all: each of them is then
    /// sent alone.
    pub(crate) fn may_be_one_entry(&self) -> bool {
        self.cause == Cause::Message && !self.whole_batch
    }

    /// The verdict on a message that was refused like this.
    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::failed(self.reason.clone(), self.cause)
    }
}

fn cause(status: StatusCode, code: &str) -> Cause {
    match status.as_u16() {
        429 => Cause::Throttled,
        _ if is_throttling_code(code) => Cause::Throttled,
        500 => Cause::Either,
        401 | 403 | 404 | 408 | 409 | 501..=599 => Cause::Target,
        _ if OF_THE_TARGET.iter().any(|part| code.contains(part)) => Cause::Target,
        _ => Cause::Message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn refusal(status: u16, error_type: &'static str, body: &'static str) -> (Cause, String) {
        let mut headers = HeaderMap::new();
        if !error_type.is_empty() {
            headers.insert("x-amzn-errortype", error_type.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let reply = Reply {
            status,
            headers,
            body: Bytes::from_static(body.as_bytes()),
            complete: true,
        };
        let refusal = Refusal::of_reply(&reply, "the target");
        (refusal.cause, refusal.reason)
    }

    #[test]
    fn codes_are_found_in_every_protocol() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>";
        let said = |reason: &str| format!("the target answered 400 {reason}");
        assert_eq!(
            refusal(400, "", xml),
            (Cause::Message, said("InvalidParameter"))
        );
        let json = r#"{"__type":"com.amazonaws.kinesis#ValidationException","message":"Value 'secret' …"}"#;
        assert_eq!(
            refusal(400, "", json),
            (Cause::Message, said("ValidationException"))
        );
        let header = "InvalidRequestContentException:http://internal.amazon.com/x";
        assert_eq!(
            refusal(400, header, "{}"),
            (Cause::Message, said("InvalidRequestContentException"))
        );
        assert_eq!(
            refusal(400, "", "what?"),
            (Cause::Message, said("Bad Request"))
        );
    }

    #[test]
    fn only_content_is_a_messages_fault() {
        for (status, code, cause) in [
            (429, "TooManyRequestsException", Cause::Throttled),
            (400, "ThrottlingException", Cause::Throttled),
            (400, "AccessDeniedException", Cause::Target),
            (400, "StateMachineDoesNotExist", Cause::Target),
            (400, "StateMachineTypeNotSupported", Cause::Target),
            (400, "InvalidAction", Cause::Target),
            (404, "ResourceNotFoundException", Cause::Target),
            (403, "", Cause::Target),
            (502, "", Cause::Target),
            (500, "ServiceException", Cause::Either),
            (413, "RequestTooLargeException", Cause::Message),
            (400, "InvalidExecutionInput", Cause::Message),
        ] {
            assert_eq!(refusal(status, code, "").0, cause, "{status} {code}");
        }
        let entry = |code: &str| Refusal::of_entry(code, "the target").cause;
        assert_eq!(entry("InternalFailure"), Cause::Either);
        assert_eq!(
            entry("ProvisionedThroughputExceededException"),
            Cause::Throttled
        );
        assert_eq!(entry("MalformedDetail"), Cause::Message);
    }
}
