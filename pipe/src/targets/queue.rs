//! An SQS queue as a target: the message that an event becomes. Pure.

use super::dynamic::{DynamicValue, PlanError};
use crate::event::Event;

/// The longest `MessageGroupId` and `MessageDeduplicationId` of SQS, in characters.
const LONGEST_ID: usize = 128;

/// An SQS queue as a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueTarget {
    /// The account that owns the queue.
    pub account: String,
    /// Its name.
    pub queue: String,
    /// `MessageGroupId`; a FIFO queue always has one.
    pub(crate) group: Option<DynamicValue>,
    /// `MessageDeduplicationId`; without one, a FIFO queue must make it from the body.
    pub(crate) deduplication: Option<DynamicValue>,
}

/// One message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueEntry {
    /// `MessageBody`.
    pub(crate) body: String,
    /// `MessageGroupId`.
    pub(crate) group: Option<String>,
    /// `MessageDeduplicationId`.
    pub(crate) deduplication: Option<String>,
    /// Message attributes, all of them texts.
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl QueueTarget {
    /// The message with `body` for `event`, from which dynamic values come.
    ///
    /// # Errors
    /// The event has no value for an id, or one that is too long; or the body is empty.
    pub(crate) fn plan(&self, event: &Event, body: String) -> Result<QueueEntry, PlanError> {
        if body.is_empty() {
            return Err(PlanError("SQS does not accept an empty message".into()));
        }
        let group = read_id("MessageGroupId", self.group.as_ref(), event)?;
        let deduplication = read_id("MessageDeduplicationId", self.deduplication.as_ref(), event)?;
        Ok(QueueEntry {
            body,
            group,
            deduplication,
            attributes: Vec::new(),
        })
    }
}

fn read_id(
    name: &str,
    value: Option<&DynamicValue>,
    event: &Event,
) -> Result<Option<String>, PlanError> {
    let Some(value) = value else { return Ok(None) };
    let text = value.required(event, name)?;
    if text.chars().count() > LONGEST_ID {
        return Err(PlanError(format!(
            "the value for {name} has more than {LONGEST_ID} characters"
        )));
    }
    Ok(Some(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outlet(group: &str) -> QueueTarget {
        let deduplication = Some(DynamicValue::parse("$.messageId").unwrap());
        let group = Some(DynamicValue::parse(group).unwrap());
        QueueTarget {
            account: "1".into(),
            queue: "q.fifo".into(),
            group,
            deduplication,
        }
    }

    #[test]
    fn ids_come_from_the_event_or_stand_as_they_are() {
        let event = Event::from_record(
            json!({"messageId": "m1", "body": r#"{"tenant": 7, "long": "LONG"}"#}),
        );
        let planned = |group: &str| outlet(group).plan(&event, "{}".into());
        let entry = planned("$.body.tenant").unwrap();
        assert_eq!(
            (entry.group.as_deref(), entry.deduplication.as_deref()),
            (Some("7"), Some("m1"))
        );
        assert_eq!(planned("all").unwrap().group.as_deref(), Some("all"));
        let refused = planned("$.body.none").unwrap_err().to_string();
        assert!(refused.contains("no value for MessageGroupId"), "{refused}");
        let refused = planned(&"g".repeat(129)).unwrap_err().to_string();
        assert!(refused.contains("more than 128 characters"), "{refused}");
        assert!(outlet("g").plan(&event, String::new()).is_err());
    }
}
