//! When to receive, and how many messages.

use std::time::Duration;

use kit::time::Timestamp;

use super::command::Poll;
use super::limits::{BATCH, MOST_BYTES};
use super::machine::Flow;
use super::settings::Order;

/// Messages are received this long in advance, which is what a receive takes, so that no delivery
/// waits for one. Not longer: should the pipe end, each of them has one receive more.
const AHEAD: Duration = Duration::from_millis(100);

/// When so many messages that failed wait for another try, no more are received.
const MOST_WAITING: usize = 2000;

/// How long a receive waits at the queue: the most that SQS allows, for the fewest requests while
/// idle.
const LONG_POLL: Duration = Duration::from_secs(20);

/// How long before a blocked group comes back a receive of several messages must be over.
const MARGIN: Duration = Duration::from_secs(1);

impl Flow {
    /// The next receive while messages flow.
    pub(super) fn next_poll(&mut self, now: Timestamp) -> Option<Poll> {
        let room = self.room(now);
        if room < BATCH && self.backlog.fresh() > 0 {
            // There is no hurry, and ten messages cost one request.
            return None;
        }
        self.begin_poll(now, room)
    }

    /// Begins a receive of up to `wanted` messages, if one more makes sense.
    pub(super) fn begin_poll(&mut self, now: Timestamp, wanted: usize) -> Option<Poll> {
        let (most, wait) = self.poll_shape(now);
        let count = self.polls.begin(now, wanted, most)?;
        Some(Poll { count, wait })
    }

    /// How many more messages may be leased: those that can be under way and those needed in
    /// advance, as long as they are not too large. Messages that wait for another try have room of
    /// their own.
    fn room(&self, now: Timestamp) -> usize {
        let expected = self.polls.expected();
        let size = self.leases.bytes() / self.leases.len().max(1);
        let is_large = self.leases.bytes() + expected * size >= MOST_BYTES;
        if is_large || self.backlog.waiting() >= MOST_WAITING {
            return 0;
        }
        let free = if self.is_throttled() {
            0
        } else {
            self.concurrency
                .limit()
                .saturating_sub(self.slots_taken(now))
        };
        (free + self.ahead()).saturating_sub(self.backlog.fresh() + expected)
    }

    /// How many messages are delivered while a receive is under way.
    fn ahead(&self) -> usize {
        if self.is_throttled() {
            return (self.under_way.per_second() / 5).clamp(1, 3 * BATCH);
        }
        let limit = self.concurrency.limit();
        let Some(usual) = self.under_way.usual() else {
            return BATCH;
        };
        let rounds = AHEAD.as_secs_f64() / usual.as_secs_f64().max(0.001);
        ((limit as f64 * rounds) as usize).clamp(1, limit.max(BATCH))
    }

    /// How many messages a receive may ask for, and how long it waits. On a FIFO queue, a receive
    /// that begins before the first message of a blocked group comes back must end before that, and
    /// the message that comes back must come alone.
    fn poll_shape(&mut self, now: Timestamp) -> (usize, Duration) {
        let visibility = self.settings.visibility;
        let wait = match self.settings.order {
            Order::Standard => return (BATCH, LONG_POLL),
            Order::Fifo => (visibility / 2).clamp(MARGIN, LONG_POLL),
        };
        let patience = visibility * 2 + LONG_POLL;
        match self.blocked.next(now, patience).map(|due| due.since(now)) {
            // In whole seconds, as SQS waits.
            Some(left) if left >= MARGIN * 2 => {
                let until = Duration::from_secs((left - MARGIN).as_secs());
                (BATCH, wait.min(until))
            }
            Some(_) => (1, wait),
            None => (BATCH, wait),
        }
    }
}
