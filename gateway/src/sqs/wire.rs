//! What SQS is sent through its SDK, and what its answers are worth. No task, no lock, no clock.

use std::collections::HashMap;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::interceptors::InterceptorContext;
use aws_sdk_sqs::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::RequestId as _;
use aws_sdk_sqs::operation::send_message::SendMessageOutput;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::operation::send_message_batch::{SendMessageBatchError, SendMessageBatchOutput};
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, MessageAttributeValue, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use kit::aws;
use kit::service::is_transient_code;
use md5::{Digest as _, Md5};

use super::coalescer::PendingMessage;
use crate::integration_request::{AttributeValue, SendMessage};
use crate::integration_response::{Answer, NoAnswer, SendMessageResult, SqsAnswer, SqsError};

/// The SDK sends a request again only after a connection broke: a message may then be stored twice,
/// never lost. An answer is the caller's, whatever it is, as with API Gateway.
#[derive(Debug)]
pub(super) struct OnlyBrokenConnections;

impl ClassifyRetry for OnlyBrokenConnections {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if context.response().is_some() {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "OnlyBrokenConnections"
    }
}

/// One message as a request of its own.
pub(super) fn request(client: &Client, message: &SendMessage) -> SendMessageFluentBuilder {
    client
        .send_message()
        .queue_url(&message.queue_url)
        .message_body(&message.body)
        .set_delay_seconds(message.delay_seconds)
        .set_message_group_id(message.group_id.clone())
        .set_message_deduplication_id(message.deduplication_id.clone())
        .set_message_attributes(attributes(message))
        .set_message_system_attributes(system_attributes(message))
}

/// Messages as entries of one request. The id of an entry is its index.
pub(super) fn entries(batch: &[PendingMessage]) -> Vec<SendMessageBatchRequestEntry> {
    batch
        .iter()
        .enumerate()
        .map(|(index, pending)| entry(index, &pending.message))
        .collect()
}

/// The answer to a message that was sent alone.
pub(super) fn stored_alone(message: &SendMessage, output: SendMessageOutput) -> Answer {
    let request_id = output.request_id().unwrap_or_default().to_owned();
    let sent = SendMessageResult {
        request_id,
        message_id: output.message_id.unwrap_or_default(),
        md5_of_body: output.md5_of_message_body.unwrap_or_default(),
        md5_of_attributes: output.md5_of_message_attributes,
        sequence_number: output.sequence_number,
    };
    stored(message, sent)
}

/// The answer to a message that SQS stored. Only SQS can know the id and the digest of the message:
/// any other program that answers 200 (an ingress, a health page, a wrong endpoint) stored nothing.
fn stored(message: &SendMessage, sent: SendMessageResult) -> Answer {
    if sent.message_id.is_empty() || !is_digest_of(message, &sent.md5_of_body) {
        return Err(not_sqs("the message's id or digest is missing or wrong"));
    }
    Ok(SqsAnswer::Stored(sent))
}

