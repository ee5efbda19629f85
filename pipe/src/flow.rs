//! What a pipe does next: which message to deliver, when to receive, what to tell the queue. A machine without a clock.
//!
//! The worker tells it what happened (`received`, `finished`) and does what it says (`next`). Here come together: how
//! many deliveries may be under way, the rate, the breaker, FIFO order, and retries without another receive. While the
//! target is down, the few messages that are held stay held, and take turns as the probe: their receive counts do not
//! rise, and no message can keep the breaker open by itself. How anything is sent or received is not known here.

mod backlog;
mod outcome;
mod polls;
mod step;

pub use step::{Change, Settle, Step, Work};

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use crate::breaker::{Breaker, Permit};
use crate::held::Held;
use crate::pace::{Concurrency, Rates};
use backlog::{Backlog, Place, Recent};
use polls::Polls;

/// SQS hands out no more than this at once.
pub const BATCH: usize = 10;

/// Messages beyond what can be delivered at once that are received ahead, so that no delivery waits for a receive: as
/// many again, for a receive takes about as long as a delivery, and no less than this.
const AHEAD: usize = BATCH;

/// While the target is down, another message is received after so many probes with each one that is held: should all of
/// these be to blame, there is soon one that is not.
const PROBES_EACH: usize = 3;

/// When so many are held in that way, one is left to the queue for each new one.
const MOST_SUSPECTS: usize = 50;

/// The state of one pipe at work.
#[derive(Debug)]
pub struct Flow {
    breaker: Breaker,
    concurrency: Concurrency,
    backlog: Backlog,
    held: Held,
    delivered: Recent,
    settles: VecDeque<Settle>,
    /// Probes since a message was last received to be one.
    probes: usize,
    under_way: usize,
    polls: Polls,
    /// When the rate allows the next delivery.
    next_turn: Option<Timestamp>,
    stopping: bool,
}

impl Flow {
    /// For a queue that hides messages for `visibility`; at most `most` deliveries at once.
    pub fn new(visibility: Duration, most: usize) -> Flow {
        Flow {
            breaker: Breaker::default(),
            concurrency: Concurrency::new(most),
            backlog: Backlog::default(),
            held: Held::new(visibility),
            delivered: Recent::default(),
            settles: VecDeque::new(),
            probes: 0,
            under_way: 0,
            polls: Polls::default(),
            next_turn: None,
            stopping: false,
        }
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
            return self.settles.push_back(Settle::Delete { receipt });
        }
        if !self.held.take(now, &work.id, receipt) {
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
        self.settles.push_back(Settle::Delete { receipt });
    }

    /// The next thing to do at `now`, until there is none.
    pub fn next(&mut self, now: Timestamp, rates: &Rates) -> Option<Step> {
        let (receipts, span) = self.held.extend(now);
        self.settles.extend(receipts.into_iter().map(|receipt| Settle::Hide { receipt, span }));
        if let Some(settle) = self.settles.pop_front() {
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
        let all = [breaker, self.polls.next_try(), self.next_turn, self.backlog.next_retry(), self.held.next_look()];
        // What was due before waits for something else than time.
        all.into_iter().flatten().filter(|&at| at > now).min()
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
        self.stopping && self.under_way == 0 && self.settles.is_empty()
    }

    /// Whether the destination's rate holds a delivery back.
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
        if let Err(wait) = rates.take(Duration::from_millis(now.as_millis())) {
            self.next_turn = Some(now + wait.max(Duration::from_millis(1)));
            return None;
        }
        self.under_way += 1;
        self.backlog.pop(now)
    }

    fn next_poll(&mut self, now: Timestamp) -> Option<Step> {
        let limit = self.concurrency.limit();
        let room = (limit + limit.max(AHEAD)).saturating_sub(self.held.len() + self.polls.expected());
        if room < BATCH && self.backlog.is_ready(now) {
            // There is no hurry, and ten messages cost one request.
            return None;
        }
        self.polls.begin(now, room).map(Step::Poll)
    }

    fn next_probe(&mut self, now: Timestamp) -> Option<Work> {
        if self.backlog.is_empty() || self.breaker.permit(now) != Permit::Probe {
            return None;
        }
        self.probes += 1;
        self.under_way += 1;
        self.backlog.pop_any().map(|work| Work { is_probe: true, ..work })
    }

    /// Receives one more message to probe with.
    fn next_suspect(&mut self, now: Timestamp) -> Option<Step> {
        if self.probes < self.held.len() * PROBES_EACH || !self.polls.is_idle() {
            return None;
        }
        let count = self.polls.begin(now, 1)?;
        self.probes = 0;
        if self.held.len() >= MOST_SUSPECTS
            && let Some(work) = self.backlog.pop_any()
        {
            self.leave(&work);
        }
        Some(Step::Poll(count))
    }

    fn hand_back(&mut self, id: &str) {
        if let Some(receipt) = self.held.release(id) {
            self.settles.push_back(Settle::Hide { receipt, span: Duration::ZERO });
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
