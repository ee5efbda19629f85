//! Door: tells the queue what became of messages, ten at a time, and the worker what the queue did
//! not listen to.
//!
//! Deletes wait a moment for others: nobody waits for them, and ten cost the queue and us little
//! more than one. What is to be shown or hidden goes out at once, and while it is under way the
//! next batch gathers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::batcher::{Haste, gather};
use super::error::QueueError;
use super::queue::Queue;
use crate::definition::Batch;
use crate::flow::{BATCH, Order, Settle};

/// Entries that may wait. More means that SQS does not answer; what does not fit is repeated later.
const WAITING: usize = 4096;

/// How long a delete may wait for nine others: at two thousand messages a second each batch is
/// full. Far less than any visibility timeout; a pipe that is killed meanwhile delivers what was
/// delivered in this time once more.
const COMPANY: Duration = Duration::from_millis(5);

/// Takes what is to be settled.
#[derive(Debug)]
pub struct Settler {
    deletes: Sender<Settle>,
    hides: Sender<Settle>,
    failed: UnboundedReceiver<Settle>,
    tasks: JoinSet<()>,
}

impl Settler {
    /// Starts the two tasks that gather and send.
    pub fn start(queue: &Arc<Queue>) -> Settler {
        let ((deletes, to_delete), (hides, to_hide)) = (channel(WAITING), channel(WAITING));
        let (failing, failed) = unbounded_channel();
        let mut tasks = JoinSet::new();
        let desk = Desk {
            queue: queue.clone(),
            failing,
        };
        let (deleting, hiding) = (desk.clone(), desk);
        // The queue keeps back what follows in a message's group until that is deleted.
        let company = if queue.order == Order::Fifo {
            Duration::ZERO
        } else {
            COMPANY
        };
        let (together, at_once) = [company, Duration::ZERO]
            .map(|window| Batch {
                size: BATCH,
                window,
            })
            .into();
        let hurry = CancellationToken::new();
        tasks.spawn(gather(
            to_delete,
            together,
            Haste::OneByOne,
            hurry.clone(),
            move |batch| deleting.clone().delete(batch),
        ));
        tasks.spawn(gather(
            to_hide,
            at_once,
            Haste::OneByOne,
            hurry,
            move |batch| hiding.clone().hide(batch),
        ));
        Settler {
            deletes,
            hides,
            failed,
            tasks,
        }
    }

    /// Takes one; never waits.
    ///
    /// # Errors
    /// Too many wait already: it has failed.
    pub fn settle(&self, settle: Settle) -> Result<(), Settle> {
        let desk = if matches!(settle, Settle::Delete { .. }) {
            &self.deletes
        } else {
            &self.hides
        };
        desk.try_send(settle).map_err(TrySendError::into_inner)
    }

    /// The next one that failed.
    pub async fn failed(&mut self) -> Settle {
        match self.failed.recv().await {
            Some(settle) => settle,
            None => std::future::pending().await,
        }
    }

    /// Sends what is left and waits for it, for up to `patience`.
    pub async fn finish(self, patience: Duration) {
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
                "SQS did not take all deletions in time: some messages will be delivered again"
            );
        }
    }
}

/// What both tasks work with.
#[derive(Debug, Clone)]
struct Desk {
    queue: Arc<Queue>,
    failing: UnboundedSender<Settle>,
}

impl Desk {
    async fn delete(self, batch: Vec<Settle>) {
        let receipts: Vec<&str> = batch.iter().map(receipt).collect();
        let result = self.queue.delete(&receipts).await;
        self.report(
            batch,
            result,
            "delivered messages could not be deleted, which is tried again",
        );
    }

    async fn hide(self, batch: Vec<Settle>) {
        let messages: Vec<(&str, Duration)> = batch
            .iter()
            .map(|settle| (receipt(settle), span(settle)))
            .collect();
        let result = self.queue.hide(&messages).await;
        self.report(
            batch,
            result,
            "messages could not be hidden for longer or shown again",
        );
    }

    fn report(&self, batch: Vec<Settle>, result: Result<Vec<usize>, QueueError>, what: &str) {
        let failed = match result {
            Ok(refused) => refused,
            Err(error) => {
                tracing::warn!("{} {what}: {error}", batch.len());
                (0..batch.len()).collect()
            }
        };
        for (index, settle) in batch.into_iter().enumerate() {
            if failed.contains(&index) {
                // Nobody listens any more while the last ones are settled.
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
