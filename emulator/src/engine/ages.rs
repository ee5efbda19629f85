//! The messages of a queue by the time they were sent: the next one to expire comes first.
//!
//! Messages arrive in that order, so a chain through them is enough, and costs nothing but its
//! links. The few that do not (a dead letter older than the last one, a clock that was set back)
//! are kept in a set beside it.

use std::collections::BTreeSet;

use kit::time::Timestamp;

use super::list::List;
use super::message::{ByAge, Message};
use super::slab::{Slab, Slot};

/// Every message of a queue.
#[derive(Default)]
pub(super) struct Ages {
    chain: List<ByAge>,
    strays: BTreeSet<(Timestamp, Slot)>,
    len: usize,
}

impl Ages {
    /// The number of messages.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Estimates the bytes that the order takes beside the messages.
    pub(super) fn bytes(&self) -> usize {
        self.strays.len() * 40
    }

    /// Adds a message.
    pub(super) fn insert(&mut self, messages: &mut Slab<Message>, slot: Slot) {
        let last = self
            .chain
            .last()
            .and_then(|last| messages.get(last))
            .map(|last| last.sent_at);
        let Some(message) = messages.get_mut(slot) else {
            return;
        };
        let sent_at = message.sent_at;
        message.is_stray = last.is_some_and(|last| last > sent_at);
        if message.is_stray {
            self.strays.insert((sent_at, slot));
        } else {
            self.chain.push_back(messages, slot);
        }
        self.len += 1;
    }

    /// Removes a message.
    pub(super) fn remove(&mut self, messages: &mut Slab<Message>, slot: Slot) {
        let Some(message) = messages.get(slot) else {
            return;
        };
        if message.is_stray {
            self.strays.remove(&(message.sent_at, slot));
        } else {
            self.chain.remove(messages, slot);
        }
        self.len -= 1;
    }

    /// All of them, about the oldest first.
    pub(super) fn iter<'a>(
        &'a self,
        messages: &'a Slab<Message>,
    ) -> impl Iterator<Item = Slot> + 'a {
        let chain =
            std::iter::successors(self.chain.first(), |slot| self.chain.after(messages, *slot));
        self.strays.iter().map(|(_, slot)| *slot).chain(chain)
    }

    /// The oldest one.
    pub(super) fn first(&self, messages: &Slab<Message>) -> Option<(Timestamp, Slot)> {
        let in_chain = self
            .chain
            .first()
            .and_then(|slot| Some((messages.get(slot)?.sent_at, slot)));
        in_chain
            .into_iter()
            .chain(self.strays.first().copied())
            .min()
    }
}
