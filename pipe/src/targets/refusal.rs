//! What an AWS service means when it does not do what it was asked: whose fault that is.
//!
//! Nothing of the event is in a reason: what services say about content often quotes it, so only
//! their code is kept.

use http::StatusCode;
use kit::call::Reply;
use kit::service::error_code;

use crate::flow::verdict::{Cause, Verdict};

/// Why a request, or an entry of one, was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For the log.
    pub reason: String,
    /// Whose fault it is.
    pub fault: Fault,
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It can't be reached, or no credentials can be had.
    Unreachable,
    /// The service's, or that of whoever set it up: no message can do anything about it.
    Target,
    /// Ours: it takes as much, but not as fast.
    Pace,
    /// It may be the message's, after all.
    Either,
    /// The same; there was no answer in time.
    Silence,
    /// That of something in the request. One of several entries may be to blame for all.
    Content,
    /// That of the batch: a customer error in AWS's terms, for every message in it.
    Batch,
}

/// Parts of codes that ask for fewer requests.
const ABOUT_PACE: [&str; 5] = [
    "LimitExceeded",
    "ProvisionedThroughputExceeded",
    "SlowDown",
    "Throttl",
    "TooManyRequests",
];

/// Parts of codes that services answer with a 4xx status, and that are no message's fault.
const ABOUT_TARGET: [&str; 19] = [
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
    /// A request that was answered with an error, by `who`.
    pub fn of_reply(reply: &Reply, who: &str) -> Refusal {
        let code = error_code(reply);
        let name = code
            .as_deref()
            .unwrap_or_else(|| reply.status.canonical_reason().unwrap_or("an error"));
        let fault = judge(reply.status, name);
        Refusal {
            reason: format!("{who} answered {} {name}", reply.status.as_u16()),
            fault,
        }
    }

    /// An entry that was not taken, by its code.
    pub fn of_entry(code: &str, who: &str) -> Refusal {
        // Only what begins like a failure of the service is one: entries have no status.
        let fault = if code.starts_with("Internal") || code.starts_with("ServiceUnavailable") {
            Fault::Either
        } else {
            judge(StatusCode::BAD_REQUEST, code)
        };
        Refusal {
            reason: format!("{who} did not take the entry: {code}"),
            fault,
        }
    }

    /// The verdict on a message that met this.
    pub fn verdict(&self) -> Verdict {
        let reason = self.reason.clone();
        let cause = match self.fault {
            Fault::Unreachable => Cause::Unreachable,
            Fault::Target => Cause::Target,
            Fault::Pace => Cause::Pace,
            Fault::Either => Cause::Either,
            Fault::Silence => Cause::Silence,
            Fault::Content | Fault::Batch => Cause::Message,
        };
        Verdict::failed(reason, cause)
    }
}

fn judge(status: StatusCode, code: &str) -> Fault {
    match status.as_u16() {
        429 => Fault::Pace,
        _ if ABOUT_PACE.iter().any(|part| code.contains(part)) => Fault::Pace,
        500 => Fault::Either,
        401 | 403 | 404 | 408 | 409 | 501..=599 => Fault::Target,
        _ if ABOUT_TARGET.iter().any(|part| code.contains(part)) => Fault::Target,
        _ => Fault::Content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn refusal(status: u16, error_type: &'static str, body: &'static str) -> (Fault, String) {
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
        (refusal.fault, refusal.reason)
    }

    #[test]
    fn codes_are_found_in_every_protocol() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>";
        let said = |reason: &str| format!("the target answered 400 {reason}");
        assert_eq!(
            refusal(400, "", xml),
            (Fault::Content, said("InvalidParameter"))
        );
        let json = r#"{"__type":"com.amazonaws.kinesis#ValidationException","message":"Value 'secret' …"}"#;
        assert_eq!(
            refusal(400, "", json),
            (Fault::Content, said("ValidationException"))
        );
        let header = "InvalidRequestContentException:http://internal.amazon.com/x";
        assert_eq!(
            refusal(400, header, "{}"),
            (Fault::Content, said("InvalidRequestContentException"))
        );
        assert_eq!(
            refusal(400, "", "what?"),
            (Fault::Content, said("Bad Request"))
        );
    }

    #[test]
    fn only_content_is_a_messages_fault() {
        for (status, code, fault) in [
            (429, "TooManyRequestsException", Fault::Pace),
            (400, "ThrottlingException", Fault::Pace),
            (400, "AccessDeniedException", Fault::Target),
            (400, "StateMachineDoesNotExist", Fault::Target),
            (400, "StateMachineTypeNotSupported", Fault::Target),
            (400, "InvalidAction", Fault::Target),
            (404, "ResourceNotFoundException", Fault::Target),
            (403, "", Fault::Target),
            (502, "", Fault::Target),
            (500, "ServiceException", Fault::Either),
            (413, "RequestTooLargeException", Fault::Content),
            (400, "InvalidExecutionInput", Fault::Content),
        ] {
            assert_eq!(refusal(status, code, "").0, fault, "{status} {code}");
        }
        let entry = |code: &str| Refusal::of_entry(code, "the target").fault;
        assert_eq!(entry("InternalFailure"), Fault::Either);
        assert_eq!(entry("ProvisionedThroughputExceededException"), Fault::Pace);
        assert_eq!(entry("MalformedDetail"), Fault::Content);
    }
}
