//! What goes out together, and when.

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
async fn a_window_is_waited_for_unless_the_batch_is_full_or_flushed() {
    let ((sender, entries), (sent, mut batches)) =
        (channel(100), tokio::sync::mpsc::unbounded_channel());
    let (batch, flush) = (
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
    tokio::spawn(gather(
        entries,
        batch,
        BatchMode::OneByOne,
        flush.clone(),
        tell,
    ));
    for entry in 0..4 {
        sender.send(entry).await.unwrap();
    }
    assert_eq!(batches.recv().await, Some(3), "it is full");
    assert!(batches.try_recv().is_err(), "the fourth has an hour");
    flush.cancel();
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
        BatchMode::OneByOne,
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
        BatchMode::OneByOne,
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
        BatchMode::AtOnce,
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
