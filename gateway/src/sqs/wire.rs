//! What is said to SQS through its SDK, and what its answers are worth. No task, no lock, no clock.

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
use md5::{Digest as _, Md5};

use super::answer::{Answer, NoAnswer};
use super::lane::Waiting;
use crate::integration::sqs::{AttributeValue, Outcome, Refusal, SendMessage, Sent};

/// Who was answered is not asked again: a refusal is the caller's to know, as with API Gateway.
/// Connections that broke are tried once more; a message may then be stored twice, never lost.
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

/// Messages as entries of one request. An entry's id is its place.
pub(super) fn entries(batch: &[Waiting]) -> Vec<SendMessageBatchRequestEntry> {
    batch
        .iter()
        .enumerate()
        .map(|(index, waiting)| entry(index, &waiting.message))
        .collect()
}

/// The answer to a message that was sent alone.
pub(super) fn accepted_alone(message: &SendMessage, output: SendMessageOutput) -> Answer {
    let request_id = output.request_id().unwrap_or_default().to_owned();
    let sent = Sent {
        request_id,
        message_id: output.message_id.unwrap_or_default(),
        md5_of_body: output.md5_of_message_body.unwrap_or_default(),
        md5_of_attributes: output.md5_of_message_attributes,
        sequence_number: output.sequence_number,
    };
    accepted(message, sent)
}

/// Only SQS can know the id and the digest of the message. Whoever else answers 200 (an ingress, a
/// health page, a wrong endpoint) did not store it.
fn accepted(message: &SendMessage, sent: Sent) -> Answer {
    if sent.message_id.is_empty() || !is_digest_of(message, &sent.md5_of_body) {
        let reason = "the answer is not SQS's: it shows neither the message's id nor its digest, or a wrong one";
        return Err(NoAnswer::Unreachable(reason.to_owned()));
    }
    Ok(Outcome::Sent(sent))
}

/// A message that repeats a deduplication id is answered in the name of the first, whose body may
/// have been another one.
fn is_digest_of(message: &SendMessage, digest: &str) -> bool {
    if message.deduplication_id.is_some() {
        return digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    digest.eq_ignore_ascii_case(&hex::encode(Md5::digest(message.body.as_bytes())))
}

/// Gives the entries of a batch their answers. Those that are left failed, and are to be sent once
/// more, alone: then each caller gets the service's exact error for its own message.
pub(super) fn settle(batch: Vec<Waiting>, output: SendMessageBatchOutput) -> Vec<Waiting> {
    let request_id = output.request_id().unwrap_or_default().to_owned();
    let mut batch: Vec<Option<Waiting>> = batch.into_iter().map(Some).collect();
    for entry in output.successful {
        let Some(waiting) = take(&mut batch, &entry.id) else {
            continue;
        };
        let sent = Sent {
            message_id: entry.message_id,
            md5_of_body: entry.md5_of_message_body,
            md5_of_attributes: entry.md5_of_message_attributes,
            sequence_number: entry.sequence_number,
            request_id: request_id.clone(),
        };
        let answer = accepted(&waiting.message, sent);
        waiting.settle(answer);
    }
    let mut again = Vec::new();
    for entry in output.failed {
        let Some(waiting) = take(&mut batch, &entry.id) else {
            continue;
        };
        if waiting.message.is_fifo() {
            // Later messages of its group are stored already: once more would be out of order.
            waiting.settle(Ok(Outcome::Refused(refused_entry(entry, &request_id))));
        } else {
            again.push(waiting);
        }
    }
    for forgotten in batch.into_iter().flatten() {
        forgotten.settle(Err(NoAnswer::Unreachable(
            "the answer is not SQS's: it leaves messages out".to_owned(),
        )));
    }
    again
}

fn take(batch: &mut [Option<Waiting>], id: &str) -> Option<Waiting> {
    batch.get_mut(id.parse::<usize>().ok()?)?.take()
}

fn refused_entry(entry: BatchResultErrorEntry, request_id: &str) -> Refusal {
    Refusal {
        status: if entry.sender_fault { 400 } else { 500 },
        code: entry.code,
        message: entry.message.unwrap_or_default(),
        request_id: request_id.to_owned(),
    }
}

/// Whether a refused batch may hold messages that would be taken alone. A queue that is throttled
/// or down gains nothing by being asked ten times more.
pub(super) fn is_about_one(error: &SdkError<SendMessageBatchError>) -> bool {
    let SdkError::ServiceError(error) = error else {
        return false;
    };
    let is_throttled = error
        .err()
        .code()
        .is_some_and(|code| code.contains("Throttl") || code == "OverLimit");
    error.raw().status().is_client_error() && error.raw().status().as_u16() != 429 && !is_throttled
}

/// The answer that an error is.
pub(super) fn failed<E>(error: &SdkError<E>) -> Answer
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match error {
        // What the SDK cannot read counts as an error of the service, a page that is answered with
        // 200 too.
        SdkError::ServiceError(refused) if refused.raw().status().is_success() => Err(
            NoAnswer::Unreachable("the answer is not SQS's: it cannot be read".to_owned()),
        ),
        SdkError::ServiceError(refused) => {
            let meta = refused.err().meta();
            Ok(Outcome::Refused(Refusal {
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
