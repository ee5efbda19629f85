//! All queues: a machine without a clock, without I/O, and without the bodies of the messages.
//!
//! Time and input are arguments. What must be written down, who may wake up and which content may
//! go are values in the [`Outbox`]; when to come back is [`Engine::next_wakeup`]. Knows nothing of
//! HTTP, JSON or files.

mod ages;
mod attributes;
mod deliver;
mod effect;
mod fifo;
pub mod limits;
mod list;
mod look;
mod message;
mod moving;
mod name;
mod queue;
mod replay;
mod settle;
mod slab;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use kit::time::Timestamp;
use sha2::{Digest, Sha256};

pub use attributes::{Attributes, FifoAttributes, Redrive, RedriveAllow};
pub use deliver::{Ask, Draft, InFlightFull, Sent};
pub use effect::{
    AttributeData, AttributeValue, Content, Effect, Fingerprint, Outbox, Snapshot, Stored,
};
pub use fifo::fingerprint;
pub use look::{Seen, Shown};
pub use message::{Delivery, Key, NotAReceipt, Place, QueueId, Receipt, Serial, State};
pub use moving::{MoveError, MoveFailure, MoveStatus, MoveTask};
pub use name::{NotAnArn, QueueArn};
pub use queue::{Counts, Definition, Purge, Queue};
pub use settle::SettleError;
pub use slab::Slot;

use ages::Ages;
use message::Message;
use slab::Slab;

/// What one call does at most of work that can wait: a queue of millions is given up bit by bit, so
/// that nobody else has to wait for it.
const STEP: usize = 500;

/// Bytes of one entry of the timers, about.
const TIMER: usize = 40;

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
    /// Dead messages that still have to go, see [`Queue`].
    graves: VecDeque<Ages>,
    /// Queues with more that outlived its time than one step could drop.
    late: BTreeSet<QueueId>,
    outbox: Outbox,
    /// How many milliseconds clients' clocks are ahead of the engine's time.
    ahead: i64,
    /// The latest time that a replay came across.
    newest: Timestamp,
    /// Bytes that messages may take while they are read back.
    most: usize,
}

