//! How messages leave their queues for good, one by one and in bulk.

use kit::time::Timestamp;

use super::effect::Effect;
use super::ids::{MessageState, QueueId};
use super::limits::STEP;
use super::machine::Engine;
use super::queue::Counts;
use super::slab::Slot;
use super::wake::Wake;

impl Engine {
    /// Counts the messages of a queue by state, now. A few thousand expired messages may be among
    /// them.
    pub fn counts(&mut self, now: Timestamp, queue: QueueId) -> Counts {
        self.expire(now, queue);
        self.queues
            .get(&queue)
            .map(super::queue::Queue::counts)
            .unwrap_or_default()
    }

    /// Drops up to one step of the messages and deduplication ids of a queue that expired.
    pub(super) fn expire(&mut self, now: Timestamp, queue: QueueId) {
        for _ in 0..STEP {
            let Some(entry) = self.queues.get_mut(&queue) else {
                return;
            };
            match entry.ages.first(&self.messages) {
                Some((sent_at, slot))
                    if sent_at + entry.definition.attributes.retention() <= now =>
                {
                    self.remove(slot);
                }
                _ => {
                    if entry.fifo().is_some_and(|fifo| fifo.forget_old(now)) {
                        self.late.insert(queue);
                    }
                    return;
                }
            }
        }
        self.late.insert(queue);
    }

    /// Frees up to one step of the messages that a purge or the deletion of a queue left behind.
    /// The store has recorded their end already.
    pub(super) fn reap(&mut self) {
        for _ in 0..STEP {
            let Some(grave) = self.graves.front_mut() else {
                return;
            };
            let Some((_, slot)) = grave.first(&self.messages) else {
                self.graves.pop_front();
                continue;
            };
            grave.remove(&mut self.messages, slot);
            if let Some(message) = self.messages.remove(slot) {
                self.timers.remove(&(message.due, slot));
                self.pending.dropped.push(message.location);
            }
        }
    }

    /// Removes a message and records that.
    pub(super) fn remove(&mut self, slot: Slot) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let queue = message.queue;
        self.pending.effects.push(Effect::Deleted {
            key: message.key(slot),
        });
        self.timers.remove(&(message.due, slot));
        let wake = self
            .queues
            .get_mut(&queue)
            .map_or(Wake::Nobody, |entry| entry.leave(&mut self.messages, slot));
        self.pending.wake(queue, wake);
        if let Some(message) = self.messages.remove(slot) {
            self.pending.dropped.push(message.location);
        }
    }

    /// Changes the state of a message.
    pub(super) fn set_state(&mut self, slot: Slot, state: MessageState) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let queue = message.queue;
        let wake = self.queues.get_mut(&queue).map_or(Wake::Nobody, |entry| {
            entry.set_state(&mut self.messages, slot, state)
        });
        self.pending.wake(queue, wake);
    }
}
