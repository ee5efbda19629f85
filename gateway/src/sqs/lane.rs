//! When messages of one queue leave, and how many together. Pure: knows no SDK and no task.
//!
//! Nothing waits when it need not: the first message of a queue leaves at once; while it is on its
//! way the next ones gather, and leave together when it comes back or when they fill a batch. There
//! is no timer. A FIFO queue has one request under way at a time, so that its order is the order of
//! arrival.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::answer::Answer;
use crate::integration::sqs::SendMessage;

/// SQS's limits for one batch: `docs/aws/sqs.md#quotas`.
const BATCH_ENTRIES: usize = 10;
const BATCH_BYTES: usize = 1_048_576;

/// Requests under way for one queue at a time. More only helps when a single queue is fed faster
/// than `BATCH_ENTRIES * REQUESTS` messages a round trip.
const REQUESTS: usize = 16;

/// One queue's traffic; it exists only while there is some.
#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: VecDeque<Waiting>,
    under_way: usize,
}

/// A message, and who waits for its answer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub message: SendMessage,
    pub answer: oneshot::Sender<Answer>,
}

impl Waiting {
    /// Answers the caller, if it is still there.
    pub(super) fn settle(self, answer: Answer) {
        let _ = self.answer.send(answer);
    }
}

impl Lane {
    /// Takes a message in. What comes back must leave now.
    pub(super) fn enter(&mut self, waiting: Waiting) -> Option<Vec<Waiting>> {
        let requests = if waiting.message.is_fifo() {
            1
        } else {
            REQUESTS
        };
        self.waiting.push_back(waiting);
        let full = self.waiting.len() >= BATCH_ENTRIES && self.under_way < requests;
        (self.under_way == 0 || full).then(|| {
            self.under_way += 1;
            self.take()
        })
    }

    /// A request came back: the next batch, or nothing, and then there is one request less.
    pub(super) fn next(&mut self) -> Vec<Waiting> {
        let batch = self.take();
        if batch.is_empty() {
            self.under_way = self.under_way.saturating_sub(1);
        }
        batch
    }

    /// Whether nothing is under way any more.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0
    }

    /// As many of the waiting messages as fit into one request, in order. Those whose caller has
    /// gone are dropped.
    fn take(&mut self) -> Vec<Waiting> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(waiting) = self.waiting.pop_front() {
            if waiting.answer.is_closed() {
                continue;
            }
            bytes += waiting.message.size();
            if batch.len() == BATCH_ENTRIES || (bytes > BATCH_BYTES && !batch.is_empty()) {
                self.waiting.push_front(waiting);
                break;
            }
            batch.push(waiting);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;

    fn waiting(queue: &str, size: usize) -> (Waiting, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (
            Waiting {
                message: message(queue, &"x".repeat(size)),
                answer,
            },
            receiver,
        )
    }

    #[test]
    fn batches_keep_to_ten_entries_and_one_mebibyte() {
        let mut lane = Lane::default();
        let (entries, _receivers): (Vec<_>, Vec<_>) = (0..25).map(|_| waiting("q", 10)).unzip();
        lane.waiting.extend(entries);
        assert_eq!(
            [
                lane.take().len(),
                lane.take().len(),
                lane.take().len(),
                lane.take().len()
            ],
            [10, 10, 5, 0]
        );
        let sizes = [600_000, 600_000, 2_000_000, 1];
        let (entries, _receivers): (Vec<_>, Vec<_>) =
            sizes.map(|size| waiting("q", size)).into_iter().unzip();
        lane.waiting.extend(entries);
        let sizes: Vec<usize> =
            std::iter::from_fn(|| Some(lane.take().len()).filter(|len| *len > 0)).collect();
        assert_eq!(
            sizes,
            [1, 1, 1, 1],
            "an oversized message travels alone, so that only it is refused"
        );
    }

    #[test]
    fn a_caller_who_left_takes_the_message_back() {
        let mut lane = Lane::default();
        let (gone, receiver) = waiting("q", 1);
        let (stays, _receiver) = waiting("q", 2);
        drop(receiver);
        lane.waiting.extend([gone, stays]);
        let batch = lane.take();
        assert_eq!(
            batch
                .iter()
                .map(|waiting| waiting.message.size())
                .collect::<Vec<_>>(),
            [2]
        );
    }

    /// How many messages leave as each of `count` comes in.
    fn leaving(queue: &str, count: usize) -> (Lane, Vec<usize>) {
        let (mut lane, mut left) = (Lane::default(), Vec::new());
        for _ in 0..count {
            let (entry, receiver) = waiting(queue, 1);
            std::mem::forget(receiver);
            left.push(lane.enter(entry).map_or(0, |batch| batch.len()));
        }
        (lane, left)
    }

    #[test]
    fn the_first_leaves_at_once_and_full_batches_follow() {
        let (lane, left) = leaving("https://x/orders", 21);
        assert_eq!(
            (left[0], left[10], left[20], lane.under_way),
            (1, 10, 10, 3)
        );
        assert_eq!(left.iter().sum::<usize>(), 21, "nobody else left");
        let (lane, _) = leaving("https://x/orders", 1 + 10 * REQUESTS);
        assert_eq!(
            (lane.under_way, lane.waiting.len()),
            (REQUESTS, 10),
            "beyond that, they wait"
        );
    }

    #[test]
    fn a_fifo_queue_has_one_request_under_way() {
        let (mut lane, left) = leaving("https://x/orders.fifo", 15);
        assert_eq!((left.iter().sum::<usize>(), lane.under_way), (1, 1));
        assert_eq!(
            [lane.next().len(), lane.next().len(), lane.next().len()],
            [10, 4, 0]
        );
        assert!(lane.is_idle());
    }
}
