//! What a pipe does next: which message to deliver, when to receive, what to tell the queue. A
//! machine without a clock.
//!
//! The worker tells it what happened (`received`, `finished`) and does what it says (`next`). Here
//! come together: how many deliveries may be under way, the rate, FIFO order, retries without
//! another receive, and whose fault a failure is. That is found out by comparison: while other
//! messages get through, one that fails is at fault itself, whatever the status says, and is left
//! to the queue, which counts receives; while none does, the target is at fault, nothing is
//! received but what is needed to find one that gets through, and what is held stays held. How
//! anything is sent or received is not known here. `docs/delivery.md` has the decisions as a table.
//!
//! The room imports `event` alone.

mod backlog;
mod belief;
mod blocked;
pub mod leases;
mod outcome;
pub mod pace;
mod polls;
mod probing;
mod search;
mod step;
mod suspects;
mod throttle;
mod under_way;
mod undone;
pub mod verdict;

pub use belief::Change;
pub use step::{Company, Lost, Order, Poll, Settle, Step, Work};

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use crate::flow::leases::Held;
use crate::flow::pace::{Concurrency, Rates};
use backlog::{Backlog, Recent};
use belief::Belief;
use blocked::Blocked;
use polls::Polls;
use suspects::Suspects;
use throttle::Throttle;
use under_way::UnderWay;
use undone::Undone;

/// SQS hands out no more than this at once.
pub const BATCH: usize = 10;

/// Messages are received ahead for so long, which is what a receive takes, so that no delivery
/// waits for one; no more, for each of them has one receive more should the pipe end.
const AHEAD: Duration = Duration::from_millis(100);

/// What is held may have so many bytes together, and is then enough, however few messages it is.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// So many messages that failed may wait for another try before no more are received.
const MOST_WAITING: usize = 2000;

/// A receive waits at the queue for so long: the most that SQS allows, and the fewest requests
/// while idle.
const LONG_POLL: Duration = Duration::from_secs(20);

/// A receive of several messages must be over when a blocked group comes back, and a little before.
const MARGIN: Duration = Duration::from_secs(1);

/// After the stop signal, what was received already is delivered for so long, while the target
/// takes messages: handed back, it would have been received for nothing.
const LAST_DELIVERIES: Duration = Duration::from_secs(5);

/// Whose word counts for what a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Judge {
    /// Other messages: see the module.
    #[default]
    Comparison,
    /// AWS's classes: whatever the target answers, and silence, is the message's own fault, and
    /// only a target that can't be reached or throttles is waited for.
    Aws,
}

impl Judge {
    /// Reads `comparison` or `aws`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Judge, String> {
        match text {
            "comparison" => Ok(Judge::Comparison),
            "aws" => Ok(Judge::Aws),
            other => Err(format!(
                "invalid judge {other:?}: expected comparison or aws"
            )),
        }
    }
}

/// What is known of a queue and its pipe from the start.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Whether the queue keeps the order of message groups.
    pub order: Order,
    /// The queue's `VisibilityTimeout`.
    pub visibility: Duration,
    /// The queue's `maxReceiveCount`, if it has one.
    pub max_receives: Option<u32>,
    /// Deliveries that may be under way at once.
    pub concurrency: usize,
    /// Whose word counts.
    pub judge: Judge,
}

/// The state of one pipe at work.
#[derive(Debug)]
pub struct Flow {
    terms: Terms,
    belief: Belief,
    concurrency: Concurrency,
    throttle: Throttle,
    backlog: Backlog,
    blocked: Blocked,
    held: Held,
    delivered: Recent,
    settles: VecDeque<Settle>,
    suspects: Suspects,
    under_way: UnderWay,
    /// How many of those failed before.
    again_under_way: usize,
    undone: Undone,
    /// Messages that were given up since somebody asked.
    released: Vec<String>,
    polls: Polls,
    /// Whether messages wait for a place.
    is_saturated: bool,
    /// See [`Flow::sample`].
    samples: u32,
    /// When a rate allows the next delivery.
    next_turn: Option<Timestamp>,
    /// Until when what is held is delivered, after the stop signal.
    stopping: Option<Timestamp>,
}

impl Flow {
    /// Of a pipe that starts at `now`.
    pub fn new(now: Timestamp, terms: Terms) -> Flow {
        Flow {
            terms,
            belief: Belief::new(now),
            concurrency: Concurrency::new(terms.concurrency),
            throttle: Throttle::default(),
            backlog: Backlog::default(),
            blocked: Blocked::default(),
            held: Held::new(terms.visibility),
            delivered: Recent::default(),
            settles: VecDeque::new(),
            suspects: Suspects::default(),
            under_way: UnderWay::default(),
            again_under_way: 0,
            undone: Undone::default(),
            released: Vec::new(),
            polls: Polls::default(),
            is_saturated: false,
            samples: 0,
            next_turn: None,
            stopping: None,
        }
    }

