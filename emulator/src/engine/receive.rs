//! Messages are handed out and hidden.

use std::time::Duration;

use kit::time::Timestamp;

use super::content::Fingerprint;
use super::delivery::{Delivery, Receipt};
use super::effect::Effect;
use super::fifo::Attempted;
use super::ids::{MessageState, QueueId};
use super::limits::{self, STEP};
use super::machine::Engine;
use super::message::sequence_number;
use super::queue::Queue;
use super::slab::Slot;

/// What a receiver asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReceiveRequest {
    /// The largest number of messages to return.
    pub most: usize,
    /// The visibility timeout to use instead of the queue's own.
    pub visibility: Option<Duration>,
    /// ReceiveRequestAttemptId.
    pub attempt: Option<Fingerprint>,
}

/// A standard queue has as many messages in flight as SQS allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many messages in flight")]
pub struct InFlightFull;

impl Engine {
    /// Hands out messages and hides them. Messages that were received too often go to the
    /// dead-letter queue instead.
    pub fn receive(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        request: ReceiveRequest,
    ) -> Result<Vec<Delivery>, InFlightFull> {
        self.wake(now);
        self.expire(now, queue);
        let Some(entry) = self.queues.get(&queue) else {
            return Ok(Vec::new());
        };
        let visibility = request
            .visibility
            .unwrap_or_else(|| entry.definition.attributes.visibility());
        let room = limits::IN_FLIGHT.saturating_sub(entry.counts().in_flight);
        if room == 0 {
            return if entry.is_fifo() {
                Ok(Vec::new())
            } else {
                Err(InFlightFull)
            };
        }
        if let Some(again) = request
            .attempt
            .and_then(|attempt| self.repeat_attempt(now, queue, attempt, visibility))
        {
            return Ok(again);
        }
        let deliveries = self.take(now, queue, request.most.min(room), now + visibility);
        if let Some(attempt) = request.attempt
            && !deliveries.is_empty()
        {
            self.note_attempt(now, queue, attempt, &deliveries, now + visibility);
        }
        Ok(deliveries)
    }

    fn take(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        most: usize,
        due: Timestamp,
    ) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        let mut others = 0;
        while let Some(entry) = self.queues.get(&queue) {
            let picked = entry.pick(&self.messages, most - deliveries.len());
            if picked.is_empty() {
                break;
            }
            if others >= STEP {
                // The next receiver continues here.
                self.pending.ready.push(queue);
                break;
            }
            for slot in picked {
                if self.is_too_old(now, slot) {
                    self.remove(slot);
                } else if let Some(to) = self.dead_letter_queue(queue, slot) {
                    self.move_to(now, slot, to);
                } else {
                    deliveries.extend(self.hand_out(now, slot, due));
                    continue;
                }
                others += 1;
            }
        }
        deliveries
    }

    fn is_too_old(&self, now: Timestamp, slot: Slot) -> bool {
        let Some(message) = self.messages.get(slot) else {
            return false;
        };
        let queue = self.queues.get(&message.queue);
        queue.is_some_and(|queue| message.sent_at + queue.definition.attributes.retention() <= now)
    }

    fn hand_out(&mut self, now: Timestamp, slot: Slot, due: Timestamp) -> Option<Delivery> {
        let message = self.messages.get_mut(slot)?;
        message.received(now, message.receives + 1, due);
        let key = message.key(slot);
        let receives = message.receives;
        self.pending.effects.push(Effect::Received {
            key,
            receives,
            at: now,
            due,
        });
        self.timers.insert((due, slot));
        self.set_state(slot, MessageState::InFlight);
        self.delivery(slot)
    }

    pub(super) fn delivery(&self, slot: Slot) -> Option<Delivery> {
        let message = self.messages.get(slot)?;
        let origin = self.queues.get(&message.origin);
        let is_fifo = self.queues.get(&message.queue).is_some_and(Queue::is_fifo);
        Some(Delivery {
            receipt: Receipt {
                queue: message.queue,
                key: message.key(slot),
                receives: message.receives,
            },
            id: self.message_id(message.serial),
            sent_at: self.shown(message.sent_at),
            first_received: self.shown(message.first_received()),
            receives: message.receives,
            is_dead_letter: message.origin != 0,
            origin: origin.map(|queue| queue.definition.arn.to_string()),
            sequence: is_fifo.then(|| sequence_number(message.serial)),
            location: message.location,
        })
    }

    /// Hands out the same messages again to a receiver that never got the response, unless one of
    /// them changed meanwhile.
    fn repeat_attempt(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        attempt: Fingerprint,
        visibility: Duration,
    ) -> Option<Vec<Delivery>> {
        let taken = self
            .queues
            .get_mut(&queue)?
            .fifo()?
            .attempt(now, attempt)?
            .to_vec();
        let messages = &self.messages;
        let unchanged = |taken: &Attempted| {
            messages.get(taken.key.slot).is_some_and(|message| {
                let seen = Attempted {
                    key: message.key(taken.key.slot),
                    receives: message.receives,
                    due: message.due,
                };
                message.state == MessageState::InFlight && seen == *taken
            })
        };
        if !taken.iter().all(unchanged) {
            return None;
        }
        taken
            .iter()
            .for_each(|taken| self.hide_until(taken.key, now + visibility));
        let deliveries: Vec<Delivery> = taken
            .iter()
            .filter_map(|taken| self.delivery(taken.key.slot))
            .collect();
        self.note_attempt(now, queue, attempt, &deliveries, now + visibility);
        Some(deliveries)
    }

    fn note_attempt(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        id: Fingerprint,
        deliveries: &[Delivery],
        due: Timestamp,
    ) {
        let Some(fifo) = self.queues.get_mut(&queue).and_then(Queue::fifo) else {
            return;
        };
        let taken = |delivery: &Delivery| Attempted {
            key: delivery.receipt.key,
            receives: delivery.receives,
            due,
        };
        fifo.remember_attempt(now, id, deliveries.iter().map(taken).collect());
    }
}
