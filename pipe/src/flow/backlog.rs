//! Messages that were received and are not under way: new ones, those that failed and wait for
//! their next try, and those that wait for their group's turn. Pure: time is an argument.
//!
//! Of a group only one message is ever new, waiting for a try or under way, so the order of a FIFO
//! queue holds. New messages go first. Messages that failed get turns by the share of them that
//! gets through the next time.

mod retries;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use super::work::Work;
use retries::Retries;

/// However few of the messages that failed get through the second time, they get this many turns
/// for each new message.
const LEAST_TURNS: f64 = 1.0 / 16.0;

/// The weight of one result in the share of messages that get through the second time: as soon as
/// it matters who is next, and as steady as it must be to tell an outage from bad luck.
const WEIGHT: f64 = 0.1;
const STEADY_WEIGHT: f64 = 0.01;

/// After this time, half of what was learned of that share is forgotten.
const FADING: Duration = Duration::from_secs(60);

/// When messages get through again, so many of those that were tried meanwhile are tried at once,
/// and so many more with each message that gets through. All at once they would take every slot; if
/// they are bad ones, no other message could show meanwhile that the target takes any.
const AT_ONCE: usize = 4;
const WITH_EACH: usize = 2;

/// While no message gets through, one more is tried each time so much has passed.
const WITHOUT: Duration = Duration::from_secs(1);

/// The messages that are not under way.
#[derive(Debug)]
pub(super) struct Backlog {
    fresh: VecDeque<Work>,
    /// Messages that wait for another try.
    again: Retries,
    /// Messages that were tried while none got through, the last one tried at the end.
    tried: VecDeque<Work>,
    /// Messages that are known to fail while others get through, and so show nothing while none
    /// does.
    parked: Vec<Work>,
    /// Of those that wait for another try, the ones that were tried while none got through and not
    /// since, with the times of these tries: each message that gets through lets others follow.
    held_back: VecDeque<(String, Timestamp)>,
    /// Groups that have a message on its way, and the messages behind it.
    groups: HashMap<String, VecDeque<Work>>,
    /// What share of the messages that failed gets through the next time, as of when it was
    /// learned.
    share: f64,
    steady: f64,
    learned: Timestamp,
    /// Turns that the messages which failed have earned.
    turns: f64,
}

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog {
            fresh: VecDeque::new(),
            again: Retries::default(),
            tried: VecDeque::new(),
            parked: Vec::new(),
            held_back: VecDeque::new(),
            groups: HashMap::new(),
            share: 1.0,
            steady: 1.0,
            learned: Timestamp::default(),
            turns: 0.0,
        }
    }
}

impl Backlog {
    /// Adds a message, behind all others of its group. A message that is known to fail joins the
    /// others that failed.
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

    /// Keeps a message that failed while none gets through. Its group waits for it.
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

