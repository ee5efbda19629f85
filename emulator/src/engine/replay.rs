//! Recovery after a restart: effects are replayed from the store, oldest first, then the clock is
//! read once.
//!
//! Replay only changes records; lists, timers and counters are built once at the end, in the order
//! of arrival.

use kit::time::Timestamp;

use super::content::Fingerprint;
use super::definition::{Purge, QueueDefinition};
use super::effect::{Effect, Snapshot};
use super::fifo::{Fifo, group_name};
use super::ids::{Location, MessageKey, MessageState, QueueId, Serial};
use super::limits;
use super::machine::Engine;
use super::message::Message;
use super::pending::Pending;
use super::queue::Queue;
use super::slab::{NOWHERE, Slot};
use super::wake::Wake;

impl Engine {
    /// Replays one effect of an earlier run; `location` is where the store read it. Only allowed
    /// before [`Engine::resume`]. An effect on something that no longer exists is ignored.
    pub fn replay(&mut self, effect: Effect, location: Location, now: Timestamp) {
        self.newest = self.newest.max(effect.at().unwrap_or_default());
        match effect {
            Effect::Counters {
                seed,
                serial,
                queue,
            } => {
                self.seed = seed;
                self.next_serial = self.next_serial.max(serial);
                self.next_queue = self.next_queue.max(queue);
            }
            Effect::Queue(definition) => self.replay_queue(*definition),
            Effect::QueueDeleted { queue, at } => self.replay_queue_deleted(queue, at),
            Effect::Purged { queue, purge } => self.replay_purge(queue, purge),
            Effect::Task(task) => self.replay_task(*task),
            Effect::Stored(stored) => self.replay_stored(&stored.snapshot, location, now),
            Effect::Received {
                key,
                receives,
                at,
                due,
            } => {
                self.replay_on(key, |message| message.received(at, receives, due));
            }
            Effect::Hidden { key, due } => self.replay_on(key, |message| message.due = due),
            Effect::Moved { key, to, at } => self.replay_move(key, to, |message| {
                message.origin = message.queue;
                message.due = at;
            }),
            Effect::Renewed {
                key,
                serial,
                to,
                at,
            } => {
                self.next_serial = self.next_serial.max(serial + 1);
                if let Some(from) = self.replayed(key).map(|message| message.queue) {
                    self.replay_task_step(from, serial);
                }
                self.replay_move(key, to, |message| message.renew(serial, at));
            }
            Effect::Deleted { key } => {
                if self.replayed(key).is_some() {
                    self.messages.remove(key.slot);
                }
            }
            Effect::Remembered {
                queue,
                id,
                serial,
                at,
            } => self.replay_memory(queue, id, serial, at, now),
        }
    }

    /// No more than this may be read back, in bytes: what is beyond it is left out, see
    /// [`Engine::is_too_large`].
    pub fn read_at_most(&mut self, bytes: usize) {
        self.most = bytes;
    }

    /// Whether something was left out of the replay.
    pub fn is_too_large(&self) -> bool {
        self.messages.bytes() > self.most
    }

    /// The latest time that the replay came across: it is later than that now.
    pub fn newest(&self) -> Timestamp {
        self.newest
    }

    /// The serial of the next message.
    pub fn next_serial(&self) -> Serial {
        self.next_serial
    }

    /// Leaves out more serials than any lost piece of the log can have given away: receipts of
    /// messages that are lost must not fit new ones.
    pub fn skip_serials(&mut self) {
        self.next_serial += 1 << 32;
    }

    /// Ends the replay: from here on the engine is as if it had never stopped.
    pub fn resume(&mut self, now: Timestamp) {
        let now = now.max(self.newest);
        let mut arrived: Vec<(Serial, Slot)> = self
            .messages
            .iter()
            .map(|(slot, message)| (message.serial, slot))
            .collect();
        arrived.sort_unstable();
        for (_, slot) in arrived {
            self.resume_message(now, slot);
        }
        self.queues
            .values_mut()
            .filter_map(Queue::fifo)
            .for_each(Fifo::forget_empty);
        self.resume_tasks(now);
        self.deleted.retain(|arn, _| !self.by_arn.contains_key(arn));
        self.pending = Pending::default();
    }

    /// What the beginning of a new piece of the log says, so that older pieces can go.
    pub fn checkpoint(&self) -> Vec<Effect> {
        let counters = Effect::Counters {
            seed: self.seed,
            serial: self.next_serial,
            queue: self.next_queue,
        };
        let queues = self
            .queues()
            .map(|queue| Effect::Queue(Box::new(queue.definition.clone())));
        let tasks = self
            .tasks
            .iter()
            .map(|task| Effect::Task(Box::new(task.clone())));
        std::iter::once(counters)
            .chain(queues)
            .chain(tasks)
            .collect()
    }

    /// Bytes that messages still need, by log segment.
    pub fn stored_bytes(&self) -> std::collections::BTreeMap<u32, u64> {
        let mut bytes = std::collections::BTreeMap::new();
        for (_, message) in self.messages.iter() {
            *bytes.entry(message.location.segment).or_default() +=
                u64::from(message.location.length);
        }
        bytes
    }

    /// The present state of a message that was stored as `old`, if its content still lies at
    /// `location`.
    pub fn snapshot(&self, old: &Snapshot, location: Location) -> Option<Snapshot> {
        let message = self
            .living(old.key.slot)
            .filter(|message| message.location == location)?;
        let key = message.key(old.key.slot);
        Some(Snapshot {
            key,
            queue: message.queue,
            origin: message.origin,
            sent_at: message.sent_at,
            due: message.due,
            first_received: message.first_received(),
            received_at: message.received_at(),
            receives: message.receives,
            group: old.group,
            // A message that went elsewhere leaves its deduplication id behind, in the queue that
            // it was sent to.
            deduplication: old
                .deduplication
                .filter(|_| key == old.key && message.queue == old.queue),
        })
    }

