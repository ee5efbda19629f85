//! Door: tells the queue what became of messages, ten at a time.
//!
//! There is no timer: the first entry goes out at once, and while it is under way the next batch gathers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use crate::flow::{BATCH, Settle};
use crate::source::Queue;

/// Entries that may wait. More means that SQS does not answer; what does not fit is only repeated later.
const WAITING: usize = 4096;

/// Requests that may be under way, of each sort.
const MOST: usize = 16;

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
        tasks.spawn(gather(to_delete, move |batch| delete(deleting.clone(), batch)));
        tasks.spawn(gather(to_hide, move |batch| hide(hiding.clone(), batch)));
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

/// Gathers entries to batches: one goes out when it is full, or when nothing else is under way.
async fn gather<T: Send + 'static, F>(mut entries: Receiver<T>, send: impl Fn(Vec<T>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    while let Some(first) = entries.recv().await {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            if let Ok(entry) = entries.try_recv() {
                batch.push(entry);
            } else if under_way.is_empty() {
                break;
            } else {
                tokio::select! {
                    entry = entries.recv() => match entry {
                        Some(entry) => batch.push(entry),
                        None => break,
                    },
                    _ = under_way.join_next() => {}
                }
            }
        }
        if under_way.len() >= MOST {
            under_way.join_next().await;
        }
        under_way.spawn(send(batch));
    }
    while under_way.join_next().await.is_some() {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn the_first_goes_at_once_and_the_next_gather_while_it_is_under_way() {
        let (sender, entries) = channel(100);
        let (batches, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let (seen, wait) = (batches.clone(), gate.clone());
        let gathering = tokio::spawn(gather(entries, move |batch: Vec<u32>| {
            seen.lock().unwrap().push(batch.len());
            let wait = wait.clone();
            async move { drop(wait.acquire().await) }
        }));
        sender.send(0).await.unwrap();
        while batches.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        for entry in 1..=23 {
            sender.send(entry).await.unwrap();
        }
        while batches.lock().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(100);
        drop(sender);
        gathering.await.unwrap();
        assert_eq!(*batches.lock().unwrap(), [1, 10, 10, 3]);
    }
}
