//! What a pipe does next: which message to deliver, when to receive, what to tell the queue. A machine without a clock.
//!
//! The worker tells it what happened (`received`, `finished`) and does what it says (`next`). Here come together: how
//! many deliveries may be under way, the rate, the breaker, FIFO order, and retries without another receive. While the
//! target is down, the few messages that are held stay held, and take turns as the probe: their receive counts do not
//! rise, and no message can keep the breaker open by itself. How anything is sent or received is not known here.

mod backlog;
mod blocked;
mod outcome;
mod polls;
mod step;
mod throttle;
mod undone;

pub use step::{Change, Lost, Order, Poll, Settle, Step, Work};

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use crate::breaker::{Breaker, Permit};
use crate::held::Held;
use crate::pace::{Concurrency, Rates};
use backlog::{Backlog, Place, Recent};
use blocked::Blocked;
use polls::Polls;
use throttle::Throttle;
use undone::Undone;

/// SQS hands out no more than this at once.
pub const BATCH: usize = 10;

/// Messages beyond what can be delivered at once that are received ahead, so that no delivery waits for a receive: as
/// many again, for a receive takes about as long as a delivery, and no less than this.
const AHEAD: usize = BATCH;

/// What is held may have so many bytes together, and is then enough, however few messages it is.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A receive waits at the queue for so long: the most that SQS allows, and the fewest requests while idle.
const LONG_POLL: Duration = Duration::from_secs(20);

/// A receive of several messages must be over when a blocked group comes back, and a little before.
const MARGIN: Duration = Duration::from_secs(1);

/// While the target is down, another message is received after so many probes with each one that is held: should all of
/// these be to blame, there is soon one that is not.
const PROBES_EACH: usize = 3;

/// When so many are held in that way, one is left to the queue for each new one.
const MOST_SUSPECTS: usize = 50;

/// The state of one pipe at work.
#[derive(Debug)]
pub struct Flow {
    order: Order,
    visibility: Duration,
    breaker: Breaker,
    concurrency: Concurrency,
    throttle: Throttle,
    backlog: Backlog,
    blocked: Blocked,
    held: Held,
    delivered: Recent,
    settles: VecDeque<Settle>,
    undone: Undone,
    /// Messages that were given up since somebody asked.
    released: Vec<String>,
    /// Probes since a message was last received to be one.
    probes: usize,
    under_way: usize,
    polls: Polls,
    /// When a rate allows the next delivery.
    next_turn: Option<Timestamp>,
    stopping: bool,
}

impl Flow {
    /// For a queue of this kind that hides messages for `visibility`; at most `most` deliveries at once.
    pub fn new(order: Order, visibility: Duration, most: usize) -> Flow {
        Flow {
            order,
            visibility,
            breaker: Breaker::default(),
            concurrency: Concurrency::new(most),
            throttle: Throttle::default(),
            backlog: Backlog::default(),
            blocked: Blocked::default(),
            held: Held::new(visibility),
            delivered: Recent::default(),
            settles: VecDeque::new(),
            undone: Undone::default(),
            released: Vec::new(),
            probes: 0,
            under_way: 0,
            polls: Polls::default(),
            next_turn: None,
            stopping: false,
        }
    }

    /// The messages that were left to the queue, or handed back to it, since this was asked last.
    pub fn released(&mut self) -> Vec<String> {
        std::mem::take(&mut self.released)
    }

    /// The queue's `VisibilityTimeout` is this now.
    pub fn set_visibility(&mut self, visibility: Duration) {
        self.visibility = visibility;
        self.held.set_visibility(visibility);
    }

    /// A receive that asked for `asked` messages brought `count`. To be told before [`Flow::accept`].
    pub fn received(&mut self, asked: usize, count: usize) {
        self.polls.ended(asked, count);
    }

    /// A receive that asked for `asked` messages failed.
    pub fn poll_failed(&mut self, now: Timestamp, asked: usize) {
        self.polls.failed(now, asked);
    }

    /// Takes a message that is to be delivered. `receipt` is the right to settle this delivery of it.
    pub fn accept(&mut self, now: Timestamp, work: Work, receipt: String) {
        if self.delivered.contains(&work.id) {
            // Deleting it failed, or came too late.
            return self.settles.push_back(Settle::Delete { receipt, tries: 0 });
        }
        if !self.held.take(now, &work.id, receipt, work.size) {
            return;
        }
        if self.stopping {
            self.hand_back(&work.id);
        } else {
            self.backlog.push(work, if self.breaker.is_closed() { Place::Back } else { Place::Front });
        }
    }

    /// Takes a message that no filter lets pass: it is deleted.
    pub fn discard(&mut self, receipt: String) {
        self.settles.push_back(Settle::Delete { receipt, tries: 0 });
    }

    /// The queue was not told what [`Step::Settle`] asked for. Deletes are repeated, and so are extensions as long as
    /// they are of use; a message that was to be shown or hidden only does so later or earlier.
    pub fn settle_failed(&mut self, now: Timestamp, settle: Settle) {
        match settle {
            Settle::Delete { receipt, tries } => self.undone.insert(now, receipt, tries),
            Settle::Hide { id, receipt, .. } => self.held.extension_failed(now, &id, &receipt),
        }
    }

