//! An event on its way through a pipe: the record of an SQS message, or what an enrichment made of
//! it.
//!
//! The body stays the string that was sent. Its content as JSON is parsed when it is first needed,
//! and at most once.

use std::borrow::Cow;
use std::sync::OnceLock;

use kit::time::Timestamp;
use serde_json::Value;

use super::message::Message;
use super::path::Path;

/// What passes through the stages of a pipe.
#[derive(Debug, Clone)]
pub struct Event {
    value: Value,
    /// Whether the event is an answer that is not JSON: then the value is its text.
    is_text: bool,
    /// On the heap, because most events are moved about without it.
    body: OnceLock<Option<Box<Value>>>,
    /// When its bus took it, if it comes from one.
    taken_at: Option<Timestamp>,
}

impl Event {
    /// The record of a message from the queue with this ARN.
    pub fn from_message(message: Message, queue_arn: &str) -> Event {
        Event::from_record(message.into_record(queue_arn))
    }

    /// A record as it is. If it has a `body` that is text, paths look into its content as JSON.
    pub fn from_record(record: Value) -> Event {
        Event {
            value: record,
            is_text: false,
            body: OnceLock::new(),
            taken_at: None,
        }
    }

    /// An event of an event bus, as it is stored for a rule; the bus took it then.
    pub fn from_bus(body: &str, taken_at: Option<Timestamp>) -> Event {
        let event = match serde_json::from_str(body) {
            Ok(value) => Event::from_record(value),
            // Nobody but EventBridge writes into the queue of a rule.
            Err(_) => Event {
                is_text: true,
                ..Event::from_record(body.into())
            },
        };
        Event { taken_at, ..event }
    }

    /// When its bus took it, if it comes from one.
    pub(crate) fn taken_at(&self) -> Option<Timestamp> {
        self.taken_at
    }

    /// The events of an enrichment's answer: one for each element of a list, one for anything else,
    /// none for `""`, `{}` and `[]` (`docs/aws/pipes.md#enrichment`). An empty answer counts as
    /// `""`.
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
                    is_text: true,
                    ..Event::from_record(text.into())
                }]
            }
        }
    }

    /// The event as text: what is sent when there is no template.
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

    /// The body, if it is text.
    pub fn body(&self) -> Option<&str> {
        self.value.get("body")?.as_str()
    }

    /// The content of the body, if it is text that is JSON.
    pub fn parsed_body(&self) -> Option<&Value> {
        let parse = || serde_json::from_str(self.body()?).ok().map(Box::new);
        self.body.get_or_init(parse).as_deref()
    }

    /// The body as it was sent, if it is text that is JSON.
    pub fn json_body(&self) -> Option<&str> {
        self.parsed_body()?;
        self.body()
    }

    /// The event with its body parsed; `None` when the body, or the event itself, is text that is
    /// not JSON.
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

    /// The value at a path. A path into the body looks into its content as JSON.
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
