//! When the messages of one queue leave, and how many together. Pure: time comes in as an argument,
//! no SDK, no task.
//!
//! No message waits without need: the first one of a queue leaves at once; while its request is
//! under way the next ones gather, and leave together when they fill a batch, when the request
//! comes back, or when it is away for longer than usual. Nobody waits for somebody else's timeout:
//! a request that is late no longer counts. A batch that is not full leaves only when no other
//! request is under way, so that batches fill before they multiply. A FIFO queue has one request
//! under way at a time, so that messages keep the order in which they came.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pending::PendingMessage;

/// SQS's limits for one batch: `docs/aws/sqs.md#quotas`.
const BATCH_ENTRIES: usize = 10;
const BATCH_BYTES: usize = 1_048_576;

/// Requests under way for one queue at a time, late ones aside. More would only help a queue that
/// gets more than `BATCH_ENTRIES * REQUESTS` messages within one round trip.
const REQUESTS: usize = 16;

/// A request is late when it is away for twice as long as usual, within these bounds. The upper one
/// is the longest that a message ever waits for the request of others.
const LEAST_PATIENCE: Duration = Duration::from_millis(5);
const MOST_PATIENCE: Duration = Duration::from_millis(50);

/// The messages of one queue, waiting or under way.
#[derive(Debug)]
pub(super) struct Coalescer {
    waiting: VecDeque<PendingMessage>,
    /// The bytes of those that wait.
    bytes: usize,
    /// The most requests that may be under way at a time.
    most: usize,
    /// Requests that have not been away for longer than usual: their numbers, and when they are
    /// late.
    in_time: Vec<(u64, Instant)>,
    late: usize,
    /// How many requests there were.
    requests: u64,
    /// How long a request takes on average.
    usual: Duration,
}

/// Messages that leave in one request.
#[derive(Debug)]
pub(super) struct Batch {
    /// The number of the request.
    pub number: u64,
    pub messages: Vec<PendingMessage>,
}

impl Coalescer {
    /// For a queue that keeps the order of its messages, or one that does not.
    pub(super) fn new(is_fifo: bool) -> Coalescer {
        Coalescer {
            waiting: VecDeque::new(),
            bytes: 0,
            most: if is_fifo { 1 } else { REQUESTS },
            in_time: Vec::new(),
            late: 0,
            requests: 0,
            usual: MOST_PATIENCE,
        }
    }

    /// Adds a message. A batch that is returned must be sent now.
    pub(super) fn push(&mut self, pending: PendingMessage, now: Instant) -> Option<Batch> {
        self.bytes += pending.message.size();
        self.waiting.push_back(pending);
        self.due(now)
    }

    /// When the next of the requests under way is late, if it does not come back before.
    pub(super) fn next_late(&self) -> Option<Instant> {
        self.in_time.iter().map(|(_, late_at)| *late_at).min()
    }

    /// Time has passed: requests that are late by now hold up nobody. A batch that is returned must
    /// be sent now.
    pub(super) fn pass(&mut self, now: Instant) -> Option<Batch> {
        let before = self.in_time.len();
        self.in_time.retain(|(_, late_at)| now < *late_at);
        self.late += before - self.in_time.len();
        self.due(now)
    }

    /// A request came back after this time. A batch that is returned must be sent now.
    pub(super) fn returned(&mut self, number: u64, after: Duration, now: Instant) -> Option<Batch> {
        let before = self.in_time.len();
        self.in_time.retain(|(own, _)| *own != number);
        if self.in_time.len() == before {
            self.late = self.late.saturating_sub(1);
        }
        self.usual = (self.usual * 7 + after.min(MOST_PATIENCE)) / 8;
        self.due(now)
    }

    /// How long a request may be away before it is late.
    fn patience(&self) -> Duration {
        (self.usual * 2).clamp(LEAST_PATIENCE, MOST_PATIENCE)
    }

