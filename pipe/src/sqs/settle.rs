//! Door: settles messages with the queue, ten at a time, and reports to the worker which of them
//! SQS did not settle.
//!
//! Deletes linger a moment for others: nothing waits for them, and ten cost SQS and us little more
//! than one. Changes of visibility go out at once, and while one request is under way the next
//! batch fills.

use std::sync::Arc;
use std::time::Duration;

use kit::counted::counted;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::batcher::{BatchMode, gather};
use super::error::QueueError;
use super::queue::SourceQueue;
use crate::definition::Batch;
use crate::flow::{BATCH, Order, Settle};

/// Entries that may wait. More means that SQS does not answer: they are settled again later.
const WAITING: usize = 4096;

/// How long a delete may wait for nine others: at two thousand messages a second each batch is
/// full. Far less than any visibility timeout; a pipe that is killed meanwhile delivers what was
/// delivered in this time once more.
const LINGER: Duration = Duration::from_millis(5);

/// Settles messages.
#[derive(Debug)]
pub(crate) struct Settler {
    deletes: Sender<Settle>,
    hides: Sender<Settle>,
    failed: UnboundedReceiver<Settle>,
    tasks: JoinSet<()>,
}

impl Settler {
    /// Starts the two tasks that form batches and send them.
    pub(crate) fn start(queue: &Arc<SourceQueue>) -> Settler {
        let (deletes, to_delete) = channel(WAITING);
        let (hides, to_hide) = channel(WAITING);
        let (failing, failed) = unbounded_channel();
        let mut tasks = JoinSet::new();
        let task = SettleTask {
            queue: queue.clone(),
            failing,
        };
        let deleting = task.clone();
        let hiding = task;
        // SQS keeps back the messages that follow in a message's group until that one is deleted.
        let linger = if queue.order == Order::Fifo {
            Duration::ZERO
        } else {
            LINGER
        };
        let batch = |window| Batch {
            size: BATCH,
            window,
        };
        let flush = CancellationToken::new();
        tasks.spawn(gather(
            to_delete,
            batch(linger),
            BatchMode::OneByOne,
            flush.clone(),
            move |batch| deleting.clone().delete(batch),
        ));
        tasks.spawn(gather(
            to_hide,
            batch(Duration::ZERO),
            BatchMode::OneByOne,
            flush,
            move |batch| hiding.clone().hide(batch),
        ));
        Settler {
            deletes,
            hides,
            failed,
            tasks,
        }
    }

    /// Settles a message, without waiting for it.
    ///
    /// # Errors
    /// Too many wait already: the message is not settled.
    pub(crate) fn settle(&self, settle: Settle) -> Result<(), Settle> {
        let input = if matches!(settle, Settle::Delete { .. }) {
            &self.deletes
        } else {
            &self.hides
        };
        input.try_send(settle).map_err(TrySendError::into_inner)
    }

    /// Waits for the next message that SQS did not settle.
    pub(crate) async fn failed(&mut self) -> Settle {
        match self.failed.recv().await {
            Some(settle) => settle,
            None => std::future::pending().await,
        }
    }

    /// Sends what is left and waits for the replies, for up to `patience`.
    pub(crate) async fn finish(self, patience: Duration) {
        let Settler {
            deletes,
            hides,
            failed: _failed,
            mut tasks,
        } = self;
        drop((deletes, hides));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!(
                "SQS did not delete all delivered messages in time: some will be delivered again"
            );
        }
    }
}

/// What both tasks work with: the queue, and where failures go.
#[derive(Debug, Clone)]
struct SettleTask {
    queue: Arc<SourceQueue>,
    failing: UnboundedSender<Settle>,
}

impl SettleTask {
    async fn delete(self, batch: Vec<Settle>) {
        let receipts: Vec<&str> = batch.iter().map(receipt).collect();
        let result = self.queue.delete(&receipts).await;
        let problem = "delivered but could not be deleted, which is tried again";
        self.report(batch, result, problem);
    }

    async fn hide(self, batch: Vec<Settle>) {
        let messages: Vec<(&str, Duration)> = batch
            .iter()
            .map(|settle| (receipt(settle), span(settle)))
            .collect();
        let result = self.queue.hide(&messages).await;
        let problem = "whose visibility could not be changed";
        self.report(batch, result, problem);
    }

    /// Hands back the messages that SQS did not settle.
    fn report(&self, batch: Vec<Settle>, result: Result<Vec<usize>, QueueError>, problem: &str) {
        let failed = match result {
            Ok(rejected) => rejected,
            Err(error) => {
                let messages = counted(batch.len(), "message");
                tracing::warn!("{messages} {problem}: {error}");
                (0..batch.len()).collect()
            }
        };
        for (index, settle) in batch.into_iter().enumerate() {
            if failed.contains(&index) {
                // The worker no longer receives them while the last messages are settled.
                let _ = self.failing.send(settle);
            }
        }
    }
}

fn receipt(settle: &Settle) -> &str {
    match settle {
        Settle::Delete { receipt, .. } | Settle::Hide { receipt, .. } => receipt,
    }
}

fn span(settle: &Settle) -> Duration {
    match settle {
        Settle::Delete { .. } => Duration::ZERO,
        Settle::Hide { span, .. } => *span,
    }
}

#[cfg(test)]
mod tests;
