//! The state of one pipe at work, and what its worker reports to it.
//!
//! What it does next is decided in `next`, `polling` and `probing`; what a result changes, in
//! `outcome` and `leaving`.

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use super::backlog::Backlog;
use super::blocked_groups::BlockedGroups;
use super::breaker::Breaker;
use super::command::Settle;
use super::concurrency::Concurrency;
use super::delete_retries::DeleteRetries;
use super::leases::Leases;
use super::polls::Polls;
use super::recent::Recent;
use super::settings::FlowSettings;
use super::suspects::Suspects;
use super::throttle::Throttle;
use super::under_way::UnderWay;
use super::work::Work;

/// After the stop signal, messages that were received already are delivered for so long, as long as
/// the target takes messages: handed back, they would have been received for nothing.
const LAST_DELIVERIES: Duration = Duration::from_secs(5);

/// The state of one pipe at work.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(super) settings: FlowSettings,
    pub(super) breaker: Breaker,
    pub(super) concurrency: Concurrency,
    pub(super) throttle: Throttle,
    pub(super) backlog: Backlog,
    pub(super) blocked: BlockedGroups,
    pub(super) leases: Leases,
    pub(super) delivered: Recent,
    pub(super) settles: VecDeque<Settle>,
    pub(super) suspects: Suspects,
    pub(super) under_way: UnderWay,
    /// How many of the deliveries under way may hang, as they did before.
    pub(super) may_hang: usize,
    pub(super) delete_retries: DeleteRetries,
    /// Messages that were given up since [`Flow::released`] was last called.
    pub(super) released: Vec<String>,
    pub(super) polls: Polls,
    /// Whether messages wait because as many deliveries are under way as allowed.
    pub(super) is_saturated: bool,
    /// How many messages were candidates for another try in spite of their status.
    pub(super) samples: u32,
    /// When messages were last received although there was no room for them.
    pub(super) trickled: Timestamp,
    /// When the last of the messages is tried again that need others to be compared with.
    pub(super) idle_try: Timestamp,
    /// When messages were left to the queue to have room for others, within the visibility timeout.
    pub(super) parked: VecDeque<Timestamp>,
    pub(super) next_parking: Timestamp,
    /// When a rate allows the next delivery.
    pub(super) next_turn: Option<Timestamp>,
    /// After the stop signal: until when leased messages are delivered.
    pub(super) stopping: Option<Timestamp>,
}

impl Flow {
    /// The flow of a pipe that starts at `now`.
    pub(crate) fn new(now: Timestamp, settings: FlowSettings) -> Flow {
        Flow {
            settings,
            breaker: Breaker::new(now),
            concurrency: Concurrency::new(settings.concurrency),
            throttle: Throttle::default(),
            backlog: Backlog::default(),
            blocked: BlockedGroups::default(),
            leases: Leases::new(settings.visibility),
            delivered: Recent::default(),
            settles: VecDeque::new(),
            suspects: Suspects::default(),
            under_way: UnderWay::default(),
            may_hang: 0,
            delete_retries: DeleteRetries::default(),
            released: Vec::new(),
            polls: Polls::default(),
            is_saturated: false,
            samples: 0,
            trickled: now,
            idle_try: now,
            parked: VecDeque::new(),
            next_parking: now,
            next_turn: None,
            stopping: None,
        }
    }

    /// Takes the ids of the messages that were left to the queue, or handed back to it, since the
    /// last call.
    pub(crate) fn released(&mut self) -> Vec<String> {
        std::mem::take(&mut self.released)
    }

    /// The queue's attributes have changed to these.
    pub(crate) fn set_queue(&mut self, visibility: Duration, max_receives: Option<u32>) {
        self.settings.visibility = visibility;
        self.settings.max_receives = max_receives;
        self.leases.set_visibility(visibility);
    }

    /// A receive that asked for `asked` messages brought `count`. To be called before
    /// [`Flow::accept`].
    pub(crate) fn received(&mut self, asked: usize, count: usize) {
        self.polls.ended(asked, count);
    }

    /// A receive that asked for `asked` messages failed.
    pub(crate) fn poll_failed(&mut self, now: Timestamp, asked: usize) {
        self.polls.failed(now, asked);
    }

