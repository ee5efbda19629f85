//! What a pipe does next: which message to deliver, when to receive, what to tell the queue. A machine without a clock.
//!
//! The worker tells it what happened (`received`, `finished`) and does what it says (`next`). Here come together: how
//! many deliveries may be under way, the rate, the breaker, FIFO order, and retries without another receive. While the
//! target is down, the few messages that are held stay held, and take turns as the probe: their receive counts do not
//! rise, and no message can keep the breaker open by itself. How anything is sent or received is not known here.

mod backlog;
mod polls;
mod step;

pub use step::{Change, Settle, Step, Work};

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use crate::breaker::{Breaker, Permit};
use crate::held::Held;
use crate::pace::{Concurrency, Rate};
use crate::retry::Verdict;
use backlog::{Backlog, Place, Recent};
use polls::Polls;

/// SQS hands out no more than this at once.
pub const BATCH: usize = 10;

/// Messages beyond what can be delivered at once that are received ahead, so that no delivery waits for a receive.
const AHEAD: usize = BATCH;

/// A message that fails so often in a row is left to the queue: the first number when it may be the message's own
/// fault, the second when it is not. The latter is what opens the breaker.
const TRIES: (u32, u32) = (3, 5);

/// The pause before a message is tried again; doubles each time.
const PAUSE: Duration = Duration::from_millis(250);

/// A target that asks for more patience than this gets the message from the queue again.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

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

    /// A delivery is over.
    pub fn finished(&mut self, now: Timestamp, work: Work, verdict: &Verdict) -> Option<Change> {
        self.under_way -= 1;
        match verdict {
            Verdict::Delivered => {
                if let Some(receipt) = self.held.release(&work.id) {
                    self.settles.push_back(Settle::Delete { receipt });
                }
                self.delivered.insert(&work.id);
                self.backlog.advance(work.group.as_deref());
                self.target_is_up(now, work.is_probe)
            }
            Verdict::Rejected { .. } => {
                let probed = work.is_probe;
                self.leave(&work);
                self.target_is_up(now, probed)
            }
            Verdict::Down { suspect, retry_after, .. } => self.target_is_down(now, work, *suspect, *retry_after),
        }
    }

    /// A delivery ended without a result: a bug elsewhere. The message is left to the queue.
    pub fn lost(&mut self, now: Timestamp, id: &str, group: Option<&str>) {
        self.under_way -= 1;
        self.held.release(id);
        for id in self.backlog.drop_group(group) {
            self.held.release(&id);
        }
        self.breaker.probe_lost(now);
    }

    /// The next thing to do at `now`, until there is none.
    pub fn next(&mut self, now: Timestamp, rate: &mut Rate) -> Option<Step> {
        let (receipts, span) = self.held.extend(now);
        self.settles.extend(receipts.into_iter().map(|receipt| Settle::Hide { receipt, span }));
        if let Some(settle) = self.settles.pop_front() {
            return Some(Step::Settle(settle));
        }
        if self.stopping {
            return None;
        }
        if self.breaker.is_closed() {
            return self.next_delivery(now, rate).map(Step::Deliver).or_else(|| self.next_poll(now));
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

    fn next_delivery(&mut self, now: Timestamp, rate: &mut Rate) -> Option<Work> {
        self.next_turn = None;
        if self.under_way >= self.concurrency.limit() || !self.backlog.is_ready(now) {
            return None;
        }
        if let Err(wait) = rate.take(Duration::from_millis(now.as_millis())) {
            self.next_turn = Some(now + wait.max(Duration::from_millis(1)));
            return None;
        }
        self.under_way += 1;
        self.backlog.pop(now)
    }

    fn next_poll(&mut self, now: Timestamp) -> Option<Step> {
        let room = (self.concurrency.limit() + AHEAD).saturating_sub(self.held.len() + self.polls.expected());
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

    /// Tells the breaker, but not by a delivery that began before it opened.
    fn target_is_up(&mut self, now: Timestamp, probed: bool) -> Option<Change> {
        if !probed && !self.breaker.is_closed() {
            return None;
        }
        self.concurrency.answered(self.under_way + 1);
        self.breaker.answered(now).then_some(Change::Closed)
    }

    fn target_is_down(
        &mut self,
        now: Timestamp,
        mut work: Work,
        suspect: bool,
        retry_after: Option<Duration>,
    ) -> Option<Change> {
        if self.stopping {
            self.hand_back(&work.id);
            return None;
        }
        if work.is_probe {
            self.breaker.down(now, retry_after);
            self.keep(now, work);
            return None;
        }
        if !self.breaker.is_closed() {
            self.keep(now, work);
            return None;
        }
        self.concurrency.down();
        if self.breaker.down(now, retry_after) {
            self.probes = 0;
            self.keep(now, work);
            return Some(Change::Opened);
        }
        work.tries += 1;
        let spent = work.tries >= if suspect { TRIES.0 } else { TRIES.1 };
        let pause = retry_after.unwrap_or_default().max(PAUSE * 2_u32.pow(work.tries.min(8)));
        if spent || pause > LONGEST_HOLD {
            self.leave_for(&work, retry_after);
        } else {
            self.backlog.retry_at(now + pause, work);
        }
        None
    }

    /// Keeps a message that the target could not take while it is down; not beyond what SQS allows.
    fn keep(&mut self, now: Timestamp, work: Work) {
        if self.held.is_overdue(now, &work.id) {
            self.leave(&work);
        } else {
            self.backlog.put_back(Work { is_probe: false, ..work });
        }
    }

    /// Leaves a message to its visibility timeout, and with it the rest of its group, whose turn it is not.
    fn leave(&mut self, work: &Work) {
        self.leave_for(work, None);
    }

    fn leave_for(&mut self, work: &Work, span: Option<Duration>) {
        let receipt = self.held.release(&work.id);
        if let (Some(receipt), Some(span)) = (receipt, span) {
            self.settles.push_back(Settle::Hide { receipt, span });
        }
        for id in self.backlog.drop_group(work.group.as_deref()) {
            self.held.release(&id);
        }
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
