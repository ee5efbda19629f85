//! All queues: a machine without a clock, without I/O, and without the bodies of the messages.
//!
//! Time and input are arguments. What must be written down, who may wake up and which content may go are values in the
//! [`Outbox`]; when to come back is [`Engine::next_wakeup`]. Knows nothing of HTTP, JSON or files.

mod attributes;
mod deliver;
mod effect;
mod fifo;
pub mod limits;
mod list;
mod message;
mod moving;
mod name;
mod queue;
mod replay;
mod settle;
mod slab;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kit::time::Timestamp;
use sha2::{Digest, Sha256};

pub use attributes::{Attributes, FifoAttributes, Redrive, RedriveAllow};
pub use deliver::{Ask, Draft, InFlightFull, Sent};
pub use effect::{AttributeData, AttributeValue, Content, Effect, Fingerprint, Outbox, Snapshot, Stored};
pub use fifo::fingerprint;
pub use message::{Delivery, Key, NotAReceipt, Place, QueueId, Receipt, Serial};
pub use moving::{MoveError, MoveStatus, MoveTask};
pub use name::{NotAnArn, QueueArn};
pub use queue::{Counts, Definition, Purge, Queue};
pub use settle::SettleError;
pub use slab::Slot;

use message::{Message, State};
use slab::Slab;

/// All queues of the emulator, in every region and account.
pub struct Engine {
    seed: [u8; 16],
    next_serial: Serial,
    next_queue: QueueId,
    messages: Slab<Message>,
    queues: HashMap<QueueId, Queue>,
    by_arn: BTreeMap<QueueArn, QueueId>,
    deleted: HashMap<QueueArn, Timestamp>,
    /// The end of every delay and every visibility timeout.
    timers: BTreeSet<(Timestamp, Slot)>,
    tasks: Vec<MoveTask>,
    outbox: Outbox,
}

impl Engine {
    /// An engine without queues. Message ids are made from `seed` and a running number, so that memory need not hold
    /// them; sixteen random bytes make them unlike those of any other engine.
    pub fn new(seed: [u8; 16]) -> Engine {
        Engine {
            seed,
            next_serial: 1,
            next_queue: 1,
            messages: Slab::default(),
            queues: HashMap::new(),
            by_arn: BTreeMap::new(),
            deleted: HashMap::new(),
            timers: BTreeSet::new(),
            tasks: Vec::new(),
            outbox: Outbox::default(),
        }
    }

    /// What happened since the last call.
    pub fn take_outbox(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// Makes every message visible whose delay or visibility timeout has ended, and lets move tasks run.
    pub fn wake(&mut self, now: Timestamp) {
        while let Some(&(due, slot)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            self.turn(slot, State::Ready);
        }
        self.run_tasks(now);
    }

    /// When [`Engine::wake`] has something to do next, if nobody acts before.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|&(due, _)| due);
        timer.into_iter().chain(self.next_task_step()).min()
    }

    /// Drops what outlived its time everywhere: messages, remembered ids, blocked names. Every action does so for its
    /// own queue; calling this once a minute gives back the space of queues that nobody asks for.
    pub fn sweep(&mut self, now: Timestamp) {
        let all: Vec<QueueId> = self.queues.keys().copied().collect();
        all.into_iter().for_each(|queue| self.expire(now, queue));
        self.queues.values_mut().filter_map(Queue::fifo).for_each(|fifo| fifo.forget_old(now));
        self.deleted.retain(|_, at| *at + limits::QUIET_TIME > now);
        self.tasks.retain(|task| self.by_arn.contains_key(&task.source));
    }

    /// The queue with this ARN.
    pub fn find(&self, arn: &QueueArn) -> Option<QueueId> {
        self.by_arn.get(arn).copied()
    }

    /// A queue by its number.
    pub fn queue(&self, queue: QueueId) -> Option<&Queue> {
        self.queues.get(&queue)
    }