    /// Whether there is no message at all.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.waiting() == 0 && self.groups.values().all(VecDeque::is_empty)
    }

    /// How many messages wait for another try.
    pub(super) fn waiting(&self) -> usize {
        self.again.len() + self.tried.len() + self.parked.len()
    }

    /// The next message that was not tried yet.
    pub(super) fn pop_fresh(&mut self) -> Option<Work> {
        self.fresh.pop_front()
    }

    /// The message whose last try is the longest ago; a message that is known to fail only when
    /// there is no other.
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

    /// Whether [`Backlog::pop_tried`] would return a message.
    pub(super) fn has_tried(&self) -> bool {
        !self.tried.is_empty() || self.fresh.is_empty() && !self.parked.is_empty()
    }

    /// Whether a message can be delivered at `now`.
    pub(super) fn is_ready(&self, now: Timestamp) -> bool {
        !self.fresh.is_empty() || self.again.is_due(now)
    }

    /// The next message to deliver. `only_new` skips those that failed.
    pub(super) fn pop(&mut self, now: Timestamp, only_new: bool) -> Option<Work> {
        let due = !only_new && self.again.is_due(now);
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
        self.again.pop(now)
    }

    /// A message that had failed before was tried again.
    pub(super) fn learn(&mut self, now: Timestamp, passed: bool) {
        let passed = f64::from(u8::from(passed));
        let (share, steady) = (self.share(now), self.faded(now, self.steady));
        self.share = share + (passed - share) * WEIGHT;
        self.steady = steady + (passed - steady) * STEADY_WEIGHT;
        self.learned = now;
    }

    /// What share of the messages that failed gets through the next time. What was learned of it
    /// fades with time.
    pub(super) fn share(&self, now: Timestamp) -> f64 {
        self.faded(now, self.share)
    }

    /// That share at least, whatever the last few showed.
    pub(super) fn least_share(&self, now: Timestamp) -> f64 {
        self.faded(now, self.share.min(self.steady))
    }

    fn faded(&self, now: Timestamp, share: f64) -> f64 {
        let age = now.since(self.learned).as_secs_f64() / FADING.as_secs_f64();
        1.0 - (1.0 - share) * 0.5_f64.powf(age)
    }

    /// Keeps a message for another try. Its group waits for it.
    pub(super) fn try_again_at(&mut self, at: Timestamp, work: Work) {
        self.again.insert(at, work);
    }

    /// The message with this id if it waits for another try, and until when it waits.
    pub(super) fn find_waiting(&self, id: &str) -> Option<(Timestamp, &Work)> {
        self.again.find(id)
    }

    /// Takes out a message that waits for another try.
    pub(super) fn take_waiting(&mut self, id: &str) -> Option<Work> {
        self.again.remove(id)
    }

    /// Takes out the message that is the least likely to get through, of those that wait for another
    /// try and may be left to the queue.
    pub(super) fn take_unlikely(&mut self) -> Option<Work> {
        self.again.take_unlikely()
    }

    /// When the next pause before another try ends.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.again.next()
    }

    /// No message gets through any more: those that wait for another try count as tried.
    pub(super) fn target_is_down(&mut self) {
        self.held_back.clear();
        for work in self.again.drain() {
            self.keep_tried(work);
        }
    }

    /// Messages get through again: those that were tried meanwhile may be tried again, a few at
    /// first.
    pub(super) fn target_is_up(&mut self, now: Timestamp) {
        (self.share, self.steady, self.learned) = (1.0, 1.0, now);
        for work in std::mem::take(&mut self.parked) {
            self.try_again_at(now, work);
        }
        let mut at = now;
        for (place, work) in std::mem::take(&mut self.tried).into_iter().enumerate() {
            if place >= AT_ONCE {
                at = at + WITHOUT;
                self.held_back.push_back((work.id.clone(), work.begun));
            }
            self.try_again_at(at, work);
        }
    }

    /// A message got through: a few more of those that were tried while none did may follow.
    pub(super) fn let_follow(&mut self, now: Timestamp) {
        for _ in 0..WITH_EACH {
            let Some((id, begun)) = self.held_back.pop_front() else {
                return;
            };
            // One that was tried since waits for a pause of its own.
            let is_held = |(_, work): (Timestamp, &Work)| work.begun == begun;
            if self.again.find(&id).is_some_and(is_held)
                && let Some(work) = self.again.remove(&id)
            {
                self.try_again_at(now, work);
            }
        }
    }

    /// A message of this group is done, and the one behind it is next.
    pub(super) fn advance(&mut self, now: Timestamp, group: Option<&str>) {
        let Some(group) = group else { return };
        match self.groups.get_mut(group).and_then(VecDeque::pop_front) {
            Some(next) => self.add(now, next),
            None => drop(self.groups.remove(group)),
        }
    }

    /// A message of this group is left to the queue, so those behind it must not be delivered now.
    /// Returns their ids.
    pub(super) fn drop_group(&mut self, group: Option<&str>) -> Vec<String> {
        let behind = group
            .and_then(|group| self.groups.remove(group))
            .unwrap_or_default();
        behind.into_iter().map(|work| work.id).collect()
    }

    /// Takes out all messages that failed or were tried.
    pub(super) fn drain_tried(&mut self) -> Vec<Work> {
        let again = self.again.drain();
        let tried = std::mem::take(&mut self.tried).into_iter();
        again
            .chain(tried)
            .chain(std::mem::take(&mut self.parked))
            .collect()
    }

    /// Takes out all other messages.
    pub(super) fn drain(&mut self) -> Vec<Work> {
        let behind = std::mem::take(&mut self.groups).into_values().flatten();
        std::mem::take(&mut self.fresh)
            .into_iter()
            .chain(behind)
            .collect()
    }
}
