//! A message moves from one queue to another: to a dead-letter queue, or back by a move task.

use kit::time::Timestamp;

use super::effect::Effect;
use super::ids::QueueId;
use super::machine::Engine;
use super::message::Message;
use super::slab::{NOWHERE, Slot};

impl Engine {
    /// The dead-letter queue that must get this message instead of one more receiver.
    pub(super) fn dead_letter_queue(&self, queue: QueueId, slot: Slot) -> Option<QueueId> {
        let attributes = &self.queues.get(&queue)?.definition.attributes;
        let redrive = attributes.redrive.as_ref()?;
        let target = self
            .find(&redrive.target)
            .filter(|target| *target != queue)?;
        (self.messages.get(slot)?.receives >= redrive.max_receives).then_some(target)
    }

    /// Moves a message that no receiver holds to a dead-letter queue, unchanged.
    pub(super) fn move_to(&mut self, now: Timestamp, slot: Slot, to: QueueId) {
        let Some(key) = self.messages.get(slot).map(|message| message.key(slot)) else {
            return;
        };
        self.transfer(slot, to, |message, from| {
            message.origin = from;
            message.due = now;
        });
        self.pending
            .effects
            .push(Effect::Moved { key, to, at: now });
    }

    /// Takes a message out of its queue, changes it and puts it into another one.
    pub(super) fn transfer(
        &mut self,
        slot: Slot,
        to: QueueId,
        change: impl FnOnce(&mut Message, QueueId),
    ) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let from = message.queue;
        let group = message.group;
        let Some(source) = self.queues.get_mut(&from) else {
            return;
        };
        let group = source.fifo().and_then(|fifo| fifo.group_name(group));
        let wake = source.leave(&mut self.messages, slot);
        self.pending.wake(from, wake);
        let Some(target) = self.queues.get_mut(&to) else {
            return;
        };
        let group = target
            .fifo()
            .map_or(NOWHERE, |fifo| fifo.group(group.unwrap_or_default()));
        if let Some(message) = self.messages.get_mut(slot) {
            message.queue = to;
            message.group = group;
            change(message, from);
        }
        let wake = target.arrive(&mut self.messages, slot);
        self.pending.wake(to, wake);
    }
}
