//! An event on its way through a pipe: an SQS message as pipes show it, or what an enrichment made
//! of it.
//!
//! The order of the fields is that of the records which AWS delivers
//! (`docs/aws/pipes.md#the-record-of-a-message`). The body stays the string that was sent; what it
//! holds as JSON is parsed when somebody first asks, and at most once. How messages are received
//! and settled is not known here.
//!
//! The room holds JSON paths and the filters of a pipe too. It imports `pattern` alone.

pub mod filter;
pub mod path;

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::event::path::Path;

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

/// A received message, one delivery of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The id that SQS gave it.
    pub message_id: String,
    /// The right to settle this delivery.
    pub receipt_handle: String,
    /// The body as it was sent.
    pub body: String,
    /// System attributes by name, in any order.
    pub attributes: Vec<(String, String)>,
    /// Message attributes by name, in any order.
    pub message_attributes: Vec<(String, MessageAttribute)>,
    /// Digest of the message attributes, when there are any.
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
}

/// What passes through the stages of a pipe.
#[derive(Debug, Clone)]
pub struct Event {
    value: Value,
    /// An answer that is not JSON: the value is its text.
    is_text: bool,
    body: OnceLock<Option<Value>>,
}

impl Event {
    /// The record of a message from the queue with this ARN.
    pub fn from_message(message: Message, queue_arn: &str) -> Event {
        let mut record = Map::with_capacity(10);
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("messageId", message.message_id.into());
        put("receiptHandle", message.receipt_handle.into());
        put("body", message.body.into());
        put("attributes", attributes(message.attributes));
        put(
            "messageAttributes",
            message_attributes(message.message_attributes),
        );
        if let Some(digest) = message.md5_of_message_attributes {
            put("md5OfMessageAttributes", digest.into());
        }
        put("md5OfBody", message.md5_of_body.into());
        put("eventSource", "aws:sqs".into());
        put("eventSourceARN", queue_arn.into());
        put(
            "awsRegion",
            queue_arn.split(':').nth(3).unwrap_or_default().into(),
        );
        Event::from_record(Value::Object(record))
    }

    /// A record as it is: when it has a `body` that is text, the body is parsed for whoever looks
    /// into it.
    pub fn from_record(record: Value) -> Event {
        Event {
            value: record,
            is_text: false,
            body: OnceLock::new(),
        }
    }

    /// What an enrichment answered with: an event for each element of a list, one for anything
    /// else, none for `""`, `{}` and `[]` (`docs/aws/pipes.md#enrichment`). An answer without any
    /// content counts as `""`.
    pub fn from_answer(answer: &[u8]) -> Vec<Event> {
        let is_empty = |value: &Value| match value {
            Value::String(text) => text.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        match serde_json::from_slice(answer) {
            Ok(Value::Array(list)) => list.into_iter().map(Event::from_record).collect(),
            Ok(value) if is_empty(&value) => Vec::new(),
            Ok(value) => vec![Event::from_record(value)],
            Err(_) if answer.trim_ascii().is_empty() => Vec::new(),
            Err(_) => {
                let text = String::from_utf8_lossy(answer).into_owned();
                vec![Event {
                    value: text.into(),
                    is_text: true,
                    body: OnceLock::new(),
                }]
            }
        }
    }

    /// The event as it goes out when no template shapes it.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) if self.is_text => text.clone(),
            value => value.to_string(),
        }
    }

    /// The event, its body as text.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The body, when it is text.
    pub fn body(&self) -> Option<&str> {
        self.value.get("body")?.as_str()
    }

    /// What the body holds, when it is text that is JSON.
    pub fn parsed_body(&self) -> Option<&Value> {
        let parse = || serde_json::from_str(self.body()?).ok();
        self.body.get_or_init(parse).as_ref()
    }

    /// The body as it was sent, when it is text that is JSON.
    pub fn json_body(&self) -> Option<&str> {
        self.parsed_body()?;
        self.body()
    }

    /// The event with the body replaced by what it holds; `None` when the body, or the event
    /// itself, is text that is not JSON.
    pub fn decoded(&self) -> Option<Value> {
        if self.is_text {
            return None;
        }
        match self.value.get("body") {
            Some(Value::String(_)) => Some(self.with_body(self.parsed_body()?.clone())),
            _ => Some(self.value.clone()),
        }
    }

    /// The event with another body.
    pub fn with_body(&self, body: Value) -> Value {
        let mut value = self.value.clone();
        if let Some(slot) = value.get_mut("body") {
            *slot = body;
        }
        value
    }

    /// What stands at a path; a path into the body looks into what the body holds as JSON.
    pub fn find(&self, path: &Path) -> Option<Cow<'_, Value>> {
        match path.root_field() {
            Some("body") => match self.parsed_body() {
                Some(body) => path.find_below_root(body),
                None => path.find(&self.value),
            },
            _ => path.find(&self.value),
        }
    }
}

