//! Door: gives up events of rules, as `RetryPolicy` and `DeadLetterConfig` say: moves an event to
//! the dead-letter queue, or drops it where there is none.
//!
//! An event is given up when it is received once more than it may be tried, or when it is too old.
//! It stays in the rule's queue until the dead-letter queue has it. A process gives up by their
//! number only what it has seen fail itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kit::time::Timestamp;
use tokio::task::JoinSet;

use crate::definition::{Exhausted, Pipe, RetryLimits};
use crate::event::Message;
use crate::flow::{Cause, Verdict};
use crate::sqs::attributes::QueueAttributes;
use crate::sqs::send::QueueSender;
use crate::targets::QueueEntry;

/// Gives up events of one target of a rule.
#[derive(Debug)]
pub(crate) struct GivingUp {
    pipe: Arc<Pipe>,
    limits: RetryLimits,
    sender: Option<Arc<QueueSender>>,
    /// The last failure of each event that may come back.
    failures: HashMap<String, Failure>,
    tasks: JoinSet<Option<String>>,
}

/// How an event failed.
#[derive(Debug)]
struct Failure {
    text: String,
    cause: Option<Cause>,
}

impl GivingUp {
    /// For the target that `pipe` is; `sender` sends to its dead-letter queue. [`None`] for a pipe
    /// that is none of a rule.
    pub(crate) fn new(pipe: &Arc<Pipe>, sender: Option<QueueSender>) -> Option<GivingUp> {
        Some(GivingUp {
            pipe: pipe.clone(),
            limits: pipe.rule.as_ref()?.limits.clone(),
            sender: sender.map(Arc::new),
            failures: HashMap::new(),
            tasks: JoinSet::new(),
        })
    }

    /// Notes how a delivery ended.
    pub(super) fn ended(&mut self, id: &str, verdict: &Verdict) {
        let cause = match verdict {
            Verdict::Delivered => return drop(self.failures.remove(id)),
            Verdict::Unsendable { .. } => None,
            Verdict::Failed { cause, .. } => Some(*cause),
        };
        // What is too old to be tried keeps the failure of its last try.
        if cause.is_none() && self.failures.contains_key(id) {
            return;
        }
        let text = verdict.reason().unwrap_or_default().to_owned();
        self.failures.insert(id.to_owned(), Failure { text, cause });
    }

    /// Gives up an event that was received at `now`, if it is not to be tried again.
    pub(super) fn take(&mut self, now: Timestamp, message: &Message) -> bool {
        let (id, receives) = (&message.message_id, message.receive_count());
        let age = message
            .sent_at()
            .map_or(Duration::ZERO, |sent_at| now.since(sent_at));
        let known = self.failures.get(id);
        let cause = known.and_then(|failure| failure.cause);
        let never = self.limits.is_declared && cause == Some(Cause::Message);
        // A receive before this process began need not have been a try.
        let is_given_up = |why: &Exhausted| *why != Exhausted::Attempts || known.is_some();
        let exhausted = self.limits.exhausted(receives, age).filter(is_given_up);
        let Some(why) = exhausted.or(never.then_some(Exhausted::NeverTaken)) else {
            return false;
        };
        let failure = self.failures.remove(id);
        let entry = self.letter(message, receives, why, failure.as_ref());
        self.report(message, why, failure.as_ref());
        let (sender, receipt) = (self.sender.clone(), message.receipt_handle.clone());
        let (name, id) = (self.pipe.name.clone(), id.clone());
        self.tasks.spawn(async move {
            let Some(sender) = sender else {
                return Some(receipt);
            };
            let sent = sender.send(std::slice::from_ref(&entry)).await.pop();
            match sent {
                Some(Err(refusal)) => {
                    let reason = refusal.reason;
                    tracing::warn!(
                        pipe = name,
                        message_id = id,
                        "not moved to the dead-letter queue: {reason}"
                    );
                    None
                }
                _ => Some(receipt),
            }
        });
        true
    }

    /// Waits until an event is given up; returns the receipt with which it is deleted. Never
    /// returns while there is none.
    async fn given_up(&mut self) -> String {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(Some(receipt))) => return receipt,
                // It comes back, and is given up then.
                Some(_) => {}
                None => return std::future::pending().await,
            }
        }
    }

    /// The event in the form of EventBridge's dead letters: `docs/aws/events.md#retries`.
    fn letter(
        &self,
        message: &Message,
        receives: u32,
        why: Exhausted,
        failure: Option<&Failure>,
    ) -> QueueEntry {
        let names = &self.pipe.names;
        // Neither the first try is a retry, nor this receive.
        let retries = receives.saturating_sub(2).to_string();
        let code = error_code(failure.and_then(|failure| failure.cause));
        let unknown = "not known any more: the pipe was started again since";
        let text = failure.map_or(unknown, |failure| &failure.text);
        let mut attributes = vec![
            ("RULE_ARN", names.pipe_arn.clone()),
            ("TARGET_ARN", names.target_arn.clone()),
            ("ERROR_CODE", code.to_owned()),
            ("ERROR_MESSAGE", text.to_owned()),
            ("RETRY_ATTEMPTS", retries),
        ];
        if let Some(condition) = why.condition() {
            attributes.push(("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
        }
        QueueEntry {
            body: message.body.clone(),
            group: None,
            deduplication: None,
            attributes,
        }
    }

    fn report(&self, message: &Message, why: Exhausted, failure: Option<&Failure>) {
        let letters = self.limits.dead_letters();
        let queue = letters.map(|letters| letters.queue.queue.as_str());
        let (pipe, message_id) = (self.pipe.name.as_str(), message.message_id.as_str());
        let receives = message.receive_count();
        let reason = failure.map(|failure| failure.text.as_str());
        let condition = why.condition().unwrap_or("the target never takes it");
        match queue {
            Some(dead_letter_queue) => tracing::warn!(
                target: "pipe", pipe, message_id, receives, reason, dead_letter_queue,
                "dead: {condition}, the event goes to the dead-letter queue {dead_letter_queue}"
            ),
            None => tracing::warn!(
                target: "pipe", pipe, message_id, receives, reason,
                "dropped: {condition}, and the target of the rule has no DeadLetterConfig"
            ),
        }
    }
}

/// How often a message may be received: the queue says so, or the target of a rule.
pub(super) fn most_receives(queue: &QueueAttributes, giving_up: Option<&GivingUp>) -> Option<u32> {
    let of_queue = queue.max_receive_count();
    of_queue.or_else(|| giving_up?.limits.attempts)
}

/// As [`GivingUp::given_up`]; never returns where nothing is given up.
pub(super) async fn given_up(giving_up: &mut Option<GivingUp>) -> String {
    match giving_up {
        Some(giving_up) => giving_up.given_up().await,
        None => std::future::pending().await,
    }
}

/// EventBridge's code for a failure of this cause. Which codes it has for API destinations is not
/// documented.
fn error_code(cause: Option<Cause>) -> &'static str {
    match cause {
        Some(Cause::Throttled) => "THROTTLING",
        Some(Cause::Timeout) => "TIMEOUT",
        Some(Cause::Unreachable) => "CONNECTION_FAILURE",
        Some(Cause::Message | Cause::Target | Cause::Either) => "ERROR_FROM_TARGET",
        None => "INVALID_REQUEST",
    }
}
