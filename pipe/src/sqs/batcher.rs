//! Door: forms batches of single entries.

use std::ops::Range;

use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::definition::Batch;
use crate::targets::Refusal;

/// Batches that may be under way in [`BatchMode::OneByOne`]: more of them would not be faster.
const MOST: usize = 16;

/// When a batch goes out that is not full, once its window is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchMode {
    /// When no other batch is under way. For requests that are soon over: entries that arrive
    /// meanwhile join the next batch.
    OneByOne,
    /// At once, however many batches are under way. For requests that may take minutes.
    AtOnce,
}

/// Forms batches of `entries` and spawns `send` for each, until no more entries can come and the
/// last batch is sent.
///
/// A batch goes out when it is full, or when the window that its first entry opens is over and
/// `mode` allows it. Without a window no timer runs: the first entry goes out at once, and the next
/// batch fills while the first is under way. Once `flush` is cancelled, no window is waited for.
pub(crate) async fn gather<T: Send + 'static, F>(
    mut entries: Receiver<T>,
    limits: Batch,
    mode: BatchMode,
    flush: CancellationToken,
    send: impl Fn(Vec<T>) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    while let Some(first) = entries.recv().await {
        let mut batch = vec![first];
        fill_for_window(&mut batch, &mut entries, limits, &flush).await;
        match mode {
            BatchMode::OneByOne => {
                fill_while_busy(&mut batch, &mut entries, limits.size, &mut under_way).await;
                if under_way.len() >= MOST {
                    under_way.join_next().await;
                }
            }
            BatchMode::AtOnce => {
                // Messages that were received together arrive together, if they get a turn to.
                tokio::task::yield_now().await;
                fill_with_waiting(&mut batch, &mut entries, limits.size);
            }
        }
        while under_way.try_join_next().is_some() {}
        under_way.spawn(send(batch));
    }
    while under_way.join_next().await.is_some() {}
}

/// Adds entries until the batch is full, its window is over, or no more entries can come.
async fn fill_for_window<T>(
    batch: &mut Vec<T>,
    entries: &mut Receiver<T>,
    limits: Batch,
    flush: &CancellationToken,
) {
    let end = Instant::now() + limits.window;
    fill_with_waiting(batch, entries, limits.size);
    while batch.len() < limits.size && Instant::now() < end && !flush.is_cancelled() {
        tokio::select! {
            entry = entries.recv() => match entry {
                Some(entry) => batch.push(entry),
                None => return,
            },
            () = tokio::time::sleep_until(end) => {}
            () = flush.cancelled() => {}
        }
    }
}

/// Adds entries while other batches are under way, until the batch is full or no more entries can
/// come.
async fn fill_while_busy<T>(
    batch: &mut Vec<T>,
    entries: &mut Receiver<T>,
    size: usize,
    under_way: &mut JoinSet<()>,
) {
    loop {
        fill_with_waiting(batch, entries, size);
        if batch.len() == size || under_way.is_empty() {
            return;
        }
        tokio::select! {
            entry = entries.recv() => match entry {
                Some(entry) => batch.push(entry),
                None => return,
            },
            _ = under_way.join_next() => {}
        }
    }
}

/// Adds the entries that wait already, up to the size of a batch.
fn fill_with_waiting<T>(batch: &mut Vec<T>, entries: &mut Receiver<T>, size: usize) {
    while batch.len() < size
        && let Ok(entry) = entries.try_recv()
    {
        batch.push(entry);
    }
}

/// Sends a batch of `count` entries with one request. A request that is refused for its content is
/// sent again entry by entry, so that the refusal meets only the entry that it is about. One result
/// for each entry.
///
/// `send` sends the entries of a range with one request, and returns one result for each of them,
/// or the refusal of the whole request.
pub(crate) async fn batch_then_each<R, F>(
    count: usize,
    send: impl Fn(Range<usize>) -> F,
) -> Vec<Result<R, Refusal>>
where
    F: Future<Output = Result<Vec<Result<R, Refusal>>, Refusal>>,
{
    let refusal = match send(0..count).await {
        Ok(results) => return results,
        Err(refusal) => refusal,
    };
    if count == 1 || !refusal.may_be_one_entry() {
        return (0..count).map(|_| Err(refusal.clone())).collect();
    }
    let mut results = Vec::with_capacity(count);
    for index in 0..count {
        let alone = send(index..index + 1).await;
        results.extend(alone.unwrap_or_else(|refusal| vec![Err(refusal)]));
    }
    results
}

#[cfg(test)]
mod tests;
