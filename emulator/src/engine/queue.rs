//! One queue: which of its messages can be received next, and how many there are in each state.

use super::ages::Ages;
use super::attributes::Attributes;
use super::definition::QueueDefinition;
use super::fifo::Fifo;
use super::ids::MessageState;
use super::limits;
use super::list::List;
use super::message::{InLine, Message};
use super::slab::{Slab, Slot};
use super::wake::Wake;

/// The number of messages in each state.
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
    fn of(&mut self, state: MessageState) -> &mut usize {
        match state {
            MessageState::Ready => &mut self.ready,
            MessageState::Delayed => &mut self.delayed,
            MessageState::InFlight => &mut self.in_flight,
        }
    }
}

/// In which order messages are handed out.
pub(super) enum Order {
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
    /// The queue's definition.
    pub definition: QueueDefinition,
    pub(super) order: Order,
    pub(super) ages: Ages,
    counts: Counts,
    /// Rises when all messages are dropped at once: those of another generation are dead, and go
    /// bit by bit.
    pub(super) generation: u16,
}

impl Queue {
    pub(super) fn new(definition: QueueDefinition) -> Queue {
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

    /// Adds a message.
    pub(super) fn arrive(&mut self, messages: &mut Slab<Message>, slot: Slot) -> Wake {
        let Some(message) = messages.get_mut(slot) else {
            return Wake::Nobody;
        };
        let state = message.state;
        message.generation = self.generation;
        *self.counts.of(state) += 1;
        self.ages.insert(messages, slot);
        match &mut self.order {
            Order::Standard(ready) if state == MessageState::Ready => {
                ready.push_back(messages, slot);
                Wake::Receiver
            }
            Order::Standard(_) => Wake::Nobody,
            Order::Fifo(fifo) => fifo.arrive(messages, slot),
        }
    }

    /// Takes a message out.
    pub(super) fn leave(&mut self, messages: &mut Slab<Message>, slot: Slot) -> Wake {
        let Some(message) = messages.get(slot) else {
            return Wake::Nobody;
        };
        let state = message.state;
        let was_full = self.is_full();
        *self.counts.of(state) -= 1;
        self.ages.remove(messages, slot);
        let wake = match &mut self.order {
            Order::Standard(ready) if state == MessageState::Ready => {
                ready.remove(messages, slot);
                Wake::Nobody
            }
            Order::Standard(_) => Wake::Nobody,
            Order::Fifo(fifo) => fifo.leave(messages, slot),
        };
        wake.or_if(|| was_full && self.gives_again(messages))
    }

    /// Changes the state of a message.
    pub(super) fn set_state(
        &mut self,
        messages: &mut Slab<Message>,
        slot: Slot,
        state: MessageState,
    ) -> Wake {
        let Some(message) = messages.get_mut(slot) else {
            return Wake::Nobody;
        };
        let before = std::mem::replace(&mut message.state, state);
        let goes_to_the_back =
            message.receives == 0 || message.receives >= limits::BACK_OF_THE_QUEUE;
        let was_full = self.is_full();
        *self.counts.of(before) -= 1;
        *self.counts.of(state) += 1;
        let was_ready = before == MessageState::Ready;
        let is_ready = state == MessageState::Ready;
        let wake = match &mut self.order {
            Order::Fifo(fifo) => fifo.changed(messages, slot),
            Order::Standard(ready) if was_ready && !is_ready => {
                ready.remove(messages, slot);
                Wake::Nobody
            }
            Order::Standard(ready) if !was_ready && is_ready => {
                if goes_to_the_back {
                    ready.push_back(messages, slot);
                } else {
                    ready.push_front(messages, slot);
                }
                Wake::Receiver
            }
            Order::Standard(_) => Wake::Nobody,
        };
        wake.or_if(|| was_full && self.gives_again(messages))
    }

    /// Whether as many messages are in flight as there may be.
    fn is_full(&self) -> bool {
        self.counts.in_flight >= limits::IN_FLIGHT
    }

    /// Whether a queue that was full is not any more, and has something for a receiver that waits.
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
