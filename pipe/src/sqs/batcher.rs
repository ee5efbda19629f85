//! Door: gathers single entries to batches.
//!
//! Without a window there is no timer: the first goes out at once, and while it is under way the
//! next batch gathers.

use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::definition::Batch;

/// Batches that may be under way, where more of them would not be faster.
const MOST: usize = 16;

/// How eagerly batches go out that are neither full nor at the end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// One at a time: what comes meanwhile gathers, for a request is soon over.
    OneByOne,
    /// At once, however many are under way: each may take minutes.
    AtOnce,
}

/// Sends batches until no more entries can come: one when it is full, when its window is over, or,
/// without a window, when `haste` lets it go. Windows end early when there is `hurry`.
pub async fn gather<T: Send + 'static, F>(
    mut entries: Receiver<T>,
    batch: Batch,
    haste: Haste,
    hurry: CancellationToken,
    send: impl Fn(Vec<T>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    while let Some(first) = entries.recv().await {
        let mut gathered = vec![first];
        let due = Instant::now() + batch.window;
        let mut looked_again = haste == Haste::OneByOne;
        while gathered.len() < batch.size {
            if let Ok(entry) = entries.try_recv() {
                gathered.push(entry);
                continue;
            }
            let is_due = hurry.is_cancelled() || Instant::now() >= due;
            if is_due && (haste == Haste::AtOnce || under_way.is_empty()) {
                if std::mem::replace(&mut looked_again, true) {
                    break;
                }
                // What was received together comes together, if it is let.
                tokio::task::yield_now().await;
                continue;
            }
            tokio::select! {
                entry = entries.recv() => match entry {
                    Some(entry) => gathered.push(entry),
                    None => break,
                },
                _ = under_way.join_next(), if !under_way.is_empty() => {}
                () = tokio::time::sleep_until(due), if !is_due => {}
                () = hurry.cancelled(), if !is_due => {}
            }
        }
        while under_way.try_join_next().is_some() {}
        if haste == Haste::OneByOne && under_way.len() >= MOST {
            under_way.join_next().await;
        }
        under_way.spawn(send(gathered));
    }
    while under_way.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tokio::sync::Semaphore;
    use tokio::sync::mpsc::channel;

    const TEN: Batch = Batch {
        size: 10,
        window: Duration::ZERO,
    };

    #[tokio::test]
    async fn a_window_is_waited_for_unless_the_batch_is_full_or_there_is_hurry() {
        let ((sender, entries), (sent, mut batches)) =
            (channel(100), tokio::sync::mpsc::unbounded_channel());
        let (batch, hurry) = (
            Batch {
                size: 3,
                window: Duration::from_secs(3600),
            },
            CancellationToken::new(),
        );
        let tell = move |batch: Vec<u32>| {
            let told = sent.send(batch.len());
            async move { assert!(told.is_ok()) }
        };
        tokio::spawn(gather(entries, batch, Haste::OneByOne, hurry.clone(), tell));
        for entry in 0..4 {
            sender.send(entry).await.unwrap();
        }
        assert_eq!(batches.recv().await, Some(3), "it is full");
        assert!(batches.try_recv().is_err(), "the fourth has an hour");
        hurry.cancel();
        assert_eq!(batches.recv().await, Some(1), "no time to wait");
    }

    #[tokio::test]
    async fn the_last_entries_do_not_wait_for_a_window_that_nothing_more_comes_in() {
        let ((sender, entries), (sent, mut batches)) =
            (channel(100), tokio::sync::mpsc::unbounded_channel());
        let batch = Batch {
            size: 3,
            window: Duration::from_secs(3600),
        };
        let tell = move |batch: Vec<u32>| {
            let told = sent.send(batch.len());
            async move { assert!(told.is_ok()) }
        };
        sender.send(0).await.unwrap();
        drop(sender);
        gather(
            entries,
            batch,
            Haste::OneByOne,
            CancellationToken::new(),
            tell,
        )
        .await;
        assert_eq!(
            (batches.recv().await, batches.recv().await),
            (Some(1), None)
        );
    }

    #[tokio::test]
    async fn the_first_goes_at_once_and_the_next_gather_while_it_is_under_way() {
        let (sender, entries) = channel(100);
        let (batches, gate) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(Semaphore::new(0)),
        );
        let (seen, wait) = (batches.clone(), gate.clone());
        let send = move |batch: Vec<u32>| {
            seen.lock().unwrap().push(batch.len());
            let wait = wait.clone();
            async move { drop(wait.acquire().await) }
        };
        let gathering = tokio::spawn(gather(
            entries,
            TEN,
            Haste::OneByOne,
            CancellationToken::new(),
            send,
        ));
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

    #[tokio::test]
    async fn what_may_take_minutes_holds_nothing_up() {
        let ((sender, entries), (sent, mut batches)) =
            (channel(100), tokio::sync::mpsc::unbounded_channel());
        let send = move |batch: Vec<u32>| {
            let told = sent.send(batch.len());
            async move {
                assert!(told.is_ok());
                std::future::pending::<()>().await;
            }
        };
        tokio::spawn(gather(
            entries,
            TEN,
            Haste::AtOnce,
            CancellationToken::new(),
            send,
        ));
        for count in [1, 3] {
            for entry in 0..count {
                sender.send(entry).await.unwrap();
            }
            assert_eq!(batches.recv().await, Some(count as usize));
        }
    }
}
