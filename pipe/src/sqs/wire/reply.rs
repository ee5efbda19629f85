//! Replies of SQS to requests about messages.

use std::fmt;
use std::marker::PhantomData;

use kit::call::Reply;
use kit::service::{error_code, is_transient_code};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::event::{Message, MessageAttribute};
use crate::sqs::error::QueueError;

/// The messages that a receive brought.
///
/// # Errors
/// SQS refused the request, or its reply cannot be read.
pub(crate) fn messages(reply: &Reply) -> Result<Vec<Message>, QueueError> {
    let answer: Received = read(reply)?;
    Ok(answer
        .messages
        .unwrap_or_default()
        .into_iter()
        .map(Message::from)
        .collect())
}

/// What became of each of `count` messages that were sent: the id that SQS gave it, or the entry
/// that SQS rejected; `None` when the reply does not mention it.
///
/// # Errors
/// SQS refused the request as a whole, or its reply cannot be read.
pub(crate) fn sent(
    reply: &Reply,
    count: usize,
) -> Result<Vec<Option<Result<String, FailedEntry>>>, QueueError> {
    let BatchReply { successful, failed } = read(reply)?;
    let mut results: Vec<_> = (0..count).map(|_| None).collect();
    let mut put = |id: &str, result| {
        let place: Option<usize> = id.parse().ok();
        if let Some(slot) = place.and_then(|place| results.get_mut(place)) {
            *slot = Some(result);
        }
    };
    for entry in successful.unwrap_or_default() {
        put(&entry.id, Ok(entry.message_id.unwrap_or_default()));
    }
    for entry in failed.unwrap_or_default() {
        put(&entry.id.clone(), Err(entry));
    }
    Ok(results)
}

/// The entries that SQS rejected.
///
/// # Errors
/// SQS refused the request as a whole, or its reply cannot be read.
pub(crate) fn failed(reply: &Reply) -> Result<Vec<FailedEntry>, QueueError> {
    Ok(read::<BatchReply>(reply)?.failed.unwrap_or_default())
}

/// Whether the same request may succeed when it is sent again.
pub(crate) fn is_transient(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        408 | 429 | 500..=599 => true,
        400..=499 => error_code(reply).is_some_and(|code| is_transient_code(&code)),
        _ => false,
    }
}

/// Parts of the codes of refusals that are about a message: when SQS refuses a whole request with
/// one of them, one of its messages is to blame.
const ABOUT_CONTENT: [&str; 6] = [
    "BatchRequestTooLong",
    "InvalidAttributeValue",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "MissingParameter",
    "MissingRequiredParameter",
];

/// Whether SQS refused a whole request for the content of one of its messages.
pub(crate) fn is_about_content(reply: &Reply) -> bool {
    let is_known = |code: String| ABOUT_CONTENT.iter().any(|part| code.contains(part));
    !reply.status.is_success() && error_code(reply).is_some_and(is_known)
}

/// Reads a reply of success. An empty body is read as `{}`, as by the SDK.
///
/// # Errors
/// SQS refused the request, or its reply cannot be read.
fn read<'r, T: Deserialize<'r>>(reply: &'r Reply) -> Result<T, QueueError> {
    if !reply.status.is_success() {
        let said: Refused = serde_json::from_slice(&reply.body).unwrap_or_default();
        return Err(QueueError(match error_code(reply) {
            Some(code) => format!(
                "{code}: {}",
                said.message.or(said.other).unwrap_or_default()
            ),
            None => format!("SQS answered {}", reply.status),
        }));
    }
    if !reply.complete {
        return Err(QueueError(
            "the answer of SQS is longer than ten messages can be".to_owned(),
        ));
    }
    let body = if reply.body.trim_ascii().is_empty() {
        b"{}"
    } else {
        reply.body.as_ref()
    };
    serde_json::from_slice(body)
        .map_err(|error| QueueError(format!("cannot read the answer of SQS: {error}")))
}

/// The body of an error. Some implementations write `Message`.
#[derive(Debug, Default, Deserialize)]
struct Refused {
    message: Option<String>,
    #[serde(rename = "Message")]
    other: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchReply {
    successful: Option<Vec<SentEntry>>,
    failed: Option<Vec<FailedEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SentEntry {
    id: String,
    message_id: Option<String>,
}

/// An entry of a batch that SQS rejected.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FailedEntry {
    /// The id of the entry.
    pub(crate) id: String,
    /// The error code.
    pub(crate) code: Option<String>,
    /// The error in words.
    pub(crate) message: Option<String>,
    /// Whether the request is to blame, and not SQS.
    #[serde(default)]
    pub(crate) sender_fault: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    messages: Option<Vec<ReceivedMessage>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceivedMessage {
    // A member that one message lacks must not cost the other nine, which are hidden by now.
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

/// An object as its members, in their order, without those that are null: lookups are too rare for
/// a map.
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
