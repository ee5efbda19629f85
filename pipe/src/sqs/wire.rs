//! What is said to SQS about messages, and what it answers, in its JSON protocol. Pure.
//!
//! These are the requests that every message takes part in. Through the SDK each of them costs
//! three times the CPU time, most of all for reading ten messages; whatever is asked now and then
//! is left to it.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::{Call, Reply};
use kit::service::{error_code, is_transient_code};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::error::QueueError;
use crate::event::{Message, MessageAttribute};
use crate::flow::Poll;

/// A request: what is done, and its parameters.
pub(super) trait Action: Serialize {
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

/// `ReceiveMessage`, with everything that a message has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive<'q> {
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
    pub(super) fn new(queue_url: &str, poll: Poll, attempt: Option<String>) -> Receive<'_> {
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

/// `DeleteMessageBatch`. The id of each entry is its place.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete<'q> {
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
    pub(super) fn new(queue_url: &'q str, receipts: &[&'q str]) -> Delete<'q> {
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

/// `ChangeMessageVisibilityBatch`. The id of each entry is its place.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Hide<'q> {
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
    pub(super) fn new(queue_url: &'q str, messages: &[(&'q str, Duration)]) -> Hide<'q> {
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

/// The messages that a receive brought.
///
/// # Errors
/// SQS refused, or what it says cannot be read.
pub(super) fn messages(reply: &Reply) -> Result<Vec<Message>, QueueError> {
    let answer: Received = read(reply)?;
    Ok(answer
        .messages
        .unwrap_or_default()
        .into_iter()
        .map(Message::from)
        .collect())
}

/// The entries that SQS did not do what was asked for.
///
/// # Errors
/// SQS refused the request as a whole, or what it says cannot be read.
pub(super) fn failed(reply: &Reply) -> Result<Vec<Failed>, QueueError> {
    Ok(read::<BatchAnswer>(reply)?.failed.unwrap_or_default())
}

/// Whether SQS may say something else when it is asked again.
pub(super) fn is_transient(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        408 | 429 | 500..=599 => true,
        400..=499 => error_code(reply).is_some_and(|code| is_transient_code(&code)),
        _ => false,
    }
}

/// An answer of success, or why there is none. An empty one says nothing, as to the SDK.
fn read<'r, T: Deserialize<'r>>(reply: &'r Reply) -> Result<T, QueueError> {
    if !reply.status.is_success() {
        let said: Refused = serde_json::from_slice(&reply.body).unwrap_or_default();
        return Err(QueueError(match error_code(reply) {
            Some(code) => format!(
                "{code}: {}",
                said.message.or(said.other).unwrap_or_default()
            ),
            None => format!("the answer is {}", reply.status),
        }));
    }
    if !reply.complete {
        return Err(QueueError(
            "the answer is longer than ten messages can be".to_owned(),
        ));
    }
    let body = if reply.body.trim_ascii().is_empty() {
        b"{}"
    } else {
        reply.body.as_ref()
    };
    serde_json::from_slice(body)
        .map_err(|error| QueueError(format!("the answer is not what SQS says: {error}")))
}

