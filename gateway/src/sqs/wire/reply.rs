//! What SQS says to a request that sent messages.

use http::StatusCode;
use kit::call::Reply;
use kit::service::{error_code, is_transient_code};
use md5::{Digest as _, Md5};
use serde::Deserialize;

use crate::integration_request::SendMessage;
use crate::integration_response::{Answer, NoAnswer, SendMessageResult, SqsAnswer, SqsError};

/// What SQS says to a whole request.
#[derive(Debug)]
pub(in crate::sqs) enum Said {
    /// Success; what it says of each message is in the body.
    Taken,
    /// The request is refused, and would be again.
    Refused(SqsError),
    /// SQS asks for fewer requests.
    Throttled(SqsError),
    /// SQS is in trouble, which may be over soon.
    Troubled(SqsError),
    /// This is not an answer of SQS.
    NotSqs(NoAnswer),
}

/// What SQS says of one entry of a batch.
#[derive(Debug)]
pub(in crate::sqs) enum EntryResult {
    /// It is settled: this is the caller's answer.
    Answered(Answer),
    /// SQS refused it, and would again.
    Refused(SqsError),
    /// SQS could not take it, which may be over soon.
    Failed(SqsError),
}

/// What a reply says to the request as a whole.
pub(in crate::sqs) fn read(reply: &Reply) -> Said {
    if !reply.complete {
        return Said::NotSqs(not_sqs("the answer is longer than SQS's answers are"));
    }
    if reply.status.is_success() {
        return Said::Taken;
    }
    if !reply.status.is_client_error() && !reply.status.is_server_error() {
        return Said::NotSqs(not_sqs(&format!("status {}", reply.status)));
    }
    let error = refusal(reply);
    let is_throttled = reply.status == StatusCode::TOO_MANY_REQUESTS
        || is_transient_code(&error.code)
        || error.code == "OverLimit";
    if is_throttled {
        Said::Throttled(error)
    } else if reply.status.is_server_error() || reply.status == StatusCode::REQUEST_TIMEOUT {
        Said::Troubled(error)
    } else {
        Said::Refused(error)
    }
}

/// What a reply of success says of each message, in their order.
pub(in crate::sqs) fn results(messages: &[&SendMessage], reply: &Reply) -> Vec<EntryResult> {
    let request_id = request_id(reply);
    if let [message] = messages {
        let stored = serde_json::from_slice::<Stored>(&reply.body);
        let answer = match stored {
            Ok(stored) => stored.answer(message, &request_id),
            Err(_) => Err(not_sqs("the answer cannot be read")),
        };
        return vec![EntryResult::Answered(answer)];
    }
    let Ok(said) = serde_json::from_slice::<BatchReply>(&reply.body) else {
        let unreadable = || EntryResult::Answered(Err(not_sqs("the answer cannot be read")));
        return messages.iter().map(|_| unreadable()).collect();
    };
    let mut results: Vec<Option<EntryResult>> = messages.iter().map(|_| None).collect();
    let mut put = |id: &str, result: &dyn Fn(&SendMessage) -> EntryResult| {
        let place = id.parse::<usize>().ok();
        let Some((slot, message)) =
            place.and_then(|place| Some((results.get_mut(place)?, *messages.get(place)?)))
        else {
            return;
        };
        // Whatever it is that says two things about one message, it is not SQS.
        *slot = Some(match slot {
            None => result(message),
            Some(_) => EntryResult::Answered(Err(not_sqs("an entry occurs twice"))),
        });
    };
    for entry in said.successful.unwrap_or_default() {
        put(entry.id.as_deref().unwrap_or_default(), &|message| {
            EntryResult::Answered(entry.answer(message, &request_id))
        });
    }
    for entry in said.failed.unwrap_or_default() {
        put(&entry.id, &|_| entry.result(&request_id));
    }
    let missing = || EntryResult::Answered(Err(not_sqs("entries are missing")));
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(missing))
        .collect()
}

