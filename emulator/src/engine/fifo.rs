//! Message groups and deduplication of a FIFO queue.
//!
//! A group holds all its messages in order, those in flight too. It is open while its first message
//! is ready: a hidden message therefore blocks itself and everything behind it, and nothing before.

use std::collections::BTreeMap;

use kit::time::Timestamp;

use super::content::Fingerprint;
use super::ids::{MessageKey, MessageState, Serial};
use super::limits;
use super::list::{Linked, Links, List};
use super::message::{InLine, Message};
use super::slab::{NOWHERE, Slab, Slot};
use super::wake::Wake;

/// The groups of one queue, its memory of deduplication ids, and of receive attempts.
#[derive(Default)]
pub(super) struct Fifo {
    groups: Slab<Group>,
    /// A tree and not a hash table: it grows and shrinks bit by bit, and is no larger.
    by_name: BTreeMap<GroupName, Slot>,
    /// Groups whose first message is ready.
    open: List<OpenGroups>,
    sent: Recent<Serial>,
    attempts: Recent<Vec<Attempted>>,
}

/// The first half of the [`Fingerprint`] of a MessageGroupId. Should two groups ever share it, they
/// wait for each other, and keep their order.
type GroupName = u64;

struct Group {
    name: GroupName,
    messages: List<InLine>,
    is_open: bool,
    links: Links,
}

/// The chain of open groups.
struct OpenGroups;

impl Linked<OpenGroups> for Group {
    fn neighbours(&self) -> &Links {
        &self.links
    }

    fn neighbours_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// A message as a receive attempt left it; it is unchanged while it still looks like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempted {
    /// Which message.
    pub key: MessageKey,
    /// The receive.
    pub receives: u32,
    /// The end of its visibility timeout.
    pub due: Timestamp,
}

impl Fifo {
    /// The slot of the group with this name, made if it is new.
    pub(super) fn group(&mut self, name: GroupName) -> Slot {
        let groups = &mut self.groups;
        let make = || {
            groups.insert(Group {
                name,
                messages: List::default(),
                is_open: false,
                links: Links::default(),
            })
        };
        *self.by_name.entry(name).or_insert_with(make)
    }

    /// The name of a group.
    pub(super) fn group_name(&self, group: Slot) -> Option<GroupName> {
        Some(self.groups.get(group)?.name)
    }

    /// Puts a message behind the others of its group.
    pub(super) fn arrive(&mut self, messages: &mut Slab<Message>, slot: Slot) -> Wake {
        let group = group_of(messages, slot);
        let Some(entry) = self.groups.get_mut(group) else {
            return Wake::Nobody;
        };
        entry.messages.push_back(messages, slot);
        self.refresh(messages, group)
    }

    /// Takes a message out of its group; an empty group is forgotten.
    pub(super) fn leave(&mut self, messages: &mut Slab<Message>, slot: Slot) -> Wake {
        let group = group_of(messages, slot);
        let Some(entry) = self.groups.get_mut(group) else {
            return Wake::Nobody;
        };
        entry.messages.remove(messages, slot);
        let wake = self.refresh(messages, group);
        self.forget_if_empty(group);
        wake
    }

    /// Opens or closes the group of a message whose state changed.
    pub(super) fn changed(&mut self, messages: &Slab<Message>, slot: Slot) -> Wake {
        self.refresh(messages, group_of(messages, slot))
    }

    /// Up to `most` messages that may be received: as many as possible of one group, then of the
    /// next.
    pub(super) fn pick(&self, messages: &Slab<Message>, most: usize) -> Vec<Slot> {
        let mut picked = Vec::new();
        let mut group = self.open.first();
        while let Some(slot) = group
            && picked.len() < most
        {
            self.pick_from(slot, messages, most, &mut picked);
            group = self.open.after(&self.groups, slot);
        }
        picked
    }

    fn pick_from(
        &self,
        group: Slot,
        messages: &Slab<Message>,
        most: usize,
        picked: &mut Vec<Slot>,
    ) {
        let Some(group) = self.groups.get(group) else {
            return;
        };
        let mut next = group.messages.first();
        while let Some(slot) = next
            && picked.len() < most
            && messages
                .get(slot)
                .is_some_and(|message| message.state == MessageState::Ready)
        {
            picked.push(slot);
            next = group.messages.after(messages, slot);
        }
    }

    /// The message that was sent with this deduplication id in the last five minutes.
    pub(super) fn sent_before(&mut self, now: Timestamp, id: Fingerprint) -> Option<Serial> {
        self.sent.get(now, id).copied()
    }

    /// Remembers a deduplication id; a later send does not extend the five minutes.
    pub(super) fn remember(&mut self, now: Timestamp, id: Fingerprint, serial: Serial) {
        self.sent.put(now, id, serial);
    }