/// In AWS's order; what it does not show comes behind, by name.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let tenant = MessageAttribute {
            data_type: "String".into(),
            string_value: Some("a".into()),
            binary_value: None,
        };
        Message {
            message_id: "7d0c".into(),
            receipt_handle: "AQEB".into(),
            body: "{\"id\": 7, \"big\": 12345678901234567890.10}".into(),
            attributes: vec![
                attribute("SenderId", "AROA:s"),
                attribute("SentTimestamp", "1767000000000"),
                attribute("ApproximateFirstReceiveTimestamp", "1767000000010"),
                attribute("ApproximateReceiveCount", "3"),
            ],
            message_attributes: vec![("tenant".into(), tenant)],
            md5_of_message_attributes: Some("d1".into()),
            md5_of_body: "d2".into(),
        }
    }

    #[test]
    fn a_record_has_the_fields_and_the_order_of_aws() {
        let event = Event::from_message(message(), "arn:aws:sqs:eu-west-1:123456789012:orders");
        let expected = concat!(
            r#"{"messageId":"7d0c","receiptHandle":"AQEB","body":"{\"id\": 7, \"big\": 12345678901234567890.10}","#,
            r#""attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1767000000000","SenderId":"AROA:s","#,
            r#""ApproximateFirstReceiveTimestamp":"1767000000010"},"messageAttributes":{"tenant":{"stringValue":"a","#,
            r#""stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfMessageAttributes":"d1","#,
            r#""md5OfBody":"d2","eventSource":"aws:sqs","#,
            r#""eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:orders","awsRegion":"eu-west-1"}"#,
        );
        assert_eq!(event.value().to_string(), expected);
        assert_eq!(message().receive_count(), 3);
    }

    #[test]
    fn paths_look_into_a_body_that_is_json_and_numbers_keep_their_text() {
        let event = Event::from_message(message(), "arn:aws:sqs:eu-west-1:123456789012:orders");
        let find = |path| {
            event
                .find(&Path::parse(path).unwrap())
                .map(|value| value.to_string())
        };
        assert_eq!(find("$.body.big").unwrap(), "12345678901234567890.10");
        assert_eq!(
            find("$.body").unwrap(),
            r#"{"id":7,"big":12345678901234567890.10}"#
        );
        assert_eq!(find("$.attributes.SenderId").unwrap(), "\"AROA:s\"");
        assert_eq!(find("$.body.none"), None);
        assert!(
            find("$").unwrap().contains(r#""body":"{\"id\": 7"#),
            "the whole event keeps the body as text"
        );
    }

    #[test]
    fn a_body_of_text_stays_text() {
        let text = Event::from_message(
            Message {
                body: "plain".into(),
                ..message()
            },
            "arn",
        );
        assert_eq!(
            text.find(&Path::parse("$.body").unwrap()).unwrap().as_str(),
            Some("plain")
        );
        assert_eq!(text.find(&Path::parse("$.body.x").unwrap()), None);
        assert_eq!(text.decoded(), None);
    }

    #[test]
    fn an_answer_is_a_list_of_events_one_event_or_none() {
        let texts = |answer: &str| {
            Event::from_answer(answer.as_bytes())
                .iter()
                .map(Event::text)
                .collect::<Vec<_>>()
                .join(" | ")
        };
        for empty in ["", " \n", "\"\"", "{}", "[]"] {
            assert_eq!(texts(empty), "", "{empty:?}");
        }
        assert_eq!(texts("[{}]"), "{}");
        assert_eq!(texts(r#"[{"a":1.0}, 2]"#), r#"{"a":1.0} | 2"#);
        assert_eq!(
            (texts("null"), texts(r#""a""#), texts("plain")),
            ("null".into(), r#""a""#.into(), "plain".into())
        );
        assert_eq!(Event::from_answer(b"plain")[0].decoded(), None);
        assert_eq!(Event::from_answer(b"[{}]").len(), 1);
    }
}