    /// Whether a deduplication id is still remembered for the message with this serial.
    pub fn remembers(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        id: Fingerprint,
        serial: Serial,
    ) -> bool {
        let fifo = self.queues.get_mut(&queue).and_then(Queue::fifo);
        fifo.and_then(|fifo| fifo.sent_before(now, id)) == Some(serial)
    }

    /// Takes back a stored message. What it says is not needed.
    pub fn replay_stored(&mut self, snapshot: &Snapshot, location: Location, now: Timestamp) {
        self.next_serial = self.next_serial.max(snapshot.key.serial + 1);
        self.newest = self.newest.max(snapshot.sent_at).max(snapshot.received_at);
        if let Some(id) = snapshot.deduplication {
            self.replay_memory(
                snapshot.queue,
                id,
                snapshot.key.serial,
                snapshot.sent_at,
                now,
            );
        }
        if self.is_too_large() {
            return;
        }
        let Some(queue) = self.queues.get_mut(&snapshot.queue) else {
            return;
        };
        let group = match (queue.fifo(), snapshot.group) {
            (Some(fifo), Some(name)) => fifo.group(group_name(name)),
            _ => NOWHERE,
        };
        let message = Message::of(
            snapshot,
            group,
            MessageState::Ready,
            location,
            queue.generation,
        );
        self.messages.insert_at(snapshot.key.slot, message);
    }

    fn replay_queue(&mut self, definition: QueueDefinition) {
        self.next_queue = self.next_queue.max(definition.id + 1);
        self.by_arn.insert(definition.arn.clone(), definition.id);
        let Some(known) = self.queues.get_mut(&definition.id) else {
            self.queues.insert(definition.id, Queue::new(definition));
            return;
        };
        let (id, before, purge) = (definition.id, known.definition.purge, definition.purge);
        known.definition = definition;
        if let Some(purge) = purge.filter(|purge| before != Some(*purge)) {
            // The word on the purge itself was lost, or comes yet.
            self.replay_drop(|message| message.queue == id && message.serial < purge.below);
        }
    }

    fn replay_purge(&mut self, queue: QueueId, purge: Purge) {
        if let Some(known) = self.queues.get_mut(&queue) {
            known.clear();
            known.definition.purge = Some(purge);
        }
    }

    fn replay_queue_deleted(&mut self, queue: QueueId, at: Timestamp) {
        if let Some(gone) = self.queues.remove(&queue) {
            self.by_arn.remove(&gone.definition.arn);
            self.deleted.insert(gone.definition.arn, at);
        }
    }

    fn replay_drop(&mut self, gone: impl Fn(&Message) -> bool) {
        let slots: Vec<Slot> = self
            .messages
            .iter()
            .filter(|(_, message)| gone(message))
            .map(|(slot, _)| slot)
            .collect();
        slots
            .into_iter()
            .for_each(|slot| _ = self.messages.remove(slot));
    }

    fn replay_memory(
        &mut self,
        queue: QueueId,
        id: Fingerprint,
        serial: Serial,
        at: Timestamp,
        now: Timestamp,
    ) {
        if at + limits::DEDUPLICATION > now
            && let Some(fifo) = self.queues.get_mut(&queue).and_then(Queue::fifo)
        {
            fifo.remember(at, id, serial);
        }
    }

    fn replay_move(&mut self, key: MessageKey, to: QueueId, change: impl FnOnce(&mut Message)) {
        let Some(message) = self.replayed(key) else {
            return;
        };
        let (from, group) = (message.queue, message.group);
        let group = self
            .queues
            .get_mut(&from)
            .and_then(|queue| queue.fifo()?.group_name(group));
        let target = self.queues.get_mut(&to).and_then(Queue::fifo);
        let group = target.map_or(NOWHERE, |fifo| fifo.group(group.unwrap_or_default()));
        let generation = self.queues.get(&to).map_or(0, |queue| queue.generation);
        self.replay_on(key, |message| {
            change(message);
            message.queue = to;
            message.group = group;
            message.generation = generation;
        });
    }

    fn replay_on(&mut self, key: MessageKey, change: impl FnOnce(&mut Message)) {
        if let Some(message) = self.replayed(key) {
            change(message);
        }
    }

    fn replayed(&mut self, key: MessageKey) -> Option<&mut Message> {
        self.messages
            .get_mut(key.slot)
            .filter(|message| message.serial == key.serial)
    }

    fn resume_message(&mut self, now: Timestamp, slot: Slot) {
        let Some((due, queue, receives)) = self
            .living(slot)
            .map(|message| (message.due, message.queue, message.receives))
        else {
            self.messages.remove(slot);
            return;
        };
        let state = match (due > now, receives) {
            (false, _) => MessageState::Ready,
            (true, 0) => MessageState::Delayed,
            (true, _) => MessageState::InFlight,
        };
        if state != MessageState::Ready {
            self.timers.insert((due, slot));
        }
        if let Some(message) = self.messages.get_mut(slot) {
            message.state = state;
        }
        if let Some(entry) = self.queues.get_mut(&queue) {
            // No receiver waits yet.
            let _: Wake = entry.arrive(&mut self.messages, slot);
        }
    }
}
