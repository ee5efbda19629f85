//! PutEvents: its limits, where its events go, and its answer.

use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Bus, PutEvent, ReadyEvent};
use super::failure::Failure;
use super::fault::EventsFault;
use crate::engine::{Content, Engine, NewMessage, QueueArn, QueueId};

/// The tag of a rule's queue; its value is the name of the bus.
const BUS_TAG: &str = "tidegate:event-bus";

/// What the names of rules' queues begin with: others are not looked at.
const PREFIX: &str = "tidegate-rule-";

/// The most entries of a request.
const MOST: usize = 10;

/// The most bytes of all entries together.
const LARGEST: usize = 1024 * 1024;

/// A request that is within its limits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutEvents {
    /// The entries, in order.
    pub(crate) entries: Vec<PutEvent>,
}

/// The answer.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Results {
    failed_entry_count: usize,
    entries: Vec<ResultEntry>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

/// Reads the action `name`.
///
/// # Errors
/// It is another action, its body is not JSON, or it is beyond the limits.
pub(crate) fn read(name: &str, body: &[u8]) -> Result<PutEvents, EventsFault> {
    if name != "PutEvents" {
        return Err(EventsFault::NotEmulated(name.to_owned()));
    }
    let put: PutEvents = serde_json::from_slice(body)
        .map_err(|error| EventsFault::Serialization(error.to_string()))?;
    let beyond = |bound: &str| {
        EventsFault::Validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have \
             length {bound}"
        ))
    };
    match put.entries.len() {
        0 => Err(beyond("greater than or equal to 1")),
        count if count > MOST => Err(beyond(&format!("less than or equal to {MOST}"))),
        _ if put.entries.iter().map(PutEvent::size).sum::<usize>() > LARGEST => {
            let text = "Total size of the entries in the request is over the limit.";
            Err(EventsFault::Validation(text.to_owned()))
        }
        _ => Ok(put),
    }
}

impl Results {
    /// Adds the result of the next entry.
    pub(crate) fn add(&mut self, result: Result<String, Failure>) {
        let entry = match result {
            Ok(id) => ResultEntry {
                event_id: Some(id),
                ..ResultEntry::default()
            },
            Err(Failure { code, message }) => {
                self.failed_entry_count += 1;
                ResultEntry {
                    error_code: Some(code),
                    error_message: Some(message),
                    ..ResultEntry::default()
                }
            }
        };
        self.entries.push(entry);
    }
}

impl ReadyEvent {
    /// The queues of the rules that read the event's bus.
    pub(crate) fn queues(&self, engine: &Engine) -> Vec<QueueId> {
        let Bus {
            region,
            account,
            name,
        } = &self.bus;
        let first = QueueArn {
            region: region.clone(),
            account: account.clone(),
            name: PREFIX.to_owned(),
        };
        let of_rules = engine.queues_from(&first);
        let of_rules = of_rules.take_while(|(arn, _)| {
            (&arn.region, &arn.account) == (region, account) && arn.name.starts_with(PREFIX)
        });
        let reads = |queue: &QueueId| {
            let tag = engine
                .queue(*queue)
                .and_then(|queue| queue.definition.tags.get(BUS_TAG));
            tag == Some(name)
        };
        of_rules.map(|(_, queue)| queue).filter(reads).collect()
    }

    /// Stores the event in the queue of every rule that reads its bus.
    ///
    /// # Errors
    /// No rule does, so that the event would be lost: our choice, for AWS takes it. AWS has rules
    /// of other stacks, and may be asked for an archive; here nothing would ever see it.
    pub(crate) fn store(
        self,
        engine: &mut Engine,
        now: Timestamp,
        sender: &str,
    ) -> Result<String, Failure> {
        let queues = self.queues(engine);
        if queues.is_empty() {
            let Bus { name, .. } = &self.bus;
            return Err(Failure {
                code: "ResourceNotFoundException",
                message: format!(
                    "No rule here reads the event bus {name}, so the event would be lost: declare a rule for it \
                     with a queue or an API destination as its target."
                ),
            });
        }
        for queue in queues {
            let content = Content {
                body: self.body.clone(),
                trace_header: self.trace_header.clone(),
                sender: sender.to_owned(),
                ..Content::default()
            };
            let message = NewMessage {
                content,
                delay: None,
            };
            // The queue was found under the same lock.
            _ = engine.send(now, queue, message);
        }
        Ok(self.id)
    }
}

#[cfg(test)]
mod tests;