    /// The messages that were left to the queue, or handed back to it, since this was asked last.
    pub fn released(&mut self) -> Vec<String> {
        std::mem::take(&mut self.released)
    }

    /// The queue's attributes are these now.
    pub fn set_queue(&mut self, visibility: Duration, max_receives: Option<u32>) {
        (self.terms.visibility, self.terms.max_receives) = (visibility, max_receives);
        self.held.set_visibility(visibility);
    }

    /// A receive that asked for `asked` messages brought `count`. To be told before
    /// [`Flow::accept`].
    pub fn received(&mut self, asked: usize, count: usize) {
        self.polls.ended(asked, count);
    }

    /// A receive that asked for `asked` messages failed.
    pub fn poll_failed(&mut self, now: Timestamp, asked: usize) {
        self.polls.failed(now, asked);
    }

    /// Takes a message that is to be delivered. `receipt` is the right to settle this delivery of
    /// it.
    pub fn accept(&mut self, now: Timestamp, mut work: Work, receipt: String) {
        if self.delivered.contains(&work.id) {
            // Deleting it failed, or came too late.
            return self.settles.push_back(Settle::Delete { receipt, tries: 0 });
        }
        if !self.held.take(now, &work.id, receipt, work.size) {
            return;
        }
        work.is_known = self.suspects.is_known(&work.id);
        if !self.belief.is_up() {
            self.rest(now, &work);
        }
        if work.is_known && !self.belief.is_up() && work.group.is_none() {
            self.backlog.keep_tried(work);
        } else {
            self.backlog.push(now, work);
        }
    }

    /// Takes a message that no filter lets pass: it is deleted.
    pub fn discard(&mut self, receipt: String) {
        self.settles.push_back(Settle::Delete { receipt, tries: 0 });
    }

    /// The queue was not told what [`Step::Settle`] asked for. Deletes are repeated, and so are
    /// extensions as long as they are of use; a message that was to be shown or hidden only does so
    /// later or earlier.
    pub fn settle_failed(&mut self, now: Timestamp, settle: Settle) {
        match settle {
            Settle::Delete { receipt, tries } => self.undone.insert(now, receipt, tries),
            Settle::Hide { id, receipt, .. } => self.held.extension_failed(now, &id, &receipt),
        }
    }

    /// The next thing to do at `now`, until there is none.
    pub fn next(&mut self, now: Timestamp, rates: &Rates) -> Option<Step> {
        let (receipts, span) = self.held.extend(now);
        self.settles
            .extend(
                receipts
                    .into_iter()
                    .map(|(id, receipt)| Settle::Hide { id, receipt, span }),
            );
        // A receive that still waits would get them again at once.
        if self
            .stopping
            .is_some_and(|until| now >= until || !self.belief.is_up())
            && self.polls.is_idle()
        {
            for work in self.backlog.drain() {
                // Where none gets through, the next process is to find other messages.
                if self.belief.is_up() {
                    self.hand_back(&work.id);
                } else {
                    self.leave_to_rest(now, &work);
                }
            }
        }
        if let Some(settle) = self.settles.pop_front().or_else(|| self.undone.pop(now)) {
            return Some(Step::Settle(settle));
        }
        match (self.stopping, self.belief.is_up()) {
            (None, true) => self
                .next_delivery(now, rates)
                .map(Step::Deliver)
                .or_else(|| self.next_poll(now)),
            (None, false) => self
                .next_probe(now, rates)
                .map(Step::Deliver)
                .or_else(|| self.next_candidates(now)),
            (Some(until), true) if now < until => self.next_delivery(now, rates).map(Step::Deliver),
            (Some(_), _) => None,
        }
    }