/// The words of an answer of failure. Some implementations write `Message`.
#[derive(Debug, Default, Deserialize)]
struct Refused {
    message: Option<String>,
    #[serde(rename = "Message")]
    other: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchAnswer {
    failed: Option<Vec<Failed>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Failed {
    /// The entry's.
    pub(super) id: String,
    /// Why.
    pub(super) code: Option<String>,
    /// The same in words.
    pub(super) message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    messages: Option<Vec<ReceivedMessage>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceivedMessage {
    // Nothing that one message lacks may cost the other nine, which are hidden by now.
    message_id: Option<String>,
    receipt_handle: Option<String>,
    body: Option<String>,
    attributes: Option<Pairs<String>>,
    message_attributes: Option<Pairs<ReceivedAttribute>>,
    #[serde(rename = "MD5OfMessageAttributes")]
    md5_of_message_attributes: Option<String>,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceivedAttribute {
    data_type: Option<String>,
    string_value: Option<String>,
    binary_value: Option<String>,
}

impl From<ReceivedMessage> for Message {
    fn from(received: ReceivedMessage) -> Message {
        let attribute = |(name, value): (String, ReceivedAttribute)| {
            let ReceivedAttribute {
                data_type,
                string_value,
                binary_value,
            } = value;
            (
                name,
                MessageAttribute {
                    data_type: data_type.unwrap_or_default(),
                    string_value,
                    binary_value,
                },
            )
        };
        let message_attributes = received
            .message_attributes
            .map(|pairs| pairs.0)
            .unwrap_or_default();
        Message {
            message_id: received.message_id.unwrap_or_default(),
            receipt_handle: received.receipt_handle.unwrap_or_default(),
            body: received.body.unwrap_or_default(),
            attributes: received.attributes.map(|pairs| pairs.0).unwrap_or_default(),
            message_attributes: message_attributes.into_iter().map(attribute).collect(),
            md5_of_message_attributes: received.md5_of_message_attributes,
            md5_of_body: received.md5_of_body.unwrap_or_default(),
        }
    }
}

/// An object as its members, in their order, without those that are null: nobody looks them up
/// often enough for a map.
#[derive(Debug)]
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<V>, D::Error> {
        struct Members<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
            type Value = Vec<(String, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = object.next_entry::<String, Option<V>>()? {
                    members.extend(value.map(|value| (name, value)));
                }
                Ok(members)
            }
        }

        deserializer
            .deserialize_map(Members(PhantomData))
            .map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use serde_json::{Value, json};

    fn reply(status: u16, body: &str) -> Reply {
        let status = StatusCode::from_u16(status).unwrap();
        Reply {
            status,
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            complete: true,
        }
    }

    fn sent(action: &impl Action) -> (String, Value) {
        let call = action.call(&"http://sqs.example/".parse().unwrap());
        assert_eq!(
            (call.url.as_str(), &call.method),
            ("http://sqs.example/", &Method::POST)
        );
        assert_eq!(
            call.headers[header::CONTENT_TYPE],
            "application/x-amz-json-1.0"
        );
        let target = call.headers["x-amz-target"].to_str().unwrap().to_owned();
        (target, serde_json::from_slice(&call.body).unwrap())
    }

    /// Shapes as in the SQS API reference, JSON protocol.
    #[test]
    fn requests_have_the_documented_shapes() {
        let poll = Poll {
            count: 12,
            wait: Duration::from_secs(60),
        };
        let receive = json!({
            "QueueUrl": "u", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        assert_eq!(
            sent(&Receive::new("u", poll, None)),
            ("AmazonSQS.ReceiveMessage".into(), receive.clone())
        );
        let (_, fifo) = sent(&Receive::new("u", poll, Some("a".into())));
        assert_eq!(fifo["ReceiveRequestAttemptId"], "a");
        let delete = json!({
            "QueueUrl": "u",
            "Entries": [{"Id": "0", "ReceiptHandle": "r"}, {"Id": "1", "ReceiptHandle": "s"}],
        });
        assert_eq!(
            sent(&Delete::new("u", &["r", "s"])),
            ("AmazonSQS.DeleteMessageBatch".into(), delete)
        );
        let hide = json!({"QueueUrl": "u", "Entries": [{"Id": "0", "ReceiptHandle": "r", "VisibilityTimeout": 30}]});
        let hidden = sent(&Hide::new("u", &[("r", Duration::from_secs(30))]));
        assert_eq!(
            hidden,
            ("AmazonSQS.ChangeMessageVisibilityBatch".into(), hide)
        );
    }

    #[test]
    fn a_message_is_read_with_all_that_it_has_and_with_little() {
        let answer = json!({"Messages": [
            {
                "MessageId": "m", "ReceiptHandle": "r", "Body": "{\"a\": \"ä\\n\"}", "MD5OfBody": "d",
                "Attributes": {"SentTimestamp": "1", "ApproximateReceiveCount": "2"},
                "MessageAttributes": {
                    "t": {"DataType": "String", "StringValue": "x"},
                    "b": {"DataType": "Binary.png", "BinaryValue": "AQI=", "BinaryListValues": []},
                },
                "MD5OfMessageAttributes": "e", "Unknown": [1],
            },
            {"MessageId": "n", "ReceiptHandle": "s", "Body": null, "Attributes": null, "MessageAttributes": {"x": null}},
        ]});
        let [m, n] =
            <[Message; 2]>::try_from(messages(&reply(200, &answer.to_string())).unwrap()).unwrap();
        assert_eq!(
            (
                m.message_id.as_str(),
                m.receipt_handle.as_str(),
                m.body.as_str()
            ),
            ("m", "r", "{\"a\": \"ä\\n\"}")
        );
        assert_eq!(
            (m.attribute("SentTimestamp"), m.receive_count()),
            (Some("1"), 2)
        );
        let [(b, picture), (t, text)] = m.message_attributes.as_slice() else {
            panic!("{m:?}")
        };
        let (b, t) = if b == "t" {
            ((t, text), (b, picture))
        } else {
            ((b, picture), (t, text))
        };
        assert_eq!((b.0.as_str(), b.1.data_type.as_str()), ("b", "Binary.png"));
        assert_eq!(b.1.binary_value.as_deref(), Some("AQI="));
        assert_eq!(
            (t.1.string_value.as_deref(), t.1.binary_value.as_deref()),
            (Some("x"), None)
        );
        assert_eq!(
            (
                m.md5_of_body.as_str(),
                m.md5_of_message_attributes.as_deref()
            ),
            ("d", Some("e"))
        );
        assert_eq!(
            (
                n.attributes.len(),
                n.md5_of_body.as_str(),
                n.receive_count()
            ),
            (0, "", 1)
        );
        assert_eq!(n.message_attributes, []);
        for empty in ["", "{}", r#"{"Messages":null}"#, r#"{"Messages":[]}"#] {
            assert_eq!(messages(&reply(200, empty)).unwrap(), []);
        }
    }

    #[test]
    fn refusals_say_what_sqs_said() {
        let error = |status, body: &str| messages(&reply(status, body)).unwrap_err().to_string();
        let body = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
        assert_eq!(
            error(400, body),
            "QueueDoesNotExist: The specified queue does not exist."
        );
        assert_eq!(
            error(403, r#"{"__type":"AccessDenied","Message":"no"}"#),
            "AccessDenied: no"
        );
        assert_eq!(
            error(
                403,
                r#"{"__type":"AccessDenied","Message":"no","message":"NO"}"#
            ),
            "AccessDenied: NO"
        );
        assert_eq!(
            error(502, "<html>hunter2</html>"),
            "the answer is 502 Bad Gateway"
        );
        assert!(
            error(200, "<html>").starts_with("the answer is not what SQS says: expected value")
        );
        let cut = Reply {
            complete: false,
            ..reply(200, r#"{"Messages":[{"#)
        };
        assert_eq!(
            messages(&cut).unwrap_err().to_string(),
            "the answer is longer than ten messages can be"
        );
        let mut in_header = reply(403, "");
        in_header.headers.insert(
            "x-amzn-errortype",
            HeaderValue::from_static("AccessDenied:http://internal/"),
        );
        assert_eq!(
            messages(&in_header).unwrap_err().to_string(),
            "AccessDenied: "
        );
    }

    #[test]
    fn what_may_be_otherwise_the_next_time_is_told_by_status_and_code() {
        let said = |code: &str| {
            reply(
                400,
                &format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"Throttling"}}"#),
            )
        };
        for transient in [
            reply(503, ""),
            reply(429, ""),
            said("RequestThrottled"),
            said("SlowDown"),
        ] {
            assert!(is_transient(&transient), "{:?}", transient.body);
        }
        for settled in [
            reply(200, "{}"),
            reply(302, ""),
            said("AccessDenied"),
            said("RequestTimeTooSkewed"),
        ] {
            assert!(!is_transient(&settled), "{:?}", settled.body);
        }
    }

    #[test]
    fn entries_that_failed_are_told_by_their_place() {
        let body = r#"{"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","SenderFault":true,"Code":"ReceiptHandleIsInvalid"}]}"#;
        let told = failed(&reply(200, body)).unwrap();
        assert_eq!(
            (told.len(), told[0].id.as_str(), told[0].code.as_deref()),
            (1, "1", Some("ReceiptHandleIsInvalid"))
        );
        assert_eq!(
            failed(&reply(200, r#"{"Successful":[{"Id":"0"}]}"#))
                .unwrap()
                .len(),
            0
        );
        assert!(failed(&reply(500, "{}")).is_err());
    }
}