/// Whether SQS computed this digest for the message. The answer to a message that repeats a
/// deduplication id is about the first one, whose body may have been different.
fn is_digest_of(message: &SendMessage, digest: &str) -> bool {
    if message.deduplication_id.is_some() {
        return digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    digest.eq_ignore_ascii_case(&hex::encode(Md5::digest(message.body.as_bytes())))
}

/// Gives the entries of a batch their answers, and returns those that failed and are to be sent
/// once more, alone.
pub(super) fn settle(
    batch: Vec<PendingMessage>,
    output: SendMessageBatchOutput,
) -> Vec<PendingMessage> {
    let request_id = output.request_id().unwrap_or_default().to_owned();
    let mut batch: Vec<Option<PendingMessage>> = batch.into_iter().map(Some).collect();
    for entry in output.successful {
        let Some(pending) = take(&mut batch, &entry.id) else {
            continue;
        };
        let sent = SendMessageResult {
            message_id: entry.message_id,
            md5_of_body: entry.md5_of_message_body,
            md5_of_attributes: entry.md5_of_message_attributes,
            sequence_number: entry.sequence_number,
            request_id: request_id.clone(),
        };
        let answer = stored(&pending.message, sent);
        pending.settle(answer);
    }
    let mut again = Vec::new();
    for entry in output.failed {
        let Some(pending) = take(&mut batch, &entry.id) else {
            continue;
        };
        if pending.message.is_fifo() {
            // Later messages of its group are stored already: sent again, it would be out of order.
            pending.settle(Ok(SqsAnswer::Refused(refused_entry(entry, &request_id))));
        } else {
            again.push(pending);
        }
    }
    for forgotten in batch.into_iter().flatten() {
        forgotten.settle(Err(not_sqs("entries are missing")));
    }
    again
}

/// Takes the message of an entry out of its batch.
fn take(batch: &mut [Option<PendingMessage>], id: &str) -> Option<PendingMessage> {
    batch.get_mut(id.parse::<usize>().ok()?)?.take()
}

fn refused_entry(entry: BatchResultErrorEntry, request_id: &str) -> SqsError {
    SqsError {
        status: if entry.sender_fault { 400 } else { 500 },
        code: entry.code,
        message: entry.message.unwrap_or_default(),
        request_id: request_id.to_owned(),
    }
}

/// Whether SQS may have refused a batch because of one entry, so that the others can succeed alone.
/// A queue that is throttled or down would only get ten times the requests.
pub(super) fn is_about_one_entry(error: &SdkError<SendMessageBatchError>) -> bool {
    let SdkError::ServiceError(error) = error else {
        return false;
    };
    let status = error.raw().status();
    let is_throttled = error
        .err()
        .code()
        .is_some_and(|code| is_transient_code(code) || code == "OverLimit");
    status.is_client_error() && status.as_u16() != 429 && !is_throttled
}

/// The answer to a request that failed.
pub(super) fn failed<E>(error: &SdkError<E>) -> Answer
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match error {
        // To the SDK, an answer that it cannot read is an error of the service, also with status
        // 200.
        SdkError::ServiceError(refused) if refused.raw().status().is_success() => {
            Err(not_sqs("the answer cannot be read"))
        }
        SdkError::ServiceError(refused) => {
            let meta = refused.err().meta();
            Ok(SqsAnswer::Refused(SqsError {
                status: refused.raw().status().as_u16(),
                code: meta.code().unwrap_or("InternalFailure").to_owned(),
                message: meta.message().unwrap_or_default().to_owned(),
                request_id: meta.request_id().unwrap_or_default().to_owned(),
            }))
        }
        SdkError::TimeoutError(_) => Err(NoAnswer::TimedOut),
        other if has_no_credentials(other) => Err(NoAnswer::NoCredentials(aws::explain(other))),
        other => Err(NoAnswer::Unreachable(aws::explain(other))),
    }
}

/// An answer of success that cannot be SQS's.
fn not_sqs(why: &str) -> NoAnswer {
    NoAnswer::Unreachable(format!("unexpected response from SQS: {why}"))
}

fn has_no_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<CredentialsError>() || error.source().is_some_and(has_no_credentials)
}

fn entry(index: usize, message: &SendMessage) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&message.body)
        .set_delay_seconds(message.delay_seconds)
        .set_message_group_id(message.group_id.clone())
        .set_message_deduplication_id(message.deduplication_id.clone())
        .set_message_attributes(attributes(message))
        .set_message_system_attributes(system_attributes(message))
        .build()
        .expect("id and body are set")
}

fn attributes(message: &SendMessage) -> Option<HashMap<String, MessageAttributeValue>> {
    let value = |value: &AttributeValue, data_type: &str| {
        let builder = MessageAttributeValue::builder().data_type(data_type);
        match value {
            AttributeValue::Text(text) => builder.string_value(text),
            AttributeValue::Binary(bytes) => builder.binary_value(Blob::new(bytes.clone())),
        }
        .build()
        .expect("the data type is set")
    };
    let map: HashMap<_, _> = message
        .attributes
        .iter()
        .map(|a| (a.name.clone(), value(&a.value, &a.data_type)))
        .collect();
    (!map.is_empty()).then_some(map)
}

fn system_attributes(
    message: &SendMessage,
) -> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let trace = message.trace_header.as_ref()?;
    let value = MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(trace)
        .build();
    let value = value.expect("the data type is set");
    Some([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)].into())
}
