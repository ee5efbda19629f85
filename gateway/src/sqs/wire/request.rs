//! Messages as a request to SQS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kit::call::Call;
use serde::{Serialize, Serializer};
use url::Url;

use crate::integration_request::{Attribute, AttributeValue, SendMessage};

/// The call that sends these messages, which all go to one queue: a SendMessage for one, a
/// SendMessageBatch for more. The id of an entry is its place in the batch.
pub(in crate::sqs) fn call<'m>(
    endpoint: &Url,
    messages: impl ExactSizeIterator<Item = &'m SendMessage>,
) -> Call {
    let (target, body) = match messages.len() {
        1 => ("AmazonSQS.SendMessage", alone(messages)),
        _ => ("AmazonSQS.SendMessageBatch", together(messages)),
    };
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    for (name, value) in [("x-amz-target", target), ("x-amzn-query-mode", "true")] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    Call {
        method: Method::POST,
        url: endpoint.clone(),
        headers,
        body: Bytes::from(body),
    }
}

fn alone<'m>(mut messages: impl Iterator<Item = &'m SendMessage>) -> Vec<u8> {
    let request = messages.next().map(|message| Message {
        queue_url: Some(&message.queue_url),
        ..Message::of(message)
    });
    written(&request)
}

fn together<'m>(messages: impl Iterator<Item = &'m SendMessage>) -> Vec<u8> {
    let mut queue_url = "";
    let entry = |(place, message): (usize, &'m SendMessage)| {
        queue_url = &message.queue_url;
        Message {
            id: Some(place),
            ..Message::of(message)
        }
    };
    let entries = messages.enumerate().map(entry).collect();
    written(&BatchRequest { queue_url, entries })
}

fn written(request: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(request).expect("texts and numbers can be written")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchRequest<'m> {
    queue_url: &'m str,
    entries: Vec<Message<'m>>,
}

/// A message as a request of its own, or as an entry of a batch.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message<'m> {
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_url: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "place")]
    id: Option<usize>,
    message_body: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<&'m str>,
    #[serde(
        skip_serializing_if = "<[Attribute]>::is_empty",
        serialize_with = "attributes"
    )]
    message_attributes: &'m [Attribute],
    #[serde(skip_serializing_if = "Option::is_none")]
    message_system_attributes: Option<SystemAttributes<'m>>,
}

impl Message<'_> {
    fn of(message: &SendMessage) -> Message<'_> {
        let trace = message.trace_header.as_deref();
        Message {
            queue_url: None,
            id: None,
            message_body: &message.body,
            delay_seconds: message.delay_seconds,
            message_group_id: message.group_id.as_deref(),
            message_deduplication_id: message.deduplication_id.as_deref(),
            message_attributes: &message.attributes,
            message_system_attributes: trace.map(|trace| SystemAttributes {
                trace_header: TypedValue::text("String", trace),
            }),
        }
    }
}

#[derive(Serialize)]
struct SystemAttributes<'m> {
    #[serde(rename = "AWSTraceHeader")]
    trace_header: TypedValue<'m>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TypedValue<'m> {
    data_type: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

impl<'m> TypedValue<'m> {
    fn text(data_type: &'m str, text: &'m str) -> TypedValue<'m> {
        TypedValue {
            data_type,
            string_value: Some(text),
            binary_value: None,
        }
    }
}

/// The id of an entry is a text.
fn place<S: Serializer>(place: &Option<usize>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&place.unwrap_or_default())
}

/// Attributes by name; of two with one name the last counts.
fn attributes<S: Serializer>(attributes: &&[Attribute], serializer: S) -> Result<S::Ok, S::Error> {
    let is_last = |(place, attribute): &(usize, &Attribute)| {
        !attributes[place + 1..]
            .iter()
            .any(|later| later.name == attribute.name)
    };
    let last = attributes.iter().enumerate().filter(is_last);
    serializer.collect_map(last.map(|(_, attribute)| (&attribute.name, value(attribute))))
}

fn value(attribute: &Attribute) -> TypedValue<'_> {
    match &attribute.value {
        AttributeValue::Text(text) => TypedValue::text(&attribute.data_type, text),
        AttributeValue::Binary(bytes) => TypedValue {
            data_type: &attribute.data_type,
            string_value: None,
            binary_value: Some(STANDARD.encode(bytes)),
        },
    }
}