    /// The next thing to do at `now`, until there is none.
    pub fn next(&mut self, now: Timestamp, rates: &Rates) -> Option<Step> {
        let (receipts, span) = self.held.extend(now);
        self.settles.extend(receipts.into_iter().map(|(id, receipt)| Settle::Hide { id, receipt, span }));
        if let Some(settle) = self.settles.pop_front().or_else(|| self.undone.pop(now)) {
            return Some(Step::Settle(settle));
        }
        if self.stopping {
            return None;
        }
        if self.breaker.is_closed() {
            return self.next_delivery(now, rates).map(Step::Deliver).or_else(|| self.next_poll(now));
        }
        self.next_probe(now).map(Step::Deliver).or_else(|| self.next_suspect(now))
    }

    /// When to ask [`Flow::next`] again if nothing happens before.
    pub fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let breaker = match self.breaker.permit_at(now) {
            Permit::Wait(until) if !self.stopping => Some(until),
            _ => None,
        };
        let own = [self.next_turn, self.backlog.next_retry()];
        let queue = [self.polls.next_try(), self.held.next_look(), self.undone.next()];
        // What was due before waits for something else than time.
        own.into_iter().chain(queue).chain([breaker]).flatten().filter(|&at| at > now).min()
    }

    /// No more receives and deliveries; what was not begun is handed back.
    pub fn stop(&mut self) {
        self.stopping = true;
        for id in self.backlog.drain() {
            self.hand_back(&id);
        }
    }

    /// Whether, after [`Flow::stop`], nothing is left to wait for.
    pub fn is_done(&self) -> bool {
        self.stopping && self.under_way == 0 && self.settles.is_empty() && self.undone.is_empty()
    }

    /// Whether a rate holds a delivery back: the destination's, or the one that the target bears.
    pub fn is_throttled(&self) -> bool {
        self.next_turn.is_some()
    }

    /// Deliveries that are under way.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    fn next_delivery(&mut self, now: Timestamp, rates: &Rates) -> Option<Work> {
        self.next_turn = None;
        if self.under_way >= self.concurrency.limit() || !self.backlog.is_ready(now) {
            return None;
        }
        let wait = self.throttle.wait(now).or_else(|| rates.take(Duration::from_millis(now.as_millis())).err());
        if let Some(wait) = wait {
            self.next_turn = Some(now + wait.max(Duration::from_millis(1)));
            return None;
        }
        self.throttle.take(now);
        self.under_way += 1;
        self.backlog.pop(now).map(|work| Work { begun: now, ..work })
    }

    fn next_poll(&mut self, now: Timestamp) -> Option<Step> {
        let room = self.room();
        if room < BATCH && self.backlog.is_ready(now) {
            // There is no hurry, and ten messages cost one request.
            return None;
        }
        let wait = self.poll_wait();
        let alone = self.blocked.is_due_by(now + wait + MARGIN, now, self.visibility * 2 + LONG_POLL);
        let count = self.polls.begin(now, room, if alone { 1 } else { BATCH })?;
        Some(Step::Poll(Poll { count, wait }))
    }

    /// How many messages more may be held: twice as many as can be under way, as long as they are not too large.
    fn room(&self) -> usize {
        let (limit, expected) = (self.concurrency.limit(), self.polls.expected());
        let size = self.held.bytes() / self.held.len().max(1);
        if self.held.bytes() + expected * size >= MOST_BYTES {
            return 0;
        }
        (limit + limit.max(AHEAD)).saturating_sub(self.held.len() + expected)
    }

    /// On a FIFO queue, a receive that begins before a group is blocked must end before it comes back.
    fn poll_wait(&self) -> Duration {
        match self.order {
            Order::Standard => LONG_POLL,
            Order::Fifo => (self.visibility / 2).clamp(MARGIN, LONG_POLL),
        }
    }

    fn next_probe(&mut self, now: Timestamp) -> Option<Work> {
        if self.backlog.is_empty() || self.breaker.permit(now) != Permit::Probe {
            return None;
        }
        self.probes += 1;
        self.under_way += 1;
        self.backlog.pop_any().map(|work| Work { is_probe: true, begun: now, ..work })
    }

    /// Receives one more message to probe with.
    fn next_suspect(&mut self, now: Timestamp) -> Option<Step> {
        if self.probes < self.held.len() * PROBES_EACH || !self.polls.is_idle() {
            return None;
        }
        let count = self.polls.begin(now, 1, 1)?;
        self.probes = 0;
        if self.held.len() >= MOST_SUSPECTS
            && let Some(work) = self.backlog.pop_any()
        {
            self.leave(now, &work, None);
        }
        Some(Step::Poll(Poll { count, wait: self.poll_wait() }))
    }

    fn hand_back(&mut self, id: &str) {
        if let Some(hold) = self.held.release(id) {
            self.released.push(id.to_owned());
            let hide = Settle::Hide { id: id.to_owned(), receipt: hold.receipt, span: Duration::ZERO };
            self.settles.push_back(hide);
        }
    }
}

#[cfg(test)]
mod queue;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
