//! An event to the message that a target queue gets.

use super::{Dynamic, Unplannable};
use crate::event::Event;

/// The longest `MessageGroupId` and `MessageDeduplicationId` of SQS, in characters.
const LONGEST_ID: usize = 128;

/// An SQS queue as a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlet {
    /// The account that owns the queue.
    pub account: String,
    /// Its name.
    pub queue: String,
    /// `MessageGroupId`; there is always one for a FIFO queue.
    pub group: Option<Dynamic>,
    /// `MessageDeduplicationId`; without one a FIFO queue has to make it from the body.
    pub deduplication: Option<Dynamic>,
}

/// One message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `MessageBody`.
    pub body: String,
    /// `MessageGroupId`.
    pub group: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication: Option<String>,
}

impl Outlet {
    /// The message with `body` for `event`, at which dynamic values look.
    ///
    /// # Errors
    /// The event has nothing where an id should come from, or something that is too long; a body is
    /// empty.
    pub fn plan(&self, event: &Event, body: String) -> Result<Entry, Unplannable> {
        if body.is_empty() {
            return Err(Unplannable("SQS takes no empty message".into()));
        }
        let group = read_id("MessageGroupId", self.group.as_ref(), event)?;
        let deduplication = read_id("MessageDeduplicationId", self.deduplication.as_ref(), event)?;
        Ok(Entry {
            body,
            group,
            deduplication,
        })
    }
}

fn read_id(
    name: &str,
    value: Option<&Dynamic>,
    event: &Event,
) -> Result<Option<String>, Unplannable> {
    let Some(value) = value else { return Ok(None) };
    let text = value.text(event).filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Unplannable(format!("the event has no value for {name}")))?;
    if text.chars().count() > LONGEST_ID {
        return Err(Unplannable(format!(
            "the value for {name} has more than {LONGEST_ID} characters"
        )));
    }
    Ok(Some(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outlet(group: &str) -> Outlet {
        let deduplication = Some(Dynamic::parse("$.messageId").unwrap());
        let group = Some(Dynamic::parse(group).unwrap());
        Outlet {
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
