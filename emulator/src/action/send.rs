//! SendMessage, and its batch.

use std::time::Duration;

use kit::time::Timestamp;
use md5::{Digest, Md5};
use serde::Deserialize;
use sha2::Sha256;

use super::batch;
use super::caller::Caller;
use super::message_attributes::{self, WireAttributes};
use super::number::Number;
use super::output::{Output, SentEntry, SentMessage};
use crate::engine::{
    AttributeData, Attributes, Content, Engine, NewMessage, QueueId, Sent, limits,
};
use crate::fault::Fault;

/// One message to one queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct SendMessage(WireMessage);

/// Up to ten messages to one queue, each judged on its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SendMessageBatch {
    queue_url: Option<String>,
    entries: Vec<WireMessage>,
}

/// A message as it comes: alone with the URL of its queue, or in a batch with an id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireMessage {
    queue_url: Option<String>,
    id: String,
    message_body: Option<String>,
    delay_seconds: Option<Number>,
    message_attributes: WireAttributes,
    message_system_attributes: WireAttributes,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    #[serde(skip)]
    md5_of_body: Option<String>,
}

impl SendMessage {
    pub(super) fn prepare(&mut self) {
        self.0.prepare();
    }

    /// About how many bytes the message has.
    pub fn size(&self) -> usize {
        self.0.size()
    }

    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.0.queue_url.as_deref())?;
        let attributes = attributes(engine, queue)?;
        if attributes.fifo.is_some() && self.0.message_group_id.is_none() {
            return Err(Fault::missing("MessageGroupId"));
        }
        let ready = self.0.check(&attributes, caller)?;
        if ready.size > attributes.message_size as usize {
            return Err(Fault::InvalidParameterValue(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
                attributes.message_size
            )));
        }
        ready.send(engine, now, queue).map(Output::Sent)
    }
}

impl SendMessageBatch {
    pub(super) fn prepare(&mut self) {
        self.entries.iter_mut().for_each(WireMessage::prepare);
    }

    /// About how many bytes the messages have together.
    pub fn size(&self) -> usize {
        self.entries.iter().map(WireMessage::size).sum()
    }

    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let attributes = attributes(engine, queue)?;
        let sent = self.size();
        if sent > limits::BATCH_SIZE {
            return Err(Fault::BatchRequestTooLong { sent });
        }
        batch::check_ids(
            "SendMessageBatchRequestEntry",
            self.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        if let Some(fifo) = attributes.fifo {
            self.entries
                .iter()
                .try_for_each(|entry| entry.check_fifo(fifo.content_deduplication))?;
        }
        let answer = batch::each(
            self.entries,
            |entry| entry.id.clone(),
            |entry| {
                let id = entry.id.clone();
                let ready = entry.check(&attributes, caller)?;
                if ready.size > attributes.message_size as usize {
                    return Err(Fault::InvalidParameterValue(format!(
                        "One or more parameters cannot be validated. Reason: Message must be shorter than {} bytes.",
                        attributes.message_size
                    )));
                }
                Ok(SentEntry {
                    id,
                    sent: ready.send(engine, now, queue)?,
                })
            },
        );
        Ok(Output::SentBatch(answer))
    }
}

fn attributes(engine: &Engine, queue: QueueId) -> Result<Attributes, Fault> {
    Ok(engine
        .queue(queue)
        .ok_or(Fault::QueueDoesNotExist)?
        .definition
        .attributes
        .clone())
}

/// A message that passed every check.
struct CheckedMessage {
    message: NewMessage,
    md5_of_body: String,
    size: usize,
    /// The caller sent AWSTraceHeader as a system attribute.
    sends_trace: bool,
}

impl CheckedMessage {
    fn send(
        self,
        engine: &mut Engine,
        now: Timestamp,
        queue: QueueId,
    ) -> Result<SentMessage, Fault> {
        let content = &self.message.content;
        let md5_of_attributes = (!content.attributes.is_empty())
            .then(|| message_attributes::digest(&content.attributes));
        // A trace header that came as an HTTP header was not sent as an attribute:
        // `docs/aws/sqs.md#system-attributes`.
        let sent_trace = content.trace_header.as_ref().filter(|_| self.sends_trace);
        let md5_of_system_attributes = sent_trace.map(|header| trace_digest(header));
        let Sent { id, sequence } = engine
            .send(now, queue, self.message)
            .ok_or(Fault::QueueDoesNotExist)?;
        Ok(SentMessage {
            md5_of_body: self.md5_of_body,
            md5_of_attributes,
            md5_of_system_attributes,
            id,
            sequence,
        })
    }
}

fn trace_digest(header: &str) -> String {
    use crate::engine::AttributeValue;
    let data = AttributeData::Text(header.to_owned());
    message_attributes::digest(&[(
        "AWSTraceHeader".to_owned(),
        AttributeValue {
            data_type: "String".to_owned(),
            data,
        },
    )])
}