    /// When to ask [`Flow::next`] again if nothing happens before.
    pub fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let search = self
            .belief
            .search()
            .and_then(|search| search.next(now))
            .filter(|_| self.stopping.is_none());
        let hanging = if self.is_full(now) {
            self.under_way.next_to_hang(now)
        } else {
            None
        };
        let own = [
            self.next_turn,
            self.backlog.next_try(),
            search,
            hanging,
            self.stopping,
        ];
        let queue = [
            self.polls.next_try(),
            self.held.next_look(),
            self.undone.next(),
        ];
        // What was due before waits for something else than time.
        own.into_iter()
            .chain(queue)
            .flatten()
            .filter(|&at| at > now)
            .min()
    }

    /// No more receives. What failed is left to the queue, and what is held is delivered for a
    /// moment, while the target takes messages; the rest is handed back.
    pub fn stop(&mut self, now: Timestamp) {
        self.stopping = Some(now + LAST_DELIVERIES);
        for work in self.backlog.drain_tried() {
            self.leave(now, &work, None);
        }
    }

    /// Whether, after [`Flow::stop`], nothing is left to wait for.
    pub fn is_done(&self) -> bool {
        let is_idle = self.under_way.len() == 0 && self.backlog.is_empty() && self.polls.is_idle();
        self.stopping.is_some() && is_idle && self.settles.is_empty() && self.undone.is_empty()
    }

    /// Whether a rate holds a delivery back: the destination's, or the one that the target bears.
    pub fn is_throttled(&self) -> bool {
        self.next_turn.is_some()
    }

    /// Deliveries that are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Messages that failed and are remembered, held or left to the queue.
    pub fn suspected(&self) -> usize {
        self.suspects.len()
    }

    fn next_delivery(&mut self, now: Timestamp, rates: &Rates) -> Option<Work> {
        self.next_turn = None;
        // What failed before may hang: there is always room for something new.
        let only_new = self.again_under_way > self.concurrency.limit() / 2;
        let is_ready = self.backlog.is_ready(now);
        self.is_saturated = is_ready && self.is_full(now);
        if self.is_saturated || !is_ready || only_new && self.backlog.fresh() == 0 {
            return None;
        }
        let wait = self
            .throttle
            .wait(now)
            .or_else(|| rates.take(since_epoch(now)).err());
        if let Some(wait) = wait {
            self.next_turn = Some(turn_after(now, wait));
            return None;
        }
        self.throttle.take(now);
        let work = self.backlog.pop(now, only_new)?;
        Some(self.begin(now, work, false))
    }

    fn begin(&mut self, now: Timestamp, work: Work, is_probe: bool) -> Work {
        self.again_under_way += usize::from(work.failed_before());
        let (ticket, alone) = (
            self.under_way.begin(now),
            work.alone || work.failed_before(),
        );
        Work {
            is_probe,
            begun: now,
            ticket,
            alone,
            ..work
        }
    }

    /// Whether as many deliveries are under way as may be.
    fn is_full(&self, now: Timestamp) -> bool {
        let limit = self.concurrency.limit();
        self.under_way.len() >= limit
            && self.under_way.places(now, self.terms.concurrency) >= limit
            && !self.under_way.is_stuck(now)
    }

    fn next_poll(&mut self, now: Timestamp) -> Option<Step> {
        let room = self.room(now);
        if room < BATCH && self.backlog.fresh() > 0 {
            // There is no hurry, and ten messages cost one request.
            return None;
        }
        let (most, wait) = self.poll_shape(now);
        let count = self.polls.begin(now, room, most)?;
        Some(Step::Poll(Poll { count, wait }))
    }

    /// How many messages more may be held: what can be under way and what is needed ahead, as long
    /// as they are not too large. What waits for another try has room of its own.
    fn room(&self, now: Timestamp) -> usize {
        let expected = self.polls.expected();
        let size = self.held.bytes() / self.held.len().max(1);
        if self.held.bytes() + expected * size >= MOST_BYTES
            || self.backlog.waiting() >= MOST_WAITING
        {
            return 0;
        }
        let (limit, taken) = (
            self.concurrency.limit(),
            self.under_way.places(now, self.terms.concurrency),
        );
        let free = if self.is_throttled() {
            0
        } else {
            limit.saturating_sub(taken)
        };
        (free + self.ahead()).saturating_sub(self.backlog.fresh() + expected)
    }

    /// How many messages go out while a receive takes its time.
    fn ahead(&self) -> usize {
        if self.is_throttled() {
            // What a rate lets out while a receive takes its time.
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
    /// that begins before a group is blocked must end before it comes back, and what comes back has
    /// to come alone.
    fn poll_shape(&mut self, now: Timestamp) -> (usize, Duration) {
        let wait = match self.terms.order {
            Order::Standard => return (BATCH, LONG_POLL),
            Order::Fifo => (self.terms.visibility / 2).clamp(MARGIN, LONG_POLL),
        };
        let patience = self.terms.visibility * 2 + LONG_POLL;
        match self.blocked.next(now, patience).map(|due| due.since(now)) {
            // In whole seconds, as SQS waits.
            Some(left) if left >= MARGIN * 2 => (
                BATCH,
                wait.min(Duration::from_secs((left - MARGIN).as_secs())),
            ),
            Some(_) => (1, wait),
            None => (BATCH, wait),
        }
    }

    fn hand_back(&mut self, id: &str) {
        self.suspects.forget(id);
        if let Some(hold) = self.held.release(id) {
            self.released.push(id.to_owned());
            let hide = Settle::Hide {
                id: id.to_owned(),
                receipt: hold.receipt,
                span: Duration::ZERO,
            };
            self.settles.push_back(hide);
        }
    }
}

/// When a rate is to be asked again that said to wait for so long.
fn turn_after(now: Timestamp, wait: Duration) -> Timestamp {
    now + wait.max(Duration::from_millis(1))
}

fn since_epoch(now: Timestamp) -> Duration {
    Duration::from_millis(now.as_millis())
}

#[cfg(test)]
mod tests;
