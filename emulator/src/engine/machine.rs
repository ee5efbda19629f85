//! The state of the engine: every queue, every message, and the timers that run.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use kit::time::Timestamp;
use sha2::{Digest, Sha256};

use super::ages::Ages;
use super::arn::QueueArn;
use super::ids::{QueueId, Serial};
use super::message::Message;
use super::pending::Pending;
use super::queue::Queue;
use super::slab::{Slab, Slot};
use super::task::MoveTask;

/// Bytes of one entry of the timers, about.
const TIMER: usize = 40;

/// All queues of the emulator, in every region and account.
pub struct Engine {
    pub(super) seed: [u8; 16],
    pub(super) next_serial: Serial,
    pub(super) next_queue: QueueId,
    pub(super) messages: Slab<Message>,
    pub(super) queues: HashMap<QueueId, Queue>,
    pub(super) by_arn: BTreeMap<QueueArn, QueueId>,
    /// When queues were deleted whose names are still blocked.
    pub(super) deleted: HashMap<QueueArn, Timestamp>,
    /// The end of every delay and every visibility timeout.
    pub(super) timers: BTreeSet<(Timestamp, Slot)>,
    pub(super) tasks: Vec<MoveTask>,
    /// Dead messages that still have to go, see [`Queue`].
    pub(super) graves: VecDeque<Ages>,
    /// Queues with more expired messages or ids than one step could drop.
    pub(super) late: BTreeSet<QueueId>,
    pub(super) pending: Pending,
    /// How many milliseconds clients' clocks are ahead of the engine's time.
    ahead: i64,
    /// The latest time found in a replay.
    pub(super) newest: Timestamp,
    /// Bytes that messages may take during a replay.
    pub(super) most: usize,
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
            pending: Pending::default(),
            ahead: 0,
            newest: Timestamp::default(),
            most: usize::MAX,
        }
    }

    /// Sets how many milliseconds the times that clients see are ahead of the engine's time, see
    /// [`Clock`](crate::clock::Clock).
    pub fn show_times_ahead(&mut self, millis: i64) {
        self.ahead = millis;
    }

    /// Converts a time of the engine to the one that clients see.
    pub fn shown(&self, at: Timestamp) -> Timestamp {
        at.moved(self.ahead)
    }

    /// What follows from everything that happened since the last call.
    pub fn take_pending(&mut self) -> Pending {
        std::mem::take(&mut self.pending)
    }

    /// The queue with this ARN.
    pub fn find(&self, arn: &QueueArn) -> Option<QueueId> {
        self.by_arn.get(arn).copied()
    }

    /// The queues from this ARN on, ordered by region, account and name.
    pub fn queues_from(&self, first: &QueueArn) -> impl Iterator<Item = (&QueueArn, QueueId)> {
        let from = self.by_arn.range(first..);
        from.map(|(arn, queue)| (arn, *queue))
    }

    /// The queue with this number.
    pub fn queue(&self, queue: QueueId) -> Option<&Queue> {
        self.queues.get(&queue)
    }

    /// Every queue, ordered by region, account and name.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.by_arn
            .values()
            .filter_map(|queue| self.queues.get(queue))
    }

    /// The number of messages in all queues together.
    pub fn messages(&self) -> usize {
        self.messages.len() - self.graves.iter().map(Ages::len).sum::<usize>()
    }

    /// Estimates the bytes of memory that the engine takes; hardly ever too few.
    pub fn bytes(&self) -> usize {
        let queues: usize = self.queues.values().map(Queue::bytes).sum();
        self.messages.bytes() + self.timers.len() * TIMER + queues
    }

    /// When the oldest message of a queue was sent.
    pub fn oldest(&self, queue: QueueId) -> Option<Timestamp> {
        self.queues
            .get(&queue)?
            .ages
            .first(&self.messages)
            .map(|(sent_at, _)| sent_at)
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

    /// The message in a slot, unless a purge or the deletion of its queue dropped it.
    pub(super) fn living(&self, slot: Slot) -> Option<&Message> {
        let message = self.messages.get(slot)?;
        let queue = self.queues.get(&message.queue)?;
        (queue.generation == message.generation).then_some(message)
    }
}
