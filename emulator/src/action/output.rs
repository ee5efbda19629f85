//! The results of actions, as both protocols render them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::batch::{BatchResult, DoneEntry};
use super::message_attributes::WireAttributes;

/// The result of an action; serializes to the members that the service model names. Empty lists are
/// left out, as the service does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the members are AWS's own")]
pub enum Output {
    Empty {},
    #[serde(rename_all = "PascalCase")]
    QueueUrl {
        queue_url: String,
    },
    #[serde(rename_all = "PascalCase")]
    Queues {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queue_urls: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    DeadLetterSources {
        #[serde(rename = "queueUrls")]
        queue_urls: Vec<String>,
        #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    #[serde(rename_all = "PascalCase")]
    Attributes {
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<String, String>,
    },
    Sent(SentMessage),
    SentBatch(BatchResult<SentEntry>),
    Settled(BatchResult<DoneEntry>),
    #[serde(rename_all = "PascalCase")]
    Messages {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        messages: Vec<ReceivedMessage>,
    },
    #[serde(rename_all = "PascalCase")]
    Tags {
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    #[serde(rename_all = "PascalCase")]
    TaskStarted {
        task_handle: String,
    },
    #[serde(rename_all = "PascalCase")]
    Tasks {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        results: Vec<TaskEntry>,
    },
    #[serde(rename_all = "PascalCase")]
    TaskCancelled {
        approximate_number_of_messages_moved: usize,
    },
}

/// The result of SendMessage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentMessage {
    /// MD5 of the body, in hex.
    #[serde(rename = "MD5OfMessageBody")]
    pub md5_of_body: String,
    /// MD5 of the message attributes, if there were any.
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub md5_of_attributes: Option<String>,
    /// MD5 of the system attributes, if there were any.
    #[serde(
        rename = "MD5OfMessageSystemAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub md5_of_system_attributes: Option<String>,
    /// The new message's id.
    #[serde(rename = "MessageId")]
    pub id: String,
    /// The position of the message in the order of its group.
    #[serde(rename = "SequenceNumber", skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
}

/// The result of one entry of SendMessageBatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SentEntry {
    /// The entry's id.
    pub id: String,
    /// What SendMessage would have returned.
    #[serde(flatten)]
    pub sent: SentMessage,
}

/// A message as a receiver sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's own")]
pub struct ReceivedMessage {
    pub message_id: String,
    pub receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    pub md5_of_body: String,
    pub body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<&'static str, String>,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub md5_of_message_attributes: Option<String>,
    #[serde(skip_serializing_if = "WireAttributes::is_empty")]
    pub message_attributes: WireAttributes,
}

/// A move task as ListMessageMoveTasks lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the members are AWS's own")]
pub struct TaskEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_handle: Option<String>,
    pub status: &'static str,
    pub source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_number_of_messages_per_second: Option<u32>,
    pub approximate_number_of_messages_moved: usize,
    pub approximate_number_of_messages_to_move: usize,
    pub started_timestamp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<&'static str>,
}
