//! Door: receives dead letters, has them sent, and deletes those that were.
//!
//! The order is what nothing is lost by: a message is deleted after its queue has taken it. What is
//! kept stays hidden for the rest of the run, so that it is not looked at again and again, and is
//! made visible at the end; if the run is killed, SQS does so.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::Message;
use indicatif::ProgressBar;
use kit::console;
use kit::time::Timestamp;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::mail::{Mail, Posted};
use super::plan::{Fate, Plan};
use crate::queues::Queues;

/// Answers without a message that is new, after which there is none.
const EMPTY: usize = 2;

/// The most messages of one round.
const ROUND: usize = 10;

/// A redrive.
pub(super) struct Redrive<'a> {
    pub queues: &'a Queues,
    pub plan: &'a Plan,
    /// The URL of the dead-letter queue.
    pub from: &'a str,
    /// The URL of the queue that gets everything.
    pub to: Option<String>,
    /// Messages a second.
    pub rate: Option<u32>,
    /// For how many seconds a message is hidden that is being sent or was kept. Less than the five
    /// minutes in which a FIFO queue knows a deduplication id, so that a run after a crash sends
    /// none twice.
    pub hidden: u16,
    /// How many are sent at most.
    pub max: usize,
    pub bar: &'a ProgressBar,
    pub json: bool,
}

/// What came of a redrive.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub sent: usize,
    pub kept: usize,
    pub failed: usize,
    pub is_interrupted: bool,
}

impl Outcome {
    /// Whether everything that was wanted was sent.
    pub(super) fn is_complete(&self) -> bool {
        self.failed == 0 && !self.is_interrupted
    }
}

/// What the run knows of messages.
#[derive(Default)]
struct Known {
    outcome: Outcome,
    /// The handles of messages that stay, by id.
    kept: HashMap<String, String>,
    /// Messages that were sent and could not be deleted: not to be sent again.
    sent: HashSet<String>,
}

impl Redrive<'_> {
    /// Sends everything, until nothing is left or Ctrl-C.
    ///
    /// # Errors
    /// SQS refuses to show messages, or does not answer. What was kept is visible again.
    pub(super) async fn run(&self) -> Result<Outcome> {
        let mut known = Known::default();
        let done = self.rounds(&mut known).await;
        for handle in known.kept.values() {
            let request = self.queues.client.change_message_visibility();
            let request = request.queue_url(self.from).receipt_handle(handle);
            // Where it fails, SQS makes the message visible when its time is over.
            let _ = request.visibility_timeout(0).send().await;
        }
        done.map(|()| known.outcome)
    }

    async fn rounds(&self, known: &mut Known) -> Result<()> {
        let mut mail = Mail::new(self.queues, self.from, self.to.clone());
        let mut pace = self.rate.map(pace);
        let mut stop = pin!(tokio::signal::ctrl_c());
        let mut empty = 0;
        while empty < EMPTY && known.outcome.sent < self.max {
            let letters = self.next(known, &mail).await?;
            match letters {
                None => empty += 1,
                Some(letters) => {
                    empty = 0;
                    for letters in letters.chunks(self.at_once()) {
                        for _ in letters {
                            let Some(pace) = &mut pace else { break };
                            tokio::select! {
                                biased;
                                _ = &mut stop => return interrupted(known),
                                _ = pace.tick() => {}
                            }
                        }
                        self.send(known, &mut mail, letters).await?;
                    }
                }
            }
            if tokio::time::timeout(Duration::ZERO, &mut stop)
                .await
                .is_ok()
            {
                return interrupted(known);
            }
        }
        Ok(())
    }

    /// How many are sent at once: few, where they are to come slowly, and no more than a run sends
    /// within the time that they are hidden.
    fn at_once(&self) -> usize {
        let rate = self.rate.and_then(|rate| usize::try_from(rate).ok());
        rate.map_or(ROUND, |rate| (rate / 5).clamp(1, ROUND))
    }

    /// The letters of the next round; `None` where SQS shows no message that is new.
    async fn next(&self, known: &mut Known, mail: &Mail<'_>) -> Result<Option<Vec<Posted>>> {
        let left = self.max - known.outcome.sent;
        let slow = self.rate.and_then(|rate| usize::try_from(rate).ok());
        // No more than are sent in half of the time for which they are hidden.
        let slow = slow.map_or(ROUND, |rate| {
            rate.saturating_mul(usize::from(self.hidden.div_ceil(2)))
        });
        let most = ROUND.min(left).min(slow).max(1);
        let messages = self
            .queues
            .receive(self.from, most, self.hidden.into())
            .await?;
        let now = Timestamp::wall().to_string();
        let (mut letters, mut is_new) = (Vec::new(), false);
        for message in messages {
            let id = message.message_id().unwrap_or_default().to_owned();
            let handle = message.receipt_handle().unwrap_or_default().to_owned();
            if known.sent.contains(&id) {
                mail.delete(&[handle]).await;
                continue;
            }
            if known.kept.insert(id.clone(), handle.clone()).is_some() {
                continue;
            }
            is_new = true;
            if let Some(letter) = self.letter(known, &message, id, handle, &now)? {
                letters.push(letter);
            }
        }
        Ok(is_new.then_some(letters))
    }

    fn letter(
        &self,
        known: &mut Known,
        message: &Message,
        id: String,
        handle: String,
        now: &str,
    ) -> Result<Option<Posted>> {
        match self.plan.fate(message, now) {
            Fate::Sent(letter) => Ok(Some(Posted {
                id,
                handle,
                letter: *letter,
            })),
            Fate::Kept => {
                known.outcome.kept += 1;
                self.bar.inc(1);
                Ok(None)
            }
            Fate::NotEdited(reason) => {
                self.report(known, &id, &Err(reason))?;
                Ok(None)
            }
        }
    }

    /// Sends letters, and deletes those that were sent.
    async fn send(&self, known: &mut Known, mail: &mut Mail<'_>, letters: &[Posted]) -> Result<()> {
        let results = mail.send(letters).await?;
        let mut sent = Vec::new();
        for (posted, result) in letters.iter().zip(&results) {
            self.report(known, &posted.id, result)?;
            if result.is_ok() {
                sent.push(posted);
            }
        }
        let handles: Vec<String> = sent.iter().map(|posted| posted.handle.clone()).collect();
        let gone = mail.delete(&handles).await;
        for (place, posted) in sent.iter().enumerate() {
            known.kept.remove(&posted.id);
            if !gone.contains(&place) {
                known.sent.insert(posted.id.clone());
            }
        }
        Ok(())
    }

    fn report(&self, known: &mut Known, id: &str, sent: &Result<(), String>) -> Result<()> {
        self.bar.inc(1);
        match sent {
            Ok(()) => known.outcome.sent += 1,
            Err(_) => known.outcome.failed += 1,
        }
        if self.json {
            let line = match sent {
                Ok(()) => json!({"message_id": id, "result": "sent"}),
                Err(reason) => json!({"message_id": id, "result": "failed", "reason": reason}),
            };
            console::print(format_args!("{line}\n")).context("standard output")?;
        } else if let Err(reason) = sent {
            self.bar
                .suspend(|| console::error(format_args!("{id}: {reason}")));
        }
        Ok(())
    }
}

fn pace(rate: u32) -> Interval {
    let mut pace = interval(Duration::from_secs(1) / rate);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

fn interrupted(known: &mut Known) -> Result<()> {
    known.outcome.is_interrupted = true;
    Ok(())
}