impl Engine {
    /// An engine without queues. Message ids are made from `seed` and a running number, so that
    /// memory need not hold them; sixteen random bytes make them unlike those of any other engine.
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
            graves: VecDeque::new(),
            late: BTreeSet::new(),
            outbox: Outbox::default(),
            ahead: 0,
            newest: Timestamp::default(),
            most: usize::MAX,
        }
    }

    /// From now on clients see times that are so many milliseconds ahead of the engine's, see
    /// [`Clock`](crate::clock::Clock).
    pub fn show_times_ahead(&mut self, millis: i64) {
        self.ahead = millis;
    }

    /// A time as clients see it.
    pub fn shown(&self, at: Timestamp) -> Timestamp {
        at.moved(self.ahead)
    }

    /// What happened since the last call.
    pub fn take_outbox(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// Makes every message visible whose delay or visibility timeout has ended, lets move tasks
    /// run, and goes a step on with what can wait.
    pub fn wake(&mut self, now: Timestamp) {
        while let Some(&(due, slot)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            if self.living(slot).is_some() {
                self.turn(slot, State::Ready);
            }
        }
        self.run_tasks(now);
        std::mem::take(&mut self.late)
            .into_iter()
            .for_each(|queue| self.expire(now, queue));
        self.reap();
    }

    /// When [`Engine::wake`] has something to do next, if nobody acts before.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|&(due, _)| due);
        let at_once = (!self.graves.is_empty() || !self.late.is_empty()).then(Timestamp::default);
        timer
            .into_iter()
            .chain(self.next_task_step())
            .chain(at_once)
            .min()
    }

    /// Drops what outlived its time everywhere: messages, remembered ids, blocked names. Every
    /// action does so for its own queue; calling this once a minute gives back the space of queues
    /// that nobody asks for.
    pub fn sweep(&mut self, now: Timestamp) {
        let all: Vec<QueueId> = self.queues.keys().copied().collect();
        all.into_iter().for_each(|queue| self.expire(now, queue));
        self.deleted.retain(|_, at| *at + limits::QUIET_TIME > now);
        self.tasks
            .retain(|task| self.by_arn.contains_key(&task.source));
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
        self.by_arn
            .values()
            .filter_map(|queue| self.queues.get(queue))
    }

    /// How many messages are in all queues together.
    pub fn messages(&self) -> usize {
        self.messages.len() - self.graves.iter().map(Ages::len).sum::<usize>()
    }

    /// Bytes that everything here takes, about; never much less than it does.
    pub fn bytes(&self) -> usize {
        let queues: usize = self.queues.values().map(Queue::bytes).sum();
        self.messages.bytes() + self.timers.len() * TIMER + queues
    }

    /// How many messages of a queue are in which state, now: a few thousand that are too old may be
    /// among them.
    pub fn counts(&mut self, now: Timestamp, queue: QueueId) -> Counts {
        self.expire(now, queue);
        self.queues
            .get(&queue)
            .map(Queue::counts)
            .unwrap_or_default()
    }

    /// Whether a queue of this name was deleted so recently that the name is still blocked.
    pub fn was_deleted_recently(&self, now: Timestamp, arn: &QueueArn) -> bool {
        self.deleted
            .get(arn)
            .is_some_and(|at| *at + limits::QUIET_TIME > now)
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
        let definition = Definition {
            id,
            arn,
            attributes,
            tags,
            created: now,
            modified: now,
            purge: None,
        };
        self.outbox
            .effects
            .push(Effect::Queue(Box::new(definition.clone())));
        self.by_arn.insert(definition.arn.clone(), id);
        self.queues.insert(id, Queue::new(definition));
        id
    }

    /// Replaces the attributes and tags of a queue.
    pub fn change_queue(&mut self, queue: QueueId, change: impl FnOnce(&mut Definition)) {
        let Some(queue) = self.queues.get_mut(&queue) else {
            return;
        };
        change(&mut queue.definition);
        self.outbox
            .effects
            .push(Effect::Queue(Box::new(queue.definition.clone())));
    }

    /// Drops every message of a queue, hidden and delayed ones too, and its memory of deduplication
    /// ids.
    pub fn purge(&mut self, now: Timestamp, queue: QueueId) {
        let purge = Purge {
            at: now,
            below: self.next_serial,
        };
        let Some(entry) = self.queues.get_mut(&queue) else {
            return;
        };
        self.graves.push_back(entry.clear());
        self.outbox.effects.push(Effect::Purged { queue, purge });
        self.change_queue(queue, |definition| definition.purge = Some(purge));
        self.reap();
    }

    /// Removes a queue with all its messages; its name stays blocked for a minute.
    pub fn delete_queue(&mut self, now: Timestamp, queue: QueueId) {
        let Some(gone) = self.queues.remove(&queue) else {
            return;
        };
        self.graves.push_back(gone.ages);
        self.by_arn.remove(&gone.definition.arn);
        self.deleted.insert(gone.definition.arn, now);
        self.outbox
            .effects
            .push(Effect::QueueDeleted { queue, at: now });
        self.outbox.gone.push(queue);
        self.reap();
    }

    /// The MessageId of the message with this serial.
    pub fn message_id(&self, serial: Serial) -> String {
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(serial.to_be_bytes())
            .finalize();
        let bytes: [u8; 16] = digest[..16]
            .try_into()
            .expect("sixteen of thirty-two bytes");
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// A message that was not dropped with all others of its queue.
    fn living(&self, slot: Slot) -> Option<&Message> {
        let message = self.messages.get(slot)?;
        let queue = self.queues.get(&message.queue)?;
        (queue.generation == message.generation).then_some(message)
    }

    /// Drops a step of what outlived its time in a queue.
    fn expire(&mut self, now: Timestamp, queue: QueueId) {
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

    /// Lets a step of the dead messages go. The store knows already.
    fn reap(&mut self) {
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
                self.outbox.dropped.push(message.place);
            }
        }
    }

    /// Removes a message and writes that down.
    fn remove(&mut self, slot: Slot) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let (key, queue, due) = (
            Key {
                slot,
                serial: message.serial,
            },
            message.queue,
            message.due,
        );
        self.outbox.effects.push(Effect::Deleted { key });
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
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let queue = message.queue;
        if let Some(entry) = self.queues.get_mut(&queue)
            && entry.turn(&mut self.messages, slot, state)
        {
            self.outbox.ready.push(queue);
        }
    }
}