    /// Accepts a message that is to be delivered. `receipt` is the right to settle this delivery.
    pub(crate) fn accept(&mut self, now: Timestamp, mut work: Work, receipt: String) {
        if self.delivered.contains(&work.id) {
            // Deleting it failed, or came too late.
            return self.settles.push_back(Settle::Delete { receipt, tries: 0 });
        }
        if !self.leases.take(now, &work.id, receipt, work.size) {
            return;
        }
        if self.is_of_no_use(&work) && self.trickled_in_vain(&work) {
            return self.give_up(now, &work, None);
        }
        work.is_known = self.suspects.is_known(&work.id);
        work.may_hang = self.suspects.hung(&work.id);
        if !self.breaker.is_closed() {
            self.rest(now, &work);
        }
        if work.is_known && !self.breaker.is_closed() && work.group.is_none() {
            self.backlog.keep_tried(work);
        } else {
            self.backlog.push(now, work);
        }
    }

    /// A message that no filter matches: it is deleted.
    pub(crate) fn discard(&mut self, receipt: String) {
        self.settles.push_back(Settle::Delete { receipt, tries: 0 });
    }

    /// The queue did not carry out what [`Command::Settle`](super::Command::Settle) asked for.
    /// Deletes are repeated, and so are extensions as long as they help. A message that was to be
    /// shown or hidden only shows up later or earlier.
    pub(crate) fn settle_failed(&mut self, now: Timestamp, settle: Settle) {
        match settle {
            Settle::Delete { receipt, tries } => self.delete_retries.insert(now, receipt, tries),
            Settle::Hide { id, receipt, .. } => self.leases.extension_failed(now, &id, &receipt),
        }
    }

    /// When to call [`Flow::next`] again if nothing happens before.
    pub(crate) fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let probe = self
            .breaker
            .probes()
            .and_then(|probes| probes.next(now))
            .filter(|_| self.stopping.is_none());
        let hanging = if self.is_full(now) {
            self.under_way.next_to_hang(now)
        } else {
            None
        };
        let deliveries = [
            self.next_turn,
            self.backlog.next_try(),
            probe,
            hanging,
            self.stopping,
        ];
        let queue = [
            self.polls.next_try(),
            self.next_trickle(),
            self.leases.next_look(),
            self.delete_retries.next(),
        ];
        // What was due before waits for something else than time.
        deliveries
            .into_iter()
            .chain(queue)
            .flatten()
            .filter(|&at| at > now)
            .min()
    }

    /// Stops receiving. Messages that failed are left to the queue. The other leased messages are
    /// delivered for a moment, as long as the target takes messages; the rest is handed back.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        self.stopping = Some(now + LAST_DELIVERIES);
        for work in self.backlog.drain_tried() {
            self.leave(now, &work, None);
        }
    }

    /// Whether, after [`Flow::stop`], nothing is left to wait for.
    pub(crate) fn is_done(&self) -> bool {
        let is_idle = self.under_way.len() == 0 && self.backlog.is_empty() && self.polls.is_idle();
        let is_settled = self.settles.is_empty() && self.delete_retries.is_empty();
        self.stopping.is_some() && is_idle && is_settled
    }

    /// Whether a rate holds a delivery back: the destination's, or the one that the target bears.
    pub(crate) fn is_throttled(&self) -> bool {
        self.next_turn.is_some()
    }

    /// How many deliveries are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// How many messages that failed are remembered, leased or left to the queue.
    pub(crate) fn suspected(&self) -> usize {
        self.suspects.len()
    }

    /// Whether as many deliveries are under way as allowed.
    pub(super) fn is_full(&self, now: Timestamp) -> bool {
        let limit = self.concurrency.limit();
        self.under_way.len() >= limit
            && self.slots_taken(now) >= limit
            && !self.under_way.is_stuck(now)
    }

    /// How many slots the deliveries under way take; those that hang take none.
    pub(super) fn slots_taken(&self, now: Timestamp) -> usize {
        self.under_way.slots_taken(now, self.settings.concurrency)
    }
}
