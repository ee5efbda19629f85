//! What came back from the backend: a reply that can be mapped, or a fault.
//!
//! Everything that the client cannot know is reported here, for the operator.

use kit::call::Reply;
use kit::send::SendError;
use kit::service::ServiceError;

use super::sqs_answer::{Answer, NoAnswer, SqsAnswer, SqsError};
use crate::gateway_responses::Fault;
use crate::integration_request::Protocol;
use crate::trouble::Trouble;

/// A reply, and the id of the message that SQS stored, if it stored one.
#[derive(Debug)]
pub(crate) struct Received {
    pub reply: Reply,
    pub message_id: Option<String>,
}

/// The reply to a message that was sent to `queue` together with others.
///
/// # Errors
/// SQS gave no answer.
pub(crate) fn of_message(
    answer: Answer,
    protocol: Protocol,
    queue: &str,
    request_id: &str,
) -> Result<Received, Fault> {
    let answer = answer.map_err(|no_answer| unanswered(no_answer, queue, request_id))?;
    let reply = answer.to_reply(protocol);
    let message_id = match answer {
        SqsAnswer::Stored(result) => Some(result.message_id),
        SqsAnswer::Refused(error) => {
            report_refusal(&error, queue, request_id);
            None
        }
    };
    Ok(Received { reply, message_id })
}

/// The reply to a call that was sent to `service` as it was planned.
///
/// # Errors
/// The service gave no answer, or another program answered in its place.
pub(crate) fn of_call(
    reply: Result<Reply, ServiceError>,
    service: &str,
    request_id: &str,
) -> Result<Received, Fault> {
    let reply = reply.map_err(|error| failed(&error, service, request_id))?;
    if service != "sqs" {
        return Ok(Received {
            reply,
            message_id: None,
        });
    }
    if reply.status.is_success() && !names_its_request(&reply) {
        let reason = "the answer is not from SQS, it names no request: the client gets 504. \
                      Check the endpoint";
        Trouble::NotTheService.report(request_id, reason);
        return Err(Fault::IntegrationFailure);
    }
    let message_id = message_id(&reply);
    Ok(Received { reply, message_id })
}

/// The reply to a call that was sent to the HTTP endpoint at `host`.
///
/// # Errors
/// The endpoint gave no answer, or may not be called.
pub(crate) fn of_http(
    reply: Result<Reply, SendError>,
    host: &str,
    request_id: &str,
) -> Result<Received, Fault> {
    match reply {
        Ok(reply) => Ok(Received {
            reply,
            message_id: None,
        }),
        Err(error) if error.is_timeout() => Err(timed_out(host, request_id)),
        Err(
            error @ (SendError::NoAddress(_) | SendError::Refused(_) | SendError::Unsendable(_)),
        ) => {
            let reason = format!(
                "execution failed due to configuration error: Invalid endpoint address, the client \
                 gets 500: {error}"
            );
            Trouble::Misconfigured.report(request_id, reason);
            Err(Fault::ConfigurationError)
        }
        Err(error) => Err(unreachable(host, &error.to_string(), request_id)),
    }
}

/// Whether a reply can be SQS's at all: every answer of an AWS service names its request. A program
/// that answers 200 in its place (an ingress, a health page, a wrong endpoint) stored nothing.
fn names_its_request(reply: &Reply) -> bool {
    reply.headers.contains_key("x-amzn-requestid")
        || memchr::memmem::find(&reply.body, b"RequestId").is_some()
}

/// The id of a stored message, in JSON or XML.
fn message_id(reply: &Reply) -> Option<String> {
    let text = std::str::from_utf8(&reply.body).ok()?;
    let rest = ["\"MessageId\":\"", "<MessageId>"]
        .iter()
        .find_map(|mark| text.split_once(mark))?
        .1;
    let end = rest.find(['"', '<'])?;
    (end <= 100).then(|| rest[..end].to_owned())
}

fn report_refusal(error: &SqsError, queue: &str, request_id: &str) {
    let trouble = Trouble::of_sqs_code(&error.code);
    let advice = match trouble {
        Trouble::QueueMissing => {
            ": create the queue (`tidegate provision` does), or correct the endpoint"
        }
        Trouble::AccessDenied => ": check the credentials and what they allow",
        _ => "",
    };
    let SqsError {
        status,
        code,
        message,
        ..
    } = error;
    trouble.report(
        request_id,
        format!("SQS refused a message for {queue} with {status} {code}: {message}{advice}"),
    );
}

fn unanswered(no_answer: NoAnswer, queue: &str, request_id: &str) -> Fault {
    match no_answer {
        NoAnswer::TimedOut => timed_out(&format!("SQS (queue {queue})"), request_id),
        NoAnswer::Unreachable(reason) => {
            unreachable(&format!("SQS (queue {queue})"), &reason, request_id)
        }
        NoAnswer::NoCredentials(reason) => unsigned(&reason, request_id),
    }
}

fn failed(error: &ServiceError, service: &str, request_id: &str) -> Fault {
    match error {
        ServiceError::Send(error) if error.is_timeout() => timed_out(service, request_id),
        ServiceError::Send(error) => unreachable(service, &error.to_string(), request_id),
        error => unsigned(&error.to_string(), request_id),
    }
}

fn timed_out(service: &str, request_id: &str) -> Fault {
    Trouble::TimedOut.report(
        request_id,
        format!("{service} did not answer in time: the client gets 504"),
    );
    Fault::IntegrationTimeout
}

fn unreachable(service: &str, reason: &str, request_id: &str) -> Fault {
    Trouble::Unreachable.report(
        request_id,
        format!("{service} does not answer, the client gets 504: {reason}"),
    );
    Fault::IntegrationFailure
}

fn unsigned(reason: &str, request_id: &str) -> Fault {
    Trouble::NoCredentials.report(
        request_id,
        format!("execution failed due to configuration error, the client gets 500: {reason}"),
    );
    Fault::ConfigurationError
}
