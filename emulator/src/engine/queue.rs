//! One queue: what it is, which of its messages may be received next, and how many there are of
//! each kind.

use std::collections::BTreeMap;

use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ages::Ages;
use super::attributes::Attributes;
use super::fifo::Fifo;
use super::limits;
use super::list::List;
use super::message::{InLine, Message, QueueId, Serial, State};
use super::name::QueueArn;
use super::slab::{Slab, Slot};

/// All of a queue except its messages: what a change of the queue writes to the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its number.
    pub id: QueueId,
    /// Region, account and name.
    pub arn: QueueArn,
    /// Its attributes.
    pub attributes: Attributes,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// CreatedTimestamp.
    #[serde(with = "millis")]
    pub created: Timestamp,
    /// LastModifiedTimestamp.
    #[serde(with = "millis")]
    pub modified: Timestamp,
    /// The last PurgeQueue, if there was one.
    pub purge: Option<Purge>,
}

/// A purge: when, and the serial below which no message survived it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// When it was asked for.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// Every message of the queue with a smaller serial was dropped.
    pub below: Serial,
}

/// How many messages are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// ApproximateNumberOfMessages. Not approximate here.
    pub ready: usize,
    /// ApproximateNumberOfMessagesDelayed.
    pub delayed: usize,
    /// ApproximateNumberOfMessagesNotVisible.
    pub in_flight: usize,
}

impl Counts {
    fn of(&mut self, state: State) -> &mut usize {
        match state {
            State::Ready => &mut self.ready,
            State::Delayed => &mut self.delayed,
            State::InFlight => &mut self.in_flight,
        }
    }
}

/// In which order messages are handed out.
pub enum Order {
    /// The ready ones, about in the order of arrival.
    Standard(List<InLine>),
    /// Strictly, in every group.
    Fifo(Box<Fifo>),
}

impl Order {
    fn new(attributes: &Attributes) -> Order {
        match attributes.fifo {
            Some(_) => Order::Fifo(Box::default()),
            None => Order::Standard(List::default()),
        }
    }
}

/// Bytes of a queue with its names and attributes, about.
const QUEUE: usize = 2048;

/// A queue and its place in the engine.
pub struct Queue {
    /// What it is.
    pub definition: Definition,
    pub(super) order: Order,
    pub(super) ages: Ages,
    counts: Counts,
    /// Rises when all messages are dropped at once: those of another generation are dead, and go
    /// bit by bit.
    pub(super) generation: u16,
}

impl Queue {
    pub(super) fn new(definition: Definition) -> Queue {
        let order = Order::new(&definition.attributes);
        Queue {
            definition,
            order,
            ages: Ages::default(),
            counts: Counts::default(),
            generation: 0,
        }
    }

    /// Lets all messages go, and what is remembered of them. Returns them, to be buried.
    pub(super) fn clear(&mut self) -> Ages {
        self.order = Order::new(&self.definition.attributes);
        self.counts = Counts::default();
        self.generation = self.generation.wrapping_add(1);
        std::mem::take(&mut self.ages)
    }

    /// Bytes that it takes beside its messages, about.
    pub(super) fn bytes(&self) -> usize {
        let order = match &self.order {
            Order::Standard(_) => 0,
            Order::Fifo(fifo) => fifo.bytes(),
        };
        QUEUE + self.ages.bytes() + order
    }

    /// How many messages are in which state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes a message in. Returns whether a receiver may have one by that.
    pub(super) fn arrive(&mut self, messages: &mut Slab<Message>, slot: Slot) -> bool {
        let Some(message) = messages.get_mut(slot) else {
            return false;
        };
        let state = message.state;
        message.generation = self.generation;
        *self.counts.of(state) += 1;
        self.ages.insert(messages, slot);
        match &mut self.order {
            Order::Standard(ready) if state == State::Ready => {
                ready.push_back(messages, slot);
                true
            }
            Order::Standard(_) => false,
            Order::Fifo(fifo) => fifo.arrive(messages, slot),
        }
    }

    /// Lets a message go. Returns whether a receiver may have another one by that.
    pub(super) fn leave(&mut self, messages: &mut Slab<Message>, slot: Slot) -> bool {
        let Some(message) = messages.get(slot) else {
            return false;
        };
        let state = message.state;
        let was_full = self.is_full();
        *self.counts.of(state) -= 1;
        self.ages.remove(messages, slot);
        let opened = match &mut self.order {
            Order::Standard(ready) if state == State::Ready => {
                ready.remove(messages, slot);
                false
            }
            Order::Standard(_) => false,
            Order::Fifo(fifo) => fifo.leave(messages, slot),
        };
        opened || was_full && self.gives_again(messages)
    }

    /// Changes the state of one of its messages. Returns whether a receiver may have one by that.
    pub(super) fn turn(&mut self, messages: &mut Slab<Message>, slot: Slot, state: State) -> bool {
        let Some(message) = messages.get_mut(slot) else {
            return false;
        };
        let before = std::mem::replace(&mut message.state, state);
        let often = message.receives >= limits::BACK_OF_THE_QUEUE;
        let was_sent_now = message.receives == 0;
        let was_full = self.is_full();
        *self.counts.of(before) -= 1;
        *self.counts.of(state) += 1;
        let opened = match (
            &mut self.order,
            before == State::Ready,
            state == State::Ready,
        ) {
            (Order::Fifo(fifo), ..) => fifo.changed(messages, slot),
            (Order::Standard(ready), true, false) => {
                ready.remove(messages, slot);
                false
            }
            (Order::Standard(ready), false, true) if often || was_sent_now => {
                ready.push_back(messages, slot);
                true
            }
            (Order::Standard(ready), false, true) => {
                ready.push_front(messages, slot);
                true
            }
            (Order::Standard(_), ..) => false,
        };
        opened || was_full && self.gives_again(messages)
    }

    /// Whether as many messages are in flight as there may be.
    fn is_full(&self) -> bool {
        self.counts.in_flight >= limits::IN_FLIGHT
    }

    /// Whether a queue that was full is not any more, and has something for a receiver who waits.
    fn gives_again(&self, messages: &Slab<Message>) -> bool {
        !self.is_full() && !self.pick(messages, 1).is_empty()
    }

    /// Up to `most` messages that may be received now.
    pub(super) fn pick(&self, messages: &Slab<Message>, most: usize) -> Vec<Slot> {
        match &self.order {
            Order::Fifo(fifo) => fifo.pick(messages, most),
            Order::Standard(ready) => {
                let next = |slot: &Slot| ready.after(messages, *slot);
                std::iter::successors(ready.first(), next)
                    .take(most)
                    .collect()
            }
        }
    }

    /// The FIFO side of it.
    pub(super) fn fifo(&mut self) -> Option<&mut Fifo> {
        match &mut self.order {
            Order::Fifo(fifo) => Some(fifo),
            Order::Standard(_) => None,
        }
    }

    /// Whether it hands out messages in strict order.
    pub fn is_fifo(&self) -> bool {
        matches!(self.order, Order::Fifo(_))
    }
}

/// [`Timestamp`] as milliseconds, in the store.
pub(super) mod millis {
    use kit::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        at.as_millis().serialize(to)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp::from_millis)
    }
}