    /// What this receive attempt took, if it was made in the last five minutes.
    pub(super) fn attempt(&mut self, now: Timestamp, id: Fingerprint) -> Option<&[Attempted]> {
        self.attempts.get(now, id).map(Vec::as_slice)
    }

    /// Remembers a receive attempt.
    pub(super) fn remember_attempt(
        &mut self,
        now: Timestamp,
        id: Fingerprint,
        taken: Vec<Attempted>,
    ) {
        self.attempts.put(now, id, taken);
    }

    /// Drops memories that are too old, a step of them. Returns whether there are more.
    pub(super) fn forget_old(&mut self, now: Timestamp) -> bool {
        self.sent.forget_old(now) | self.attempts.forget_old(now)
    }

    /// Bytes that groups and memories take, about.
    pub(super) fn bytes(&self) -> usize {
        self.groups.bytes() + self.by_name.len() * NAME + self.sent.bytes() + self.attempts.bytes()
    }

    /// Whether nothing is remembered, and there are no groups.
    #[cfg(test)]
    pub(crate) fn is_forgotten(&self) -> bool {
        self.sent.entries.is_empty() && self.sent.by_second.is_empty() && self.by_name.is_empty()
    }

    /// Drops groups without messages, which a replay makes.
    pub(super) fn forget_empty(&mut self) {
        let all: Vec<Slot> = self.groups.iter().map(|(slot, _)| slot).collect();
        all.into_iter()
            .for_each(|group| self.forget_if_empty(group));
    }

    /// Opens or closes a group, by the state of its first message. A group that opens wakes a
    /// receiver.
    fn refresh(&mut self, messages: &Slab<Message>, group: Slot) -> Wake {
        let Some(entry) = self.groups.get_mut(group) else {
            return Wake::Nobody;
        };
        let first = entry.messages.first().and_then(|slot| messages.get(slot));
        let opens = first.is_some_and(|message| message.state == MessageState::Ready);
        let was_open = std::mem::replace(&mut entry.is_open, opens);
        match (was_open, opens) {
            (false, true) => self.open.push_back(&mut self.groups, group),
            (true, false) => self.open.remove(&mut self.groups, group),
            _ => {}
        }
        Wake::receiver_if(opens && !was_open)
    }

    fn forget_if_empty(&mut self, group: Slot) {
        if self
            .groups
            .get(group)
            .is_some_and(|entry| entry.messages.is_empty())
            && let Some(entry) = self.groups.remove(group)
        {
            self.by_name.remove(&entry.name);
        }
    }
}

fn group_of(messages: &Slab<Message>, slot: Slot) -> Slot {
    messages.get(slot).map_or(NOWHERE, |message| message.group)
}

/// Bytes of a group's entry in the tree of names.
const NAME: usize = 24;

/// Bytes of one memory of five minutes, as `tests/flat.rs` measures them, and a little more.
const REMEMBERED: usize = 80;

/// A memory of five minutes.
struct Recent<T> {
    entries: BTreeMap<Fingerprint, (Timestamp, T)>,
    /// What was put in, by the second.
    by_second: BTreeMap<u64, Vec<Fingerprint>>,
}

impl<T> Default for Recent<T> {
    fn default() -> Recent<T> {
        Recent {
            entries: BTreeMap::new(),
            by_second: BTreeMap::new(),
        }
    }
}

impl<T> Recent<T> {
    fn bytes(&self) -> usize {
        self.entries.len() * REMEMBERED
    }

    fn get(&mut self, now: Timestamp, id: Fingerprint) -> Option<&T> {
        self.forget_old(now);
        self.entries
            .get(&id)
            .filter(|(at, _)| is_young(*at, now))
            .map(|(_, value)| value)
    }

    fn put(&mut self, at: Timestamp, id: Fingerprint, value: T) {
        self.entries.insert(id, (at, value));
        self.by_second.entry(at.as_secs()).or_default().push(id);
    }

    fn forget_old(&mut self, now: Timestamp) -> bool {
        for _ in 0..limits::STEP {
            let Some(mut second) = self.by_second.first_entry() else {
                return false;
            };
            if is_young(Timestamp::from_millis(second.key() * 1000 + 999), now) {
                return false;
            }
            let Some(id) = second.get_mut().pop() else {
                second.remove();
                continue;
            };
            // It may have been put in again since.
            if self
                .entries
                .get(&id)
                .is_some_and(|(at, _)| !is_young(*at, now))
            {
                self.entries.remove(&id);
            }
        }
        true
    }
}

fn is_young(at: Timestamp, now: Timestamp) -> bool {
    at + limits::DEDUPLICATION > now
}

/// The part of a MessageGroupId's fingerprint that names the group here.
pub(super) fn group_name(group: Fingerprint) -> GroupName {
    (group >> 64) as GroupName
}
