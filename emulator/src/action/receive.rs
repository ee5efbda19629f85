//! ReceiveMessage: a plan that the door carries out, at once or after a wait, and the messages it
//! shows.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::time::Timestamp;
use md5::{Digest, Md5};
use serde::Deserialize;

use super::caller::Caller;
use super::message_attributes;
use super::number::Number;
use super::output::ReceivedMessage;
use super::send::check_name;
use crate::engine::limits::Limit;
use crate::engine::{Content, Delivery, Engine, QueueId, ReceiveRequest, fingerprint, limits};
use crate::fault::Fault;

/// Asks for up to ten messages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReceiveMessage {
    queue_url: Option<String>,
    attribute_names: Vec<String>,
    message_system_attribute_names: Vec<String>,
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<Number>,
    visibility_timeout: Option<Number>,
    wait_time_seconds: Option<Number>,
    receive_request_attempt_id: Option<String>,
}

/// A receive whose parameters were found good.
#[derive(Debug, Clone)]
pub struct ReceivePlan {
    /// The queue.
    pub queue: QueueId,
    /// How long to wait for the first message; zero for a short poll.
    pub wait: Duration,
    request: ReceiveRequest,
    system: Vec<String>,
    wanted: Vec<String>,
}

impl ReceiveMessage {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<ReceivePlan, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        let most = in_range(
            &limits::RECEIVE_BATCH,
            self.max_number_of_messages,
            "Must be between 1 and 10, if provided.",
        )?;
        let wait = Limit {
            name: "WaitTimeSeconds",
            ..limits::RECEIVE_WAIT
        };
        let wait = in_range(
            &wait,
            self.wait_time_seconds,
            "Must be >= 0 and <= 20, if provided.",
        )?;
        let visibility = in_range(
            &limits::VISIBILITY,
            self.visibility_timeout,
            "Must be between 0 and 43200, if provided.",
        )?;
        if let Some(attempt) = &self.receive_request_attempt_id {
            check_name("ReceiveRequestAttemptId", attempt)?;
        }
        let attempt = self
            .receive_request_attempt_id
            .filter(|_| definition.arn.is_fifo());
        let mut system = self.message_system_attribute_names;
        system.extend(self.attribute_names);
        Ok(ReceivePlan {
            queue,
            wait: Duration::from_secs(wait.unwrap_or(definition.attributes.receive_wait).into()),
            request: ReceiveRequest {
                most: most.unwrap_or(limits::RECEIVE_BATCH.default) as usize,
                visibility: visibility.map(|seconds| Duration::from_secs(seconds.into())),
                attempt: attempt.map(|attempt| fingerprint(&[&attempt])),
            },
            system,
            wanted: self.message_attribute_names,
        })
    }
}

fn in_range(limit: &Limit, value: Option<Number>, reason: &str) -> Result<Option<u32>, Fault> {
    let Some(Number(value)) = value else {
        return Ok(None);
    };
    let number = u32::try_from(value).ok().filter(|_| limit.allows(value));
    number
        .map(Some)
        .ok_or_else(|| Fault::invalid(limit.name, value, reason))
}

impl ReceivePlan {
    /// Shows all that a message has.
    pub(super) fn of_everything(queue: QueueId) -> ReceivePlan {
        let all = || vec!["All".to_owned()];
        ReceivePlan {
            queue,
            wait: Duration::ZERO,
            request: ReceiveRequest::default(),
            system: all(),
            wanted: all(),
        }
    }

    /// Takes what is there now. With too many messages in flight a short poll fails and a long poll
    /// stays empty.
    pub fn take(&self, engine: &mut Engine, now: Timestamp) -> Result<Vec<Delivery>, Fault> {
        if engine.queue(self.queue).is_none() {
            return Err(Fault::QueueDoesNotExist);
        }
        engine
            .receive(now, self.queue, self.request)
            .or_else(|full| {
                let text = || format!("{full}: a queue can have {} of them", limits::IN_FLIGHT);
                if self.wait.is_zero() {
                    Err(Fault::OverLimit(text()))
                } else {
                    Ok(Vec::new())
                }
            })
    }

    /// The message as the receiver asked to see it.
    pub fn show(&self, delivery: &Delivery, content: Content) -> ReceivedMessage {
        let shown: Vec<_> = content
            .attributes
            .iter()
            .filter(|(name, _)| message_attributes::is_wanted(&self.wanted, name))
            .cloned()
            .collect();
        ReceivedMessage {
            message_id: delivery.id.clone(),
            receipt_handle: delivery.receipt.to_string(),
            md5_of_body: hex::encode(Md5::digest(&content.body)),
            attributes: self.system_attributes(delivery, &content),
            md5_of_message_attributes: (!shown.is_empty())
                .then(|| message_attributes::digest(&shown)),
            message_attributes: shown
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            body: content.body,
        }
    }

    fn system_attributes(
        &self,
        delivery: &Delivery,
        content: &Content,
    ) -> BTreeMap<&'static str, String> {
        let is_fifo = delivery.sequence.is_some();
        // In a FIFO dead-letter queue the message id takes the place of the deduplication id.
        let deduplication = if delivery.is_dead_letter && is_fifo {
            Some(&delivery.id)
        } else {
            content.deduplication.as_ref()
        };
        let all = [
            ("SenderId", Some(content.sender.clone())),
            (
                "SentTimestamp",
                Some(delivery.sent_at.as_millis().to_string()),
            ),
            (
                "ApproximateReceiveCount",
                Some(delivery.receives.to_string()),
            ),
            (
                "ApproximateFirstReceiveTimestamp",
                Some(delivery.first_received.as_millis().to_string()),
            ),
            ("SequenceNumber", delivery.sequence.clone()),
            ("MessageDeduplicationId", deduplication.cloned()),
            ("MessageGroupId", content.group.clone()),
            ("AWSTraceHeader", content.trace_header.clone()),
            ("DeadLetterQueueSourceArn", delivery.origin.clone()),
        ];
        let wanted = |name: &str| {
            self.system
                .iter()
                .any(|asked| asked == "All" || asked == name)
        };
        all.into_iter()
            .filter(|(name, _)| wanted(name))
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}
