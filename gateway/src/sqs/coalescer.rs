//! When the messages of one queue leave, and how many together. Pure: knows no SDK and no task.
//!
//! No message waits without need: the first one of a queue leaves at once; while its request is
//! under way the next ones gather, and leave together when the request comes back or when they fill
//! a batch. There is no timer. A FIFO queue has one request under way at a time, so that messages
//! keep the order in which they came.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::integration_request::SendMessage;
use crate::integration_response::Answer;

/// SQS's limits for one batch: `docs/aws/sqs.md#quotas`.
const BATCH_ENTRIES: usize = 10;
const BATCH_BYTES: usize = 1_048_576;

/// Requests under way for one queue at a time. More would only help a queue that gets more than
/// `BATCH_ENTRIES * REQUESTS` messages within one round trip.
const REQUESTS: usize = 16;

/// The messages of one queue, waiting or under way. It exists only while there are any.
#[derive(Debug, Default)]
pub(super) struct Coalescer {
    waiting: VecDeque<PendingMessage>,
    under_way: usize,
}

/// A message, and the caller that waits for its answer.
#[derive(Debug)]
pub(super) struct PendingMessage {
    pub message: SendMessage,
    pub answer: oneshot::Sender<Answer>,
}

impl PendingMessage {
    /// Gives the caller its answer, unless it has stopped waiting.
    pub(super) fn settle(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

impl Coalescer {
    /// Adds a message. A batch that is returned must be sent now.
    pub(super) fn push(&mut self, pending: PendingMessage) -> Option<Vec<PendingMessage>> {
        let requests = if pending.message.is_fifo() {
            1
        } else {
            REQUESTS
        };
        self.waiting.push_back(pending);
        let full = self.waiting.len() >= BATCH_ENTRIES && self.under_way < requests;
        (self.under_way == 0 || full).then(|| {
            self.under_way += 1;
            self.take()
        })
    }

    /// The next batch for a request that came back; when it is empty, there is one request less.
    pub(super) fn next(&mut self) -> Vec<PendingMessage> {
        let batch = self.take();
        if batch.is_empty() {
            self.under_way = self.under_way.saturating_sub(1);
        }
        batch
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// As many of the waiting messages as fit into one request, in order. A message whose caller
    /// has stopped waiting is dropped.
    fn take(&mut self) -> Vec<PendingMessage> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(pending) = self.waiting.pop_front() {
            if pending.answer.is_closed() {
                continue;
            }
            bytes += pending.message.size();
            if batch.len() == BATCH_ENTRIES || (bytes > BATCH_BYTES && !batch.is_empty()) {
                self.waiting.push_front(pending);
                break;
            }
            batch.push(pending);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    fn pending(queue: &str, size: usize) -> (PendingMessage, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (
            PendingMessage {
                message: message(queue, &"x".repeat(size)),
                answer,
            },
            receiver,
        )
    }

    #[test]
    fn batches_keep_to_ten_entries_and_one_mebibyte() {
        let mut coalescer = Coalescer::default();
        let (entries, _receivers): (Vec<_>, Vec<_>) = (0..25).map(|_| pending("q", 10)).unzip();
        coalescer.waiting.extend(entries);
        assert_eq!(
            [
                coalescer.take().len(),
                coalescer.take().len(),
                coalescer.take().len(),
                coalescer.take().len()
            ],
            [10, 10, 5, 0]
        );
        let sizes = [600_000, 600_000, 2_000_000, 1];
        let (entries, _receivers): (Vec<_>, Vec<_>) =
            sizes.map(|size| pending("q", size)).into_iter().unzip();
        coalescer.waiting.extend(entries);
        let sizes: Vec<usize> =
            std::iter::from_fn(|| Some(coalescer.take().len()).filter(|len| *len > 0)).collect();
        assert_eq!(
            sizes,
            [1, 1, 1, 1],
            "an oversized message travels alone, so that only it is refused"
        );
    }

    #[test]
    fn a_caller_who_left_takes_the_message_back() {
        let mut coalescer = Coalescer::default();
        let (gone, receiver) = pending("q", 1);
        let (stays, _receiver) = pending("q", 2);
        drop(receiver);
        coalescer.waiting.extend([gone, stays]);
        let batch = coalescer.take();
        assert_eq!(
            batch
                .iter()
                .map(|pending| pending.message.size())
                .collect::<Vec<_>>(),
            [2]
        );
    }

    /// How many messages leave as each of `count` comes in.
    fn leaving(queue: &str, count: usize) -> (Coalescer, Vec<usize>) {
        let mut coalescer = Coalescer::default();
        let mut left = Vec::new();
        for _ in 0..count {
            let (entry, receiver) = pending(queue, 1);
            std::mem::forget(receiver);
            left.push(coalescer.push(entry).map_or(0, |batch| batch.len()));
        }
        (coalescer, left)
    }

    #[test]
    fn the_first_leaves_at_once_and_full_batches_follow() {
        let (coalescer, left) = leaving("https://x/orders", 21);
        assert_eq!(
            (left[0], left[10], left[20], coalescer.under_way),
            (1, 10, 10, 3)
        );
        assert_eq!(left.iter().sum::<usize>(), 21, "no other message left");
        let (coalescer, _) = leaving("https://x/orders", 1 + 10 * REQUESTS);
        assert_eq!(
            (coalescer.under_way, coalescer.waiting.len()),
            (REQUESTS, 10),
            "beyond that, they wait"
        );
    }

    #[test]
    fn a_fifo_queue_has_one_request_under_way() {
        let (mut coalescer, left) = leaving("https://x/orders.fifo", 15);
        assert_eq!((left.iter().sum::<usize>(), coalescer.under_way), (1, 1));
        assert_eq!(
            [
                coalescer.next().len(),
                coalescer.next().len(),
                coalescer.next().len()
            ],
            [10, 4, 0]
        );
        assert!(coalescer.is_idle());
    }
}