    /// Every queue, in the order of region, account and name.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.by_arn.values().filter_map(|queue| self.queues.get(queue))
    }

    /// How many messages are in all queues together.
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// How many messages of a queue are in which state, now.
    pub fn counts(&mut self, now: Timestamp, queue: QueueId) -> Counts {
        self.expire(now, queue);
        self.queues.get(&queue).map(Queue::counts).unwrap_or_default()
    }

    /// Whether a queue of this name was deleted so recently that the name is still blocked.
    pub fn was_deleted_recently(&self, now: Timestamp, arn: &QueueArn) -> bool {
        self.deleted.get(arn).is_some_and(|at| *at + limits::QUIET_TIME > now)
    }

    /// Makes a queue. The caller has checked that there is none of this name.
    pub fn create_queue(
        &mut self,
        now: Timestamp,
        arn: QueueArn,
        attributes: Attributes,
        tags: BTreeMap<String, String>,
    ) -> QueueId {
        let id = self.next_queue;
        self.next_queue += 1;
        self.deleted.remove(&arn);
        let definition = Definition { id, arn, attributes, tags, created: now, modified: now, purge: None };
        self.outbox.effects.push(Effect::Queue(Box::new(definition.clone())));
        self.by_arn.insert(definition.arn.clone(), id);
        self.queues.insert(id, Queue::new(definition));
        id
    }

    /// Replaces the attributes and tags of a queue.
    pub fn change_queue(&mut self, queue: QueueId, change: impl FnOnce(&mut Definition)) {
        let Some(queue) = self.queues.get_mut(&queue) else { return };
        change(&mut queue.definition);
        self.outbox.effects.push(Effect::Queue(Box::new(queue.definition.clone())));
    }

    /// Drops every message of a queue, hidden and delayed ones too, and its memory of deduplication ids.
    pub fn purge(&mut self, now: Timestamp, queue: QueueId) {
        let below = self.next_serial;
        self.drop_messages(queue);
        if let Some(fifo) = self.queues.get_mut(&queue).and_then(Queue::fifo) {
            *fifo = fifo::Fifo::default();
        }
        self.change_queue(queue, |definition| definition.purge = Some(Purge { at: now, below }));
    }

    /// Removes a queue with all its messages; its name stays blocked for a minute.
    pub fn delete_queue(&mut self, now: Timestamp, queue: QueueId) {
        self.drop_messages(queue);
        let Some(gone) = self.queues.remove(&queue) else { return };
        self.by_arn.remove(&gone.definition.arn);
        self.deleted.insert(gone.definition.arn, now);
        self.outbox.effects.push(Effect::QueueDeleted { queue, at: now });
    }

    /// The MessageId of the message with this serial.
    pub fn message_id(&self, serial: Serial) -> String {
        let digest = Sha256::new().chain_update(self.seed).chain_update(serial.to_be_bytes()).finalize();
        let bytes: [u8; 16] = digest[..16].try_into().expect("sixteen of thirty-two bytes");
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn drop_messages(&mut self, queue: QueueId) {
        let Some(queue) = self.queues.get(&queue) else { return };
        let slots: Vec<Slot> = queue.by_age.iter().map(|&(_, slot)| slot).collect();
        slots.into_iter().for_each(|slot| self.forget(slot));
    }

    fn expire(&mut self, now: Timestamp, queue: QueueId) {
        while let Some(entry) = self.queues.get(&queue)
            && let Some(&(sent_at, slot)) = entry.by_age.first()
            && sent_at + entry.definition.attributes.retention() <= now
        {
            self.remove(slot);
        }
    }

    /// Removes a message and writes that down.
    fn remove(&mut self, slot: Slot) {
        if let Some(message) = self.messages.get(slot) {
            let key = Key { slot, serial: message.serial };
            self.outbox.effects.push(Effect::Deleted { key });
            self.forget(slot);
        }
    }

    /// Removes a message without a word to the store.
    fn forget(&mut self, slot: Slot) {
        let Some(message) = self.messages.get(slot) else { return };
        let (queue, due) = (message.queue, message.due);
        self.timers.remove(&(due, slot));
        if let Some(entry) = self.queues.get_mut(&queue)
            && entry.leave(&mut self.messages, slot)
        {
            self.outbox.ready.push(queue);
        }
        if let Some(message) = self.messages.remove(slot) {
            self.outbox.dropped.push(message.place);
        }
    }

    fn turn(&mut self, slot: Slot, state: State) {
        let Some(message) = self.messages.get(slot) else { return };
        let queue = message.queue;
        if let Some(entry) = self.queues.get_mut(&queue)
            && entry.turn(&mut self.messages, slot, state)
        {
            self.outbox.ready.push(queue);
        }
    }
}
