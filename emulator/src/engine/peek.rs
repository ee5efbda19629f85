//! Peeking: what is in a queue, without receiving it.

use kit::time::Timestamp;

use super::delivery::Delivery;
use super::ids::{MessageState, QueueId};
use super::machine::Engine;
use super::slab::Slot;

/// The most messages that one peek visits: a queue of millions must not hold up other requests.
const MOST_VISITED: usize = 200_000;

/// Which messages to show beside those that can be received now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeekFilter {
    /// Messages in flight, and those whose message group waits for one in flight.
    pub invisible: bool,
    /// Messages whose delay runs.
    pub delayed: bool,
}

/// A message found by peeking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeekedMessage {
    /// The message as a receiver would get it. Nothing was handed out.
    pub delivery: Delivery,
    /// Whether the message can be received.
    pub state: MessageState,
}

impl Engine {
    /// Up to `most` messages of a queue: those in flight, those that may be received in their
    /// order, and the delayed ones.
    pub fn look(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        shown: PeekFilter,
        most: usize,
    ) -> Vec<PeekedMessage> {
        self.wake(now);
        self.expire(now, queue);
        let Some(entry) = self.queues.get(&queue) else {
            return Vec::new();
        };
        let receivable = entry.pick(&self.messages, most);
        let (mut in_flight, mut blocked, mut delayed) = (Vec::new(), Vec::new(), Vec::new());
        if shown != PeekFilter::default() {
            let is_fifo = entry.is_fifo();
            for slot in entry.ages.iter(&self.messages).take(MOST_VISITED) {
                match self.messages.get(slot).map(|message| message.state) {
                    Some(MessageState::InFlight) if shown.invisible => in_flight.push(slot),
                    Some(MessageState::Ready)
                        if shown.invisible && is_fifo && !receivable.contains(&slot) =>
                    {
                        blocked.push(slot);
                    }
                    Some(MessageState::Delayed) if shown.delayed => delayed.push(slot),
                    _ => continue,
                }
                if in_flight.len() + blocked.len() + delayed.len() >= most {
                    break;
                }
            }
        }
        let found = in_flight
            .into_iter()
            .chain(blocked)
            .chain(receivable)
            .chain(delayed)
            .take(most);
        found.filter_map(|slot| self.seen(slot)).collect()
    }

    fn seen(&self, slot: Slot) -> Option<PeekedMessage> {
        let mut delivery = self.delivery(slot)?;
        if delivery.receives == 0 {
            delivery.first_received = Timestamp::default();
        }
        Some(PeekedMessage {
            delivery,
            state: self.messages.get(slot)?.state,
        })
    }
}
