//! Messages that were received and are not under way: new ones, those that failed and wait for
//! their next try, and those that wait for their group's turn.
//!
//! Of a group only one message is ever new, waiting for a try or under way, so a FIFO queue's order
//! holds. New messages come first: what failed once gets turns by the share of its kind that gets
//! through the second time.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use super::Work;

/// How many delivered messages are remembered, against deletes that fail.
const REMEMBERED: usize = 4096;

/// However few of the messages that failed get through the second time, they have one turn for so
/// many new messages.
const LEAST_TURNS: f64 = 1.0 / 16.0;

/// The weight of one result in the share of those that do.
const WEIGHT: f64 = 0.1;

/// Half of what was learned of that share is forgotten after this.
const FADING: Duration = Duration::from_secs(60);

/// A message's place among those that wait for another try.
type Key = (Timestamp, u64);

/// See the module.
#[derive(Debug)]
pub(super) struct Backlog {
    fresh: VecDeque<Work>,
    /// By when each may be tried again.
    again: BTreeMap<Key, Work>,
    places: HashMap<String, Key>,
    /// Tried while no message got through, the one that was tried last at the end.
    tried: VecDeque<Work>,
    /// Known to fail while others get through, and so no help while none does.
    parked: Vec<Work>,
    /// Groups with a message on its way, and the messages behind it.
    groups: HashMap<String, VecDeque<Work>>,
    counter: u64,
    /// What share of the messages that failed gets through the next time, as of when it was
    /// learned.
    share: f64,
    learned: Timestamp,
    /// Turns that they have earned.
    turns: f64,
}

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog {
            fresh: VecDeque::new(),
            again: BTreeMap::new(),
            places: HashMap::new(),
            tried: VecDeque::new(),
            parked: Vec::new(),
            groups: HashMap::new(),
            counter: 0,
            share: 1.0,
            learned: Timestamp::default(),
            turns: 0.0,
        }
    }
}

impl Backlog {
    /// Adds a message, behind all others of its group. One that is known to fail goes to the others
    /// that did.
    pub(super) fn push(&mut self, now: Timestamp, work: Work) {
        if let Some(group) = &work.group {
            if let Some(behind) = self.groups.get_mut(group) {
                return behind.push_back(work);
            }
            self.groups.insert(group.clone(), VecDeque::new());
        }
        self.add(now, work);
    }

    fn add(&mut self, now: Timestamp, work: Work) {
        if work.is_known {
            self.try_again_at(now, work);
        } else {
            self.fresh.push_back(work);
        }
    }

    /// Keeps a message that failed while none gets through; its group waits for it.
    pub(super) fn keep_tried(&mut self, work: Work) {
        if work.is_known {
            self.parked.push(work);
        } else {
            self.tried.push_back(work);
        }
    }