/// What SQS says of a message that it stored.
#[derive(Debug, Deserialize)]
struct Stored {
    /// The entry of a batch.
    #[serde(rename = "Id")]
    id: Option<String>,
    #[serde(rename = "MessageId")]
    message_id: Option<String>,
    #[serde(rename = "MD5OfMessageBody")]
    md5_of_body: Option<String>,
    #[serde(rename = "MD5OfMessageAttributes")]
    md5_of_attributes: Option<String>,
    #[serde(rename = "SequenceNumber")]
    sequence_number: Option<String>,
}

impl Stored {
    /// The answer for the caller. Only SQS can know the id and the digest of the message: any other
    /// program that answers 200 (an ingress, a health page, a wrong endpoint) stored nothing.
    fn answer(&self, message: &SendMessage, request_id: &str) -> Answer {
        let message_id = self.message_id.clone().unwrap_or_default();
        let md5_of_body = self.md5_of_body.clone().unwrap_or_default();
        if message_id.is_empty() || !is_digest_of(message, &md5_of_body) {
            return Err(not_sqs("the message's id or digest is missing or wrong"));
        }
        Ok(SqsAnswer::Stored(SendMessageResult {
            message_id,
            md5_of_body,
            md5_of_attributes: self.md5_of_attributes.clone(),
            sequence_number: self.sequence_number.clone(),
            request_id: request_id.to_owned(),
        }))
    }
}

/// Whether SQS computed this digest for the message. The answer to a message that repeats a
/// deduplication id is about the first one, whose body may have been different.
fn is_digest_of(message: &SendMessage, digest: &str) -> bool {
    if message.deduplication_id.is_some() {
        return digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let mut right = [0; 32];
    let written = hex::encode_to_slice(Md5::digest(message.body.as_bytes()), &mut right);
    written.is_ok() && digest.as_bytes().eq_ignore_ascii_case(&right)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchReply {
    successful: Option<Vec<Stored>>,
    failed: Option<Vec<FailedEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FailedEntry {
    id: String,
    code: Option<String>,
    message: Option<String>,
    #[serde(default)]
    sender_fault: bool,
}

impl FailedEntry {
    fn result(&self, request_id: &str) -> EntryResult {
        let code = self.code.clone().unwrap_or_default();
        let is_transient = !self.sender_fault || is_transient_code(&code);
        let error = SqsError {
            status: match (self.sender_fault, code.as_str()) {
                (true, _) => 400,
                (false, "ServiceUnavailable") => 503,
                (false, _) => 500,
            },
            code,
            message: self.message.clone().unwrap_or_default(),
            request_id: request_id.to_owned(),
        };
        if is_transient {
            EntryResult::Failed(error)
        } else {
            EntryResult::Refused(error)
        }
    }
}

/// The error that an answer of failure holds, with the Query protocol's code:
/// `docs/aws/sqs.md#json-protocol`.
fn refusal(reply: &Reply) -> SqsError {
    let query_code = || {
        let header = reply.headers.get("x-amzn-query-error")?.to_str().ok()?;
        header.split(';').next().map(ToOwned::to_owned)
    };
    let said: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    SqsError {
        status: reply.status.as_u16(),
        code: query_code()
            .or_else(|| error_code(reply))
            .filter(|code| !code.is_empty())
            .unwrap_or_else(|| "InternalFailure".to_owned()),
        message: said.message.or(said.other).unwrap_or_default(),
        request_id: request_id(reply),
    }
}

/// The body of an error. Some implementations write `Message`.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    message: Option<String>,
    #[serde(rename = "Message")]
    other: Option<String>,
}

fn request_id(reply: &Reply) -> String {
    ["x-amzn-requestid", "x-amz-request-id"]
        .iter()
        .find_map(|name| reply.headers.get(*name)?.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// An answer of success that cannot be SQS's.
pub(in crate::sqs) fn not_sqs(why: &str) -> NoAnswer {
    NoAnswer::Unreachable(format!("unexpected response from SQS: {why}"))
}