fn digest(body: &str) -> String {
    hex::encode(Md5::digest(body))
}

impl WireMessage {
    fn prepare(&mut self) {
        self.md5_of_body = self.message_body.as_deref().map(digest);
    }

    fn size(&self) -> usize {
        let attributes = self.message_attributes.iter().map(|(name, value)| {
            let data_type = value.data_type.as_ref().map_or(0, String::len);
            let text = value.string_value.as_ref().map_or(0, String::len);
            let binary = value
                .binary_value
                .as_ref()
                .map_or(0, |base64| decoded_length(base64));
            name.len() + data_type + text + binary
        });
        self.message_body.as_ref().map_or(0, String::len) + attributes.sum::<usize>()
    }

    /// The faults of a FIFO entry that fail the whole batch.
    fn check_fifo(&self, content_deduplication: bool) -> Result<(), Fault> {
        if self.message_group_id.is_none() {
            let text = "The request must contain the parameter MessageGroupId.";
            return Err(Fault::InvalidParameterValue(text.to_owned()));
        }
        if self.message_deduplication_id.is_none() && !content_deduplication {
            return Err(no_deduplication());
        }
        Ok(())
    }

    fn check(self, attributes: &Attributes, caller: &Caller) -> Result<CheckedMessage, Fault> {
        let body = self
            .message_body
            .filter(|body| !body.is_empty())
            .ok_or_else(|| Fault::missing("MessageBody"))?;
        let message_attributes = message_attributes::check(self.message_attributes)?;
        let size = body.len() + message_attributes::size(&message_attributes);
        if !message_attributes::is_allowed_text(&body) {
            return Err(Fault::InvalidMessageContents);
        }
        let is_fifo = attributes.fifo.is_some();
        let delay = self
            .delay_seconds
            .map(|Number(delay)| check_delay(delay, is_fifo))
            .transpose()?
            .flatten();
        if let Some(group) = &self.message_group_id {
            check_name("MessageGroupId", group)?;
        }
        if let Some(id) = &self.message_deduplication_id {
            check_name("MessageDeduplicationId", id)?;
            if !is_fifo {
                let reason =
                    "The request includes a parameter that is not valid for this queue type.";
                return Err(Fault::invalid("MessageDeduplicationId", id, reason));
            }
        }
        let deduplication = match (self.message_deduplication_id, attributes.fifo) {
            (None, Some(fifo)) if fifo.content_deduplication => {
                Some(hex::encode(Sha256::digest(&body)))
            }
            (None, Some(_)) => return Err(no_deduplication()),
            (id, _) => id,
        };
        let md5_of_body = self.md5_of_body.unwrap_or_else(|| digest(&body));
        let sends_trace = !self.message_system_attributes.is_empty();
        let content = Content {
            body,
            attributes: message_attributes,
            trace_header: trace_header(self.message_system_attributes, caller)?,
            sender: caller.account.clone(),
            group: self.message_group_id,
            deduplication,
        };
        Ok(CheckedMessage {
            message: NewMessage { content, delay },
            md5_of_body,
            size,
            sends_trace,
        })
    }
}

fn decoded_length(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

fn no_deduplication() -> Fault {
    Fault::InvalidParameterValue(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
            .to_owned(),
    )
}

/// A FIFO queue accepts zero, which changes nothing there, and refuses everything else.
fn check_delay(delay: i64, is_fifo: bool) -> Result<Option<Duration>, Fault> {
    if is_fifo && delay != 0 {
        let reason = "The request include parameter that is not valid for this queue type.";
        return Err(Fault::invalid("DelaySeconds", delay, reason));
    }
    if !limits::DELAY.allows(delay) {
        return Err(Fault::invalid(
            "DelaySeconds",
            delay,
            "DelaySeconds must be >= 0 and <= 900.",
        ));
    }
    Ok((!is_fifo).then(|| Duration::from_secs(delay.unsigned_abs())))
}

/// Group ids, deduplication ids and receive attempts have one alphabet.
pub(super) fn check_name(parameter: &str, value: &str) -> Result<(), Fault> {
    if (1..=128).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!(
        "{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    );
    Err(Fault::invalid(parameter, value, &reason))
}

fn trace_header(attributes: WireAttributes, caller: &Caller) -> Result<Option<String>, Fault> {
    if attributes.is_empty() {
        return Ok(caller.trace_header.clone());
    }
    let mut header = None;
    for (name, value) in attributes {
        let is_text = value.data_type.as_deref() == Some("String");
        match (name.as_str(), value.string_value) {
            ("AWSTraceHeader", Some(text)) if is_text && !text.is_empty() => header = Some(text),
            _ => {
                return Err(Fault::InvalidParameterValue(format!(
                    "Message system attribute '{name}' is invalid: only AWSTraceHeader of type String can be sent."
                )));
            }
        }
    }
    Ok(header)
}