    /// How many new messages there are.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.waiting() == 0 && self.groups.values().all(VecDeque::is_empty)
    }

    /// How many wait for another try.
    pub(super) fn waiting(&self) -> usize {
        self.again.len() + self.tried.len() + self.parked.len()
    }

    /// The next message that was not tried yet.
    pub(super) fn pop_fresh(&mut self) -> Option<Work> {
        self.fresh.pop_front()
    }

    /// The message whose last try is the longest ago; one that is known to fail only where there is
    /// no other.
    pub(super) fn pop_tried(&mut self) -> Option<Work> {
        let is_last_resort = self.fresh.is_empty();
        self.tried.pop_front().or_else(|| {
            if is_last_resort {
                self.parked.pop()
            } else {
                None
            }
        })
    }

    /// Whether [`Backlog::pop_tried`] would give one.
    pub(super) fn has_tried(&self) -> bool {
        !self.tried.is_empty() || self.fresh.is_empty() && !self.parked.is_empty()
    }

    /// Whether a message can be delivered at `now`.
    pub(super) fn is_ready(&self, now: Timestamp) -> bool {
        !self.fresh.is_empty() || self.is_due(now)
    }

    /// The next message. `only_new` leaves those that failed where they are.
    pub(super) fn pop(&mut self, now: Timestamp, only_new: bool) -> Option<Work> {
        let due = !only_new && self.is_due(now);
        if !due || self.turns < 1.0 {
            if let Some(work) = self.fresh.pop_front() {
                self.turns = (self.turns + self.share(now).max(LEAST_TURNS)).min(2.0);
                return Some(work);
            }
            if !due {
                return None;
            }
        }
        self.turns = (self.turns - 1.0).max(0.0);
        let (_, work) = self.again.pop_first()?;
        self.places.remove(&work.id);
        Some(work)
    }

    /// A message that had failed before was tried again.
    pub(super) fn learn(&mut self, now: Timestamp, passed: bool) {
        let share = self.share(now);
        self.share = share + (f64::from(u8::from(passed)) - share) * WEIGHT;
        self.learned = now;
    }

    /// What share of the messages that failed gets through the next time. What was learned of it
    /// fades.
    pub(super) fn share(&self, now: Timestamp) -> f64 {
        let age = now.since(self.learned).as_secs_f64() / FADING.as_secs_f64();
        1.0 - (1.0 - self.share) * 0.5_f64.powf(age)
    }

    /// Keeps a message for another try; its group waits for it.
    pub(super) fn try_again_at(&mut self, at: Timestamp, work: Work) {
        self.counter += 1;
        let key = (at, self.counter);
        self.places.insert(work.id.clone(), key);
        self.again.insert(key, work);
    }

    /// A message that waits for another try, if it does, and until when.
    pub(super) fn find_waiting(&self, id: &str) -> Option<(Timestamp, &Work)> {
        let place = self.places.get(id)?;
        Some((place.0, self.again.get(place)?))
    }

    /// Takes out a message that waits for another try.
    pub(super) fn take_waiting(&mut self, id: &str) -> Option<Work> {
        self.again.remove(&self.places.remove(id)?)
    }

    /// When the next try is due.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.again.keys().next().map(|&(at, _)| at)
    }

    /// No message gets through any more: what failed was tried.
    pub(super) fn target_is_down(&mut self) {
        self.places.clear();
        std::mem::take(&mut self.again)
            .into_values()
            .for_each(|work| self.keep_tried(work));
    }

    /// Messages get through: what was tried meanwhile may be tried again.
    pub(super) fn target_is_up(&mut self, now: Timestamp) {
        (self.share, self.learned) = (1.0, now);
        let parked = std::mem::take(&mut self.parked);
        for work in std::mem::take(&mut self.tried).into_iter().chain(parked) {
            self.try_again_at(now, work);
        }
    }

    /// A message of this group is done: the one behind it is next.
    pub(super) fn advance(&mut self, now: Timestamp, group: Option<&str>) {
        let Some(group) = group else { return };
        match self.groups.get_mut(group).and_then(VecDeque::pop_front) {
            Some(next) => self.add(now, next),
            None => drop(self.groups.remove(group)),
        }
    }

    /// A message of this group is left to the queue: those behind it must not be delivered now.
    /// Returns their ids.
    pub(super) fn drop_group(&mut self, group: Option<&str>) -> Vec<String> {
        let behind = group
            .and_then(|group| self.groups.remove(group))
            .unwrap_or_default();
        behind.into_iter().map(|work| work.id).collect()
    }

    /// Takes out everything that was tried.
    pub(super) fn drain_tried(&mut self) -> Vec<Work> {
        self.places.clear();
        let again = std::mem::take(&mut self.again).into_values();
        let tried = std::mem::take(&mut self.tried).into_iter();
        again
            .chain(tried)
            .chain(std::mem::take(&mut self.parked))
            .collect()
    }

    /// Takes out the rest.
    pub(super) fn drain(&mut self) -> Vec<Work> {
        let behind = std::mem::take(&mut self.groups).into_values().flatten();
        std::mem::take(&mut self.fresh)
            .into_iter()
            .chain(behind)
            .collect()
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.next_try().is_some_and(|at| at <= now)
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
