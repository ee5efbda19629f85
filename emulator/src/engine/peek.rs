//! A look into a queue: what is there, without receiving it.

use kit::time::Timestamp;

use super::delivery::Delivery;
use super::ids::{MessageState, QueueId};
use super::machine::Engine;
use super::slab::Slot;

/// Messages that a look visits at most, so that nobody waits long for one at a queue of millions.
const MOST_VISITED: usize = 200_000;

/// Which messages a look shows beside those that a receiver could have now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeekFilter {
    /// Those in flight, and those of a message group that waits for one in flight.
    pub invisible: bool,
    /// Those whose delay runs.
    pub delayed: bool,
}

/// A message that a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeekedMessage {
    /// The message as a receiver would have it. Nothing was handed out.
    pub delivery: Delivery,
    /// Who may have it.
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
