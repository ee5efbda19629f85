//! An SQS message, and the record that AWS shows a pipe of it.
//!
//! The order of the fields is that of the records which AWS delivers
//! (`docs/aws/pipes.md#the-record-of-a-message`).

use kit::arn::Arn;
use kit::time::Timestamp;
use serde_json::{Map, Value};

/// The order in which AWS shows the attributes of a message.
const ATTRIBUTES: [&str; 9] = [
    "ApproximateReceiveCount",
    "AWSTraceHeader",
    "SentTimestamp",
    "SequenceNumber",
    "MessageGroupId",
    "SenderId",
    "MessageDeduplicationId",
    "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
];

/// One delivery of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The id that SQS gave it.
    pub message_id: String,
    /// The receipt handle, with which this delivery is settled.
    pub receipt_handle: String,
    /// The body as it was sent.
    pub body: String,
    /// System attributes by name, in any order.
    pub attributes: Vec<(String, String)>,
    /// Message attributes by name, in any order.
    pub message_attributes: Vec<(String, MessageAttribute)>,
    /// Digest of the message attributes, if there are any.
    pub md5_of_message_attributes: Option<String>,
    /// Digest of the body.
    pub md5_of_body: String,
}

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number`, `Binary`, or one of them with a suffix.
    pub data_type: String,
    /// The value of a String or Number.
    pub string_value: Option<String>,
    /// The value of a Binary, as base64 text.
    pub binary_value: Option<String>,
}

impl Message {
    /// A system attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// How often the message was received, this delivery included.
    pub fn receive_count(&self) -> u32 {
        self.attribute("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    }

    /// When the message was sent.
    pub fn sent_at(&self) -> Option<Timestamp> {
        let millis = self.attribute("SentTimestamp")?.parse().ok()?;
        Some(Timestamp::from_millis(millis))
    }

    /// The record of this message, from the queue with this ARN.
    pub(super) fn into_record(self, queue_arn: &str) -> Value {
        let mut record = Map::with_capacity(10);
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("messageId", self.message_id.into());
        put("receiptHandle", self.receipt_handle.into());
        put("body", self.body.into());
        put("attributes", attributes(self.attributes));
        put(
            "messageAttributes",
            message_attributes(self.message_attributes),
        );
        if let Some(digest) = self.md5_of_message_attributes {
            put("md5OfMessageAttributes", digest.into());
        }
        put("md5OfBody", self.md5_of_body.into());
        put("eventSource", "aws:sqs".into());
        put("eventSourceARN", queue_arn.into());
        put(
            "awsRegion",
            Arn::parse(queue_arn).map_or("", |arn| arn.region).into(),
        );
        Value::Object(record)
    }
}

/// Attributes in AWS's order; those that AWS does not show come after them, by name.
fn attributes(mut attributes: Vec<(String, String)>) -> Value {
    let rank = |name: &str| {
        ATTRIBUTES
            .iter()
            .position(|known| *known == name)
            .unwrap_or(ATTRIBUTES.len())
    };
    attributes.sort_unstable_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    attributes
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect()
}

fn message_attributes(mut attributes: Vec<(String, MessageAttribute)>) -> Value {
    attributes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    attributes
        .into_iter()
        .map(|(name, attribute)| (name, message_attribute(attribute)))
        .collect()
}

fn message_attribute(attribute: MessageAttribute) -> Value {
    let mut value = Map::with_capacity(4);
    if let Some(text) = attribute.string_value {
        value.insert("stringValue".into(), text.into());
    }
    if let Some(base64) = attribute.binary_value {
        value.insert("binaryValue".into(), base64.into());
    }
    value.insert("stringListValues".into(), Value::Array(Vec::new()));
    value.insert("binaryListValues".into(), Value::Array(Vec::new()));
    value.insert("dataType".into(), attribute.data_type.into());
    Value::Object(value)
}
