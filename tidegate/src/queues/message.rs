//! A message as it lies in a queue. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// Whether a message can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It can be received.
    Waiting,
    /// A receiver has it.
    InFlight,
    /// It is not to be received yet.
    Delayed,
}

/// A message as it lies in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct QueuedMessage {
    /// The id that SQS gave it.
    pub message_id: String,
    /// Whether it can be received.
    pub state: State,
    /// The body, byte for byte.
    pub body: String,
    /// The system attributes under SQS's names: `ApproximateReceiveCount`, `SentTimestamp`,
    /// `MessageGroupId` …
    pub attributes: BTreeMap<String, String>,
    /// The message attributes as the JSON protocol shows them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub message_attributes: Map<String, Value>,
}

impl QueuedMessage {
    /// The messages of an answer to ReceiveMessage in the JSON protocol.
    pub(crate) fn all_of(answer: &Value) -> Vec<QueuedMessage> {
        let messages = answer.get("Messages").and_then(Value::as_array);
        messages.into_iter().flatten().map(Self::of).collect()
    }

    fn of(message: &Value) -> QueuedMessage {
        let text = |name| {
            let value = message.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let members = |name| message.get(name).and_then(Value::as_object);
        let mut attributes: BTreeMap<String, String> = members("Attributes")
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        let mut is = |name| attributes.remove(name).map(|value| value == "true");
        let (visible, delayed) = (is("IsVisible"), is("IsDelayed"));
        let state = match (visible, delayed) {
            (_, Some(true)) => State::Delayed,
            (Some(false), _) => State::InFlight,
            _ => State::Waiting,
        };
        QueuedMessage {
            message_id: text("MessageId"),
            state,
            body: text("Body"),
            attributes,
            message_attributes: members("MessageAttributes").cloned().unwrap_or_default(),
        }
    }

    /// A system attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.attributes.get(name)?.parse().ok()
    }

    /// The FIFO group.
    pub(crate) fn group(&self) -> Option<&str> {
        self.attributes.get("MessageGroupId").map(String::as_str)
    }
}

/// The same of a message that was received.
impl From<&aws_sdk_sqs::types::Message> for QueuedMessage {
    fn from(message: &aws_sdk_sqs::types::Message) -> QueuedMessage {
        let attributes = message.attributes().into_iter().flatten();
        let named = message.message_attributes().into_iter().flatten();
        QueuedMessage {
            message_id: message.message_id().unwrap_or_default().to_owned(),
            state: State::Waiting,
            body: message.body().unwrap_or_default().to_owned(),
            attributes: attributes
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .collect(),
            message_attributes: named
                .map(|(name, value)| (name.clone(), shown(value)))
                .collect(),
        }
    }
}

fn shown(value: &aws_sdk_sqs::types::MessageAttributeValue) -> Value {
    use base64::Engine as _;
    let mut members = Map::new();
    members.insert("DataType".to_owned(), value.data_type().into());
    if let Some(text) = value.string_value() {
        members.insert("StringValue".to_owned(), text.into());
    }
    if let Some(bytes) = value.binary_value() {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        members.insert("BinaryValue".to_owned(), text.into());
    }
    members.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_says_whether_it_can_be_received() {
        let of = |attributes: Value| {
            let answer = json!({"Messages": [
                {"MessageId": "m", "Body": "b", "Attributes": attributes}
            ]});
            QueuedMessage::all_of(&answer).remove(0)
        };
        let states = [
            json!({"IsVisible": "true", "IsDelayed": "false"}),
            json!({"IsVisible": "false", "IsDelayed": "false"}),
            json!({"IsVisible": "true", "IsDelayed": "true"}),
            json!({}),
        ];
        assert_eq!(
            states.map(|attributes| of(attributes).state),
            [
                State::Waiting,
                State::InFlight,
                State::Delayed,
                State::Waiting
            ]
        );
        let message = of(json!({"IsVisible": "true", "ApproximateReceiveCount": "3"}));
        assert_eq!(message.number("ApproximateReceiveCount"), Some(3));
        assert_eq!(
            message.attributes.len(),
            1,
            "what says the state is no attribute"
        );
        assert_eq!(QueuedMessage::all_of(&json!({})), []);
    }
}
