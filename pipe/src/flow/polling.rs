//! When to receive, and how many messages.

use std::time::Duration;

use kit::time::Timestamp;

use super::command::Poll;
use super::limits::{BATCH, MOST_BYTES};
use super::machine::Flow;
use super::settings::Order;
use super::work::Work;

/// Messages are received this long in advance, which is what a receive takes, so that no delivery
/// waits for one. Not longer: should the pipe end, each of them has one receive more.
const AHEAD: Duration = Duration::from_millis(100);

/// When so many messages that failed wait for another try, hardly more are received.
const MOST_WAITING: usize = 10_000;

/// How often messages are received all the same: those that wait need others to be compared with.
const TRICKLE: Duration = Duration::from_secs(1);

/// So many messages that are known to fail may wait at the queue for their next receive. SQS lets
/// 120,000 be in flight.
const MOST_PARKED: usize = 60_000;

/// When too few messages are known to fail, others are looked for after this time.
const PARKING_PAUSE: Duration = Duration::from_millis(50);

/// How long a receive waits at the queue: the most that SQS allows, for the fewest requests while
/// idle.
const LONG_POLL: Duration = Duration::from_secs(20);

/// How long before a blocked group comes back a receive of several messages must be over.
pub(super) const MARGIN: Duration = Duration::from_secs(1);

impl Flow {
    /// The next receive while messages flow.
    pub(super) fn next_poll(&mut self, now: Timestamp) -> Option<Poll> {
        let room = self.room(now);
        let is_no_hurry = room < BATCH && self.backlog.fresh() > 0;
        if self.is_crowded() {
            let poll = match is_no_hurry {
                true => None,
                false => self.park_and_poll(now, room),
            };
            return poll.or_else(|| self.trickle(now));
        }
        if is_no_hurry {
            // Ten messages cost one request.
            return None;
        }
        self.begin_poll(now, room)
    }

    /// Receives as many messages as can wait at the queue instead of here: known to fail, and sure
    /// to come back.
    fn park_and_poll(&mut self, now: Timestamp, room: usize) -> Option<Poll> {
        let (most, _) = self.poll_shape(now);
        if now < self.next_parking || !self.polls.may_begin(now, room, most) {
            return None;
        }
        let since = self
            .parked
            .partition_point(|&at| at + self.settings.visibility <= now);
        self.parked.drain(..since);
        let free = MOST_PARKED.saturating_sub(self.parked.len());
        let parked = self.leave_unlikely(now, room.min(most).min(free));
        if parked < most.min(room) {
            self.next_parking = now + PARKING_PAUSE;
        }
        self.parked.extend(std::iter::repeat_n(now, parked));
        self.begin_poll(now, parked)
    }

    /// Leaves up to `count` messages that are known to fail to the queue, unless that would be the
    /// end of them.
    fn leave_unlikely(&mut self, now: Timestamp, count: usize) -> usize {
        let is_left = |flow: &mut Flow| {
            let work = flow.backlog.take_unlikely();
            work.inspect(|work| flow.give_up(now, work, None)).is_some()
        };
        (0..count).take_while(|_| is_left(self)).count()
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
        if self.is_large() {
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

    fn is_large(&self) -> bool {
        let size = self.leases.bytes() / self.leases.len().max(1);
        self.leases.bytes() + self.polls.expected() * size >= MOST_BYTES
    }

    /// Whether the messages that wait for another try leave no room for others.
    fn is_crowded(&self) -> bool {
        let waiting = self.backlog.waiting();
        waiting >= MOST_WAITING || self.is_large() && waiting * 2 > self.leases.len()
    }

    /// When messages are received next although there is no room, if they are needed.
    pub(super) fn next_trickle(&self) -> Option<Timestamp> {
        let is_dry = self.backlog.fresh() + self.polls.expected() == 0;
        (is_dry && self.is_crowded()).then_some(self.trickled + TRICKLE)
    }

    /// Receives a few messages although there is no room. For each of them one that is known to
    /// fail is left to the queue, unless that would be the end of it.
    fn trickle(&mut self, now: Timestamp) -> Option<Poll> {
        if self.next_trickle().is_none_or(|at| now < at) {
            return None;
        }
        let room = self.leave_unlikely(now, BATCH);
        self.trickled = now;
        let least = if self.is_bounded() { BATCH } else { 1 };
        self.begin_poll(now, room.max(least))
    }

    /// Whether those that wait cannot be compared with a message that was received although there
    /// is no room: it is known to fail itself.
    pub(super) fn is_of_no_use(&self, work: &Work) -> bool {
        self.breaker.is_closed() && self.is_crowded() && self.suspects.was_left(&work.id)
    }

    /// Lets another receive follow at once. Returns whether the message is to be left to the queue
    /// again without a try.
    pub(super) fn trickled_in_vain(&mut self, work: &Work) -> bool {
        let comes_back = comes_back(work, self.settings.max_receives);
        if comes_back || self.is_bounded() {
            self.trickled = Timestamp::default();
        }
        comes_back
    }

    /// Whether a few more messages may be leased although there is no room.
    fn is_bounded(&self) -> bool {
        self.backlog.waiting() < 2 * MOST_WAITING && self.leases.bytes() < 2 * MOST_BYTES
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
        let ahead = ((limit as f64 * rounds) as usize).clamp(1, limit.max(BATCH));
        // Many slots may come free at once. New messages go first, as long as there are enough.
        ahead.max(self.backlog.waiting().min(limit / 2))
    }

    /// How long a receive from a FIFO queue waits at most. It may begin before a group is blocked,
    /// so the first message of that group must stay hidden for longer.
    pub(super) fn longest_wait(&self) -> Duration {
        (self.settings.visibility / 2).clamp(MARGIN, LONG_POLL)
    }

    /// How many messages a receive may ask for, and how long it waits. On a FIFO queue, a receive
    /// that begins before the first message of a blocked group comes back must end before that, and
    /// the message that comes back must come alone.
    fn poll_shape(&mut self, now: Timestamp) -> (usize, Duration) {
        let visibility = self.settings.visibility;
        let wait = match self.settings.order {
            Order::Standard => return (BATCH, LONG_POLL),
            Order::Fifo => self.longest_wait(),
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

/// Whether a message that is left to the queue is received once more.
pub(super) fn comes_back(work: &Work, most: Option<u32>) -> bool {
    most.is_none_or(|most| work.receives < most)
}
