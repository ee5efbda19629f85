//! Messages that were received and are not under way: ready, waiting for their next try, or for their group's turn.
//!
//! Of a group only one message is ever ready, waiting for a retry or under way, so a FIFO queue's order holds.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use kit::time::Timestamp;

use super::Work;

/// How many delivered messages are remembered, against deletes that fail.
const REMEMBERED: usize = 4096;

/// Where a message is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is next.
    Front,
    /// It is last.
    Back,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    ready: VecDeque<Work>,
    retries: BTreeMap<(Timestamp, u64), Work>,
    /// Groups with a message on its way, and the messages behind it.
    groups: HashMap<String, VecDeque<Work>>,
    counter: u64,
}

impl Backlog {
    /// Adds a message, behind all others of its group.
    pub(super) fn push(&mut self, work: Work, place: Place) {
        if let Some(group) = &work.group {
            if let Some(behind) = self.groups.get_mut(group) {
                return behind.push_back(work);
            }
            self.groups.insert(group.clone(), VecDeque::new());
        }
        match place {
            Place::Front => self.ready.push_front(work),
            Place::Back => self.ready.push_back(work),
        }
    }

    /// Takes back a message that was popped; its group still waits for it.
    pub(super) fn put_back(&mut self, work: Work) {
        self.ready.push_back(work);
    }

    /// Whether nothing could be popped at all.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.retries.is_empty()
    }

    /// The next message, whether its retry is due or not.
    pub(super) fn pop_any(&mut self) -> Option<Work> {
        self.ready.pop_front().or_else(|| self.retries.pop_first().map(|(_, work)| work))
    }

    /// Whether a message can be delivered at `now`.
    pub(super) fn is_ready(&self, now: Timestamp) -> bool {
        !self.ready.is_empty() || self.next_retry().is_some_and(|at| at <= now)
    }

    /// The next message: retries that are due come first.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<Work> {
        match self.retries.first_entry() {
            Some(entry) if entry.key().0 <= now => Some(entry.remove()),
            _ => self.ready.pop_front(),
        }
    }

    /// Keeps a message for another try; its group waits for it.
    pub(super) fn retry_at(&mut self, at: Timestamp, work: Work) {
        self.counter += 1;
        self.retries.insert((at, self.counter), work);
    }

    /// When the next retry is due.
    pub(super) fn next_retry(&self) -> Option<Timestamp> {
        self.retries.keys().next().map(|&(at, _)| at)
    }

    /// A message of this group is done: the one behind it is ready.
    pub(super) fn advance(&mut self, group: Option<&str>) {
        let Some(group) = group else { return };
        match self.groups.get_mut(group).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => drop(self.groups.remove(group)),
        }
    }

    /// A message of this group failed: those behind it must not be delivered now. Returns their ids.
    pub(super) fn drop_group(&mut self, group: Option<&str>) -> Vec<String> {
        let behind = group.and_then(|group| self.groups.remove(group)).unwrap_or_default();
        behind.into_iter().map(|work| work.id).collect()
    }

    /// Empties everything and returns the ids.
    pub(super) fn drain(&mut self) -> Vec<String> {
        let Backlog { ready, retries, groups, .. } = std::mem::take(self);
        let behind = groups.into_values().flatten();
        ready.into_iter().chain(retries.into_values()).chain(behind).map(|work| work.id).collect()
    }
}

/// The ids of the messages that were delivered last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Recent {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    pub(super) fn insert(&mut self, id: &str) {
        if !self.known.insert(id.to_owned()) {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
