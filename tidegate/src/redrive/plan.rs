//! What becomes of a dead letter: it stays, or it is sent again, changed or not. Pure.

use std::collections::HashMap;

use aws_sdk_sqs::types::{
    Message, MessageAttributeValue, MessageSystemAttributeName as Known,
    MessageSystemAttributeNameForSends as Sent, MessageSystemAttributeValue,
};
use pipe::event::filter::Filter;
use pipe::event::{Event, Message as PipeMessage, MessageAttribute};
use pipe::transform::{ReservedVariables, Transform};

use crate::queues::QueuedMessage;

/// Which dead letters are sent again, where to, and with which body.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Those that pass are sent; all, where it has no pattern.
    pub filter: Filter,
    /// Makes the new body of the event that a pipe would make of the message.
    pub edit: Option<Transform>,
    /// The queue's ARN, as events show it.
    pub queue_arn: String,
}

/// What becomes of a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    /// The filter does not want it.
    Kept,
    /// It cannot be edited; the reason.
    NotEdited(String),
    /// It is sent again.
    Sent(Box<Letter>),
}

/// A message as it is sent again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    /// The ARN of the queue in which it died, where SQS knows it.
    pub origin: Option<String>,
    pub body: String,
    pub attributes: HashMap<String, MessageAttributeValue>,
    pub system_attributes: HashMap<Sent, MessageSystemAttributeValue>,
    pub group: Option<String>,
    /// The same for every attempt to send this message, so that a FIFO queue takes one of them.
    pub deduplication_id: String,
}

impl Plan {
    /// What becomes of a message that was received. `now` is for the template, in ISO 8601.
    pub(super) fn fate(&self, message: &Message, now: &str) -> Fate {
        let id = message.message_id().unwrap_or_default();
        let system = |name| {
            let attributes = message.attributes();
            attributes.and_then(|all| all.get(&name)).cloned()
        };
        let body = match self.body(&QueuedMessage::from(message), now) {
            Ok(Some(body)) => body,
            Ok(None) => return Fate::Kept,
            Err(reason) => return Fate::NotEdited(reason),
        };
        let trace = system(Known::AwsTraceHeader).and_then(|value| {
            let text = MessageSystemAttributeValue::builder().data_type("String");
            let built = text.string_value(value).build().ok()?;
            Some((Sent::AwsTraceHeader, built))
        });
        Fate::Sent(Box::new(Letter {
            origin: system(Known::DeadLetterQueueSourceArn),
            body,
            attributes: message.message_attributes().cloned().unwrap_or_default(),
            system_attributes: trace.into_iter().collect(),
            group: system(Known::MessageGroupId),
            deduplication_id: id.to_owned(),
        }))
    }

    /// The body that a message is sent with; `None` where the filter does not want it.
    ///
    /// # Errors
    /// The template makes nothing of it.
    pub(super) fn body(
        &self,
        message: &QueuedMessage,
        now: &str,
    ) -> Result<Option<String>, String> {
        let event = Event::from_message(as_polled(message), &self.queue_arn);
        if !self.filter.is_empty() && !self.filter.passes(&event) {
            return Ok(None);
        }
        match &self.edit {
            None => Ok(Some(message.body.clone())),
            Some(edit) => edit
                .render(&event, &ReservedVariables::default(), now)
                .map(Some)
                .map_err(|error| error.to_string()),
        }
    }
}

/// The message as a pipe polls it.
fn as_polled(message: &QueuedMessage) -> PipeMessage {
    let text = |value: &serde_json::Value, name| {
        value
            .get(name)
            .and_then(|it| it.as_str())
            .map(str::to_owned)
    };
    let named = message.message_attributes.iter().map(|(name, value)| {
        let attribute = MessageAttribute {
            data_type: text(value, "DataType").unwrap_or_default(),
            string_value: text(value, "StringValue"),
            binary_value: text(value, "BinaryValue"),
        };
        (name.clone(), attribute)
    });
    PipeMessage {
        message_id: message.message_id.clone(),
        body: message.body.clone(),
        attributes: message.attributes.clone().into_iter().collect(),
        message_attributes: named.collect(),
        ..PipeMessage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> Message {
        Message::builder()
            .message_id("m1")
            .body(body)
            .attributes(Known::MessageGroupId, "g")
            .attributes(Known::AwsTraceHeader, "Root=1-2-3")
            .attributes(Known::DeadLetterQueueSourceArn, "arn:aws:sqs:e:1:q")
            .build()
    }

    fn plan(pattern: Option<&str>, edit: Option<&str>) -> Plan {
        let mut filter = Filter::default();
        if let Some(pattern) = pattern {
            filter.add(pattern).unwrap();
        }
        Plan {
            filter,
            edit: edit.map(|text| Transform::parse(text).unwrap()),
            queue_arn: "arn:aws:sqs:e:1:dlq".to_owned(),
        }
    }

    fn letter(fate: Fate) -> Letter {
        match fate {
            Fate::Sent(letter) => *letter,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_filter_every_message_is_sent_as_it_was() {
        let letter = letter(plan(None, None).fate(&message("a&b"), ""));
        assert_eq!(letter.body, "a&b");
        assert_eq!(letter.origin.as_deref(), Some("arn:aws:sqs:e:1:q"));
        assert_eq!(letter.group.as_deref(), Some("g"));
        assert_eq!(letter.deduplication_id, "m1");
        let trace = &letter.system_attributes[&Sent::AwsTraceHeader];
        assert_eq!(trace.string_value(), Some("Root=1-2-3"));
    }

    #[test]
    fn a_filter_keeps_and_a_template_edits() {
        let some = plan(
            Some(r#"{"body": {"id": [1]}}"#),
            Some(r#"{"id":<$.body.id>,"n":2}"#),
        );
        assert_eq!(some.fate(&message(r#"{"id":2}"#), ""), Fate::Kept);
        assert_eq!(some.fate(&message("no json"), ""), Fate::Kept);
        let edited = letter(some.fate(&message(r#"{"id":1}"#), ""));
        assert_eq!(edited.body, r#"{"id":1,"n":2}"#);
        let broken = plan(None, Some(r#"{"a":"x<$.body>"}"#));
        let fate = broken.fate(&message(r#"a"b"#), "");
        assert!(matches!(fate, Fate::NotEdited(_)), "{fate:?}");
    }
}