    /// Whether nothing waits and no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_time.is_empty() && self.late == 0
    }

    /// The batch that must be sent now, if there is one.
    fn due(&mut self, now: Instant) -> Option<Batch> {
        let is_full = self.waiting.len() >= BATCH_ENTRIES || self.bytes >= BATCH_BYTES;
        let under_way = self.in_time.len();
        if under_way > 0 && !(is_full && under_way < self.most) {
            return None;
        }
        let messages = self.take();
        if messages.is_empty() {
            return None;
        }
        self.requests += 1;
        let number = self.requests;
        self.in_time.push((number, now + self.patience()));
        Some(Batch { number, messages })
    }

    /// As many of the waiting messages as fit into one request, in order. A message whose caller
    /// has stopped waiting is dropped.
    fn take(&mut self) -> Vec<PendingMessage> {
        let mut batch = Vec::new();
        let mut room = BATCH_BYTES;
        while let Some(pending) = self.waiting.pop_front() {
            let size = pending.message.size();
            if pending.is_abandoned() {
                self.bytes = self.bytes.saturating_sub(size);
                continue;
            }
            if batch.len() == BATCH_ENTRIES || (size > room && !batch.is_empty()) {
                self.waiting.push_front(pending);
                break;
            }
            self.bytes = self.bytes.saturating_sub(size);
            room = room.saturating_sub(size);
            batch.push(pending);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::message;
    use super::*;
    use crate::integration_response::Answer;
    use tokio::sync::oneshot;

    fn pending(size: usize) -> (PendingMessage, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        let pending = PendingMessage {
            message: message("https://x/orders", &"x".repeat(size)),
            deadline: Instant::now(),
            answer,
        };
        (pending, receiver)
    }

    /// A queue, the callers of its messages, and the numbers of its requests.
    struct Queue(Coalescer, Vec<oneshot::Receiver<Answer>>, VecDeque<u64>);

    impl Queue {
        fn new(is_fifo: bool) -> Queue {
            Queue(Coalescer::new(is_fifo), Vec::new(), VecDeque::new())
        }

        /// How many messages leave as one of this size comes in.
        fn push(&mut self, size: usize) -> usize {
            let (entry, caller) = pending(size);
            self.1.push(caller);
            let batch = self.0.push(entry, Instant::now());
            self.left(batch)
        }

        /// How many messages leave as each of so many comes in.
        fn push_each(&mut self, messages: usize) -> Vec<usize> {
            (0..messages).map(|_| self.push(1)).collect()
        }

        /// How many messages leave as the oldest request comes back.
        fn returned(&mut self) -> usize {
            let number = self.2.pop_front().unwrap_or_default();
            let after = Duration::from_millis(1);
            let batch = self.0.returned(number, after, Instant::now());
            self.left(batch)
        }

        /// How many messages leave as the next request is late.
        fn is_late(&mut self) -> usize {
            let batch = self.0.pass(self.0.next_late().unwrap());
            self.left(batch)
        }

        fn left(&mut self, batch: Option<Batch>) -> usize {
            batch.map_or(0, |batch| {
                self.2.push_back(batch.number);
                batch.messages.len()
            })
        }
    }

    #[test]
    fn batches_keep_to_ten_entries_and_one_mebibyte() {
        let mut queue = Queue::new(true);
        assert_eq!(queue.push_each(26).iter().sum::<usize>(), 1);
        assert_eq!(
            [(); 4].map(|()| queue.returned()),
            [10, 10, 5, 0],
            "what waits leaves in tens"
        );
        let mut queue = Queue::new(true);
        let left = [1, 600_000, 600_000, 2_000_000, 1].map(|size| queue.push(size));
        assert_eq!(left, [1, 0, 0, 0, 0]);
        assert_eq!(
            [(); 5].map(|()| queue.returned()),
            [1, 1, 1, 1, 0],
            "an oversized message travels alone, so that only it is refused"
        );
        let mut queue = Queue::new(false);
        assert_eq!(
            [1, 600_000, 600_000].map(|size| queue.push(size)),
            [1, 0, 1],
            "bytes fill a batch too"
        );
    }

    #[test]
    fn a_caller_who_left_takes_the_message_back() {
        let mut queue = Queue::new(false);
        queue.push_each(3);
        drop(queue.1.remove(1));
        assert_eq!((queue.returned(), queue.returned()), (1, 0));
        assert!(queue.0.is_idle());
    }

    #[test]
    fn the_first_leaves_at_once_and_only_full_batches_follow() {
        let mut queue = Queue::new(false);
        let left = queue.push_each(25);
        assert_eq!((left[0], left[10], left[20]), (1, 10, 10));
        assert_eq!(left.iter().sum::<usize>(), 21, "no other message left");
        assert_eq!(
            [(); 3].map(|()| queue.returned()),
            [0, 0, 4],
            "what does not fill a batch waits for the last request"
        );
        let mut queue = Queue::new(false);
        queue.push_each(1 + 10 * REQUESTS);
        assert_eq!(
            (queue.0.in_time.len(), queue.0.waiting.len()),
            (REQUESTS, 10),
            "beyond that, they wait"
        );
    }

    #[test]
    fn a_late_request_holds_up_nobody() {
        for is_fifo in [false, true] {
            let mut queue = Queue::new(is_fifo);
            assert_eq!(queue.push_each(3), [1, 0, 0]);
            let early = Instant::now();
            assert!(early < queue.0.next_late().unwrap() && queue.0.pass(early).is_none());
            assert_eq!(queue.is_late(), 2);
            assert_eq!(queue.push(1), 0, "the next request is in time");
            assert_eq!(queue.is_late(), 1);
            assert_eq!(queue.returned(), 0, "the first comes back");
            assert_eq!((queue.0.in_time.len(), queue.0.late), (1, 1));
        }
    }

    #[test]
    fn patience_follows_what_is_usual_and_stays_within_bounds() {
        let mut coalescer = Coalescer::new(false);
        assert_eq!(coalescer.patience(), MOST_PATIENCE);
        let mut after = |time| {
            for _ in 0..100 {
                coalescer.returned(0, time, Instant::now());
            }
            coalescer.patience()
        };
        assert_eq!(after(Duration::ZERO), LEAST_PATIENCE);
        let usual = after(Duration::from_millis(10));
        assert!(
            (Duration::from_millis(19)..=Duration::from_millis(20)).contains(&usual),
            "{usual:?}"
        );
        assert_eq!(after(Duration::from_secs(20)), MOST_PATIENCE);
    }

    #[test]
    fn a_fifo_queue_has_one_request_under_way() {
        let mut queue = Queue::new(true);
        let left = queue.push_each(15).iter().sum::<usize>();
        assert_eq!((left, queue.0.in_time.len()), (1, 1));
        assert_eq!([(); 3].map(|()| queue.returned()), [10, 4, 0]);
        assert!(queue.0.is_idle());
    }
}
