//! Requests to SQS about messages.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::Call;
use serde::Serialize;
use url::Url;

use crate::flow::Poll;
use crate::targets::QueueEntry;

/// A request: an action of SQS with its parameters.
pub(crate) trait Action: Serialize {
    /// `X-Amz-Target`.
    const TARGET: HeaderValue;

    /// The call to SQS at `endpoint`, before it is signed.
    fn call(&self, endpoint: &Url) -> Call {
        let headers = HeaderMap::from_iter([
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/x-amz-json-1.0"),
            ),
            (HeaderName::from_static("x-amz-target"), Self::TARGET),
        ]);
        let body = serde_json::to_vec(self).expect("texts and numbers can be written");
        Call {
            method: Method::POST,
            url: endpoint.clone(),
            headers,
            body: Bytes::from(body),
        }
    }
}

/// `ReceiveMessage`, with all attributes of a message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Receive<'q> {
    queue_url: &'q str,
    max_number_of_messages: usize,
    wait_time_seconds: u64,
    message_system_attribute_names: [&'static str; 1],
    message_attribute_names: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    receive_request_attempt_id: Option<String>,
}

impl Action for Receive<'_> {
    const TARGET: HeaderValue = HeaderValue::from_static("AmazonSQS.ReceiveMessage");
}

impl Receive<'_> {
    /// `attempt` makes a repetition of the request bring the same messages of a FIFO queue.
    pub(crate) fn new(queue_url: &str, poll: Poll, attempt: Option<String>) -> Receive<'_> {
        Receive {
            queue_url,
            max_number_of_messages: poll.count.min(10),
            wait_time_seconds: poll.wait.as_secs().min(20),
            message_system_attribute_names: ["All"],
            message_attribute_names: ["All"],
            receive_request_attempt_id: attempt,
        }
    }
}

/// `DeleteMessageBatch`. The id of each entry is its place in the batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Delete<'q> {
    queue_url: &'q str,
    entries: Vec<DeleteEntry<'q>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteEntry<'q> {
    id: String,
    receipt_handle: &'q str,
}

impl Action for Delete<'_> {
    const TARGET: HeaderValue = HeaderValue::from_static("AmazonSQS.DeleteMessageBatch");
}

impl<'q> Delete<'q> {
    pub(crate) fn new(queue_url: &'q str, receipts: &[&'q str]) -> Delete<'q> {
        let entry = |(place, receipt_handle): (usize, &&'q str)| DeleteEntry {
            id: place.to_string(),
            receipt_handle,
        };
        Delete {
            queue_url,
            entries: receipts.iter().enumerate().map(entry).collect(),
        }
    }
}

/// `ChangeMessageVisibilityBatch`. The id of each entry is its place in the batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Hide<'q> {
    queue_url: &'q str,
    entries: Vec<HideEntry<'q>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct HideEntry<'q> {
    id: String,
    receipt_handle: &'q str,
    visibility_timeout: u64,
}

impl Action for Hide<'_> {
    const TARGET: HeaderValue = HeaderValue::from_static("AmazonSQS.ChangeMessageVisibilityBatch");
}

impl<'q> Hide<'q> {
    pub(crate) fn new(queue_url: &'q str, messages: &[(&'q str, Duration)]) -> Hide<'q> {
        let entry = |(place, (receipt_handle, span)): (usize, &(&'q str, Duration))| HideEntry {
            id: place.to_string(),
            receipt_handle,
            visibility_timeout: span.as_secs(),
        };
        Hide {
            queue_url,
            entries: messages.iter().enumerate().map(entry).collect(),
        }
    }
}

/// `SendMessageBatch`. The id of each entry is its place in the batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SendBatch<'q> {
    queue_url: &'q str,
    entries: Vec<SendEntry<'q>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendEntry<'q> {
    id: String,
    message_body: &'q str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<&'q str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<&'q str, TextAttribute<'q>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TextAttribute<'q> {
    data_type: &'static str,
    string_value: &'q str,
}

impl Action for SendBatch<'_> {
    const TARGET: HeaderValue = HeaderValue::from_static("AmazonSQS.SendMessageBatch");
}

impl<'q> SendBatch<'q> {
    pub(crate) fn new(queue_url: &'q str, entries: &'q [QueueEntry]) -> SendBatch<'q> {
        let entry = |(place, entry): (usize, &'q QueueEntry)| SendEntry {
            id: place.to_string(),
            message_body: &entry.body,
            message_group_id: entry.group.as_deref(),
            message_deduplication_id: entry.deduplication.as_deref(),
            message_attributes: entry.attributes.iter().map(text_attribute).collect(),
        };
        SendBatch {
            queue_url,
            entries: entries.iter().enumerate().map(entry).collect(),
        }
    }
}

fn text_attribute<'q>((name, value): &'q (&'static str, String)) -> (&'q str, TextAttribute<'q>) {
    let attribute = TextAttribute {
        data_type: "String",
        string_value: value,
    };
    (name, attribute)
}
