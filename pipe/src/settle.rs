//! Door: tells the queue what became of messages, ten at a time.
//!
//! There is no timer: the first entry goes out at once, and while it is under way the next batch gathers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::definition::Batch;
use crate::flow::{BATCH, Settle};
use crate::gather::gather;
use crate::source::Queue;

/// Entries that may wait. More means that SQS does not answer; what does not fit is only repeated later.
const WAITING: usize = 4096;

/// Takes what is to be settled.
#[derive(Debug)]
pub struct Settler {
    deletes: Sender<String>,
    hides: Sender<(String, Duration)>,
    tasks: JoinSet<()>,
}

impl Settler {
    /// Starts the two tasks that gather and send.
    pub fn start(queue: &Arc<Queue>) -> Settler {
        let ((deletes, to_delete), (hides, to_hide)) = (channel(WAITING), channel(WAITING));
        let mut tasks = JoinSet::new();
        let (deleting, hiding) = (queue.clone(), queue.clone());
        let (batch, hurry) = (Batch { size: BATCH, window: Duration::ZERO }, CancellationToken::new());
        tasks.spawn(gather(to_delete, batch, hurry.clone(), move |batch| delete(deleting.clone(), batch)));
        tasks.spawn(gather(to_hide, batch, hurry, move |batch| hide(hiding.clone(), batch)));
        Settler { deletes, hides, tasks }
    }

    /// Takes one; never waits. When too many wait already, the message is left to its visibility timeout.
    pub fn settle(&self, settle: Settle) {
        let taken = match settle {
            Settle::Delete { receipt } => self.deletes.try_send(receipt).is_ok(),
            Settle::Hide { receipt, span } => self.hides.try_send((receipt, span)).is_ok(),
        };
        if !taken {
            tracing::warn!("SQS is too slow in settling messages: one will be seen again");
        }
    }

    /// Sends what is left and waits for it, for up to `patience`.
    pub async fn finish(self, patience: Duration) {
        let Settler { deletes, hides, mut tasks } = self;
        drop((deletes, hides));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("SQS did not take all deletions in time: some messages will be delivered again");
        }
    }
}

async fn delete(queue: Arc<Queue>, receipts: Vec<String>) {
    if let Err(error) = queue.delete(&receipts).await {
        tracing::warn!("{} delivered messages could not be deleted and will be seen again: {error}", receipts.len());
    }
}

async fn hide(queue: Arc<Queue>, messages: Vec<(String, Duration)>) {
    if let Err(error) = queue.hide(&messages).await {
        tracing::warn!("the visibility of {} messages could not be changed: {error}", messages.len());
    }
}
