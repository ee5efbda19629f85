//! The way of a message through the engine: sent, received, and moved away when it was received too
//! often.

use std::time::Duration;

use kit::time::Timestamp;

use super::effect::{Content, Effect, Fingerprint, Snapshot, Stored};
use super::fifo::{Taken, fingerprint, group_name};
use super::message::{Delivery, Key, Message, Place, QueueId, Receipt, Serial, State};
use super::queue::Queue;
use super::slab::{NOWHERE, Slot};
use super::{Engine, STEP, limits};

/// A message to be sent; the caller has checked it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What it says. In FIFO queues `group` and `deduplication` are set and decide order and
    /// duplicates.
    pub content: Content,
    /// Instead of the queue's own delay.
    pub delay: Option<Duration>,
}

/// The answer to a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// MessageId; of the first one if this was a duplicate.
    pub id: String,
    /// SequenceNumber, in FIFO queues.
    pub sequence: Option<String>,
}

/// What a receiver asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask {
    /// How many messages at most.
    pub most: usize,
    /// Instead of the queue's own visibility timeout.
    pub visibility: Option<Duration>,
    /// ReceiveRequestAttemptId.
    pub attempt: Option<Fingerprint>,
}

/// As many messages are in flight as SQS allows for one standard queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many messages in flight")]
pub struct InFlightFull;

/// SequenceNumbers have twenty digits from the first one on, and gaps.
const FIRST_SEQUENCE: u128 = 18_849_496_460_000_000_000;
const SEQUENCE_STEP: u128 = 256;

fn sequence(serial: Serial) -> String {
    (FIRST_SEQUENCE + SEQUENCE_STEP * u128::from(serial)).to_string()
}

impl Engine {
    /// Sends a message to a queue that exists. Where its content lies is told afterwards, by
    /// [`Engine::place`].
    pub fn send(&mut self, now: Timestamp, queue: QueueId, draft: Draft) -> Option<Sent> {
        let entry = self.queues.get_mut(&queue)?;
        let attributes = &entry.definition.attributes;
        let due = now + draft.delay.unwrap_or_else(|| attributes.delay());
        let scope_is_group = attributes.fifo.is_some_and(|fifo| fifo.scope_is_group);
        let serial = self.next_serial;
        let (mut group, mut deduplication) = (None, None);
        if let Some(fifo) = entry.fifo() {
            let name = draft.content.group.as_deref().unwrap_or_default();
            let id = draft.content.deduplication.as_deref().unwrap_or_default();
            let scoped = if scope_is_group {
                fingerprint(&[name, id])
            } else {
                fingerprint(&[id])
            };
            if let Some(first) = fifo.sent_before(now, scoped) {
                return Some(Sent {
                    id: self.message_id(first),
                    sequence: Some(sequence(first)),
                });
            }
            fifo.remember(now, scoped, serial);
            (group, deduplication) = (Some(fingerprint(&[name])), Some(scoped));
        }
        self.next_serial += 1;
        let is_fifo = group.is_some();
        let snapshot = Snapshot {
            key: Key {
                slot: NOWHERE,
                serial,
            },
            queue,
            origin: 0,
            sent_at: now,
            due,
            first_received: Timestamp::default(),
            received_at: Timestamp::default(),
            receives: 0,
            group,
            deduplication,
        };
        self.admit(now, snapshot, draft.content);
        Some(Sent {
            id: self.message_id(serial),
            sequence: is_fifo.then(|| sequence(serial)),
        })
    }

    /// Tells where the store keeps the content of a message that was just sent.
    pub fn place(&mut self, key: Key, place: Place) {
        if let Some(message) = self.messages.get_mut(key.slot)
            && message.serial == key.serial
        {
            message.place = place;
        }
    }

    /// Where the content of a message is, as long as the message exists.
    pub fn whereabouts(&self, key: Key) -> Option<Place> {
        self.living(key.slot)
            .filter(|message| message.serial == key.serial)
            .map(|message| message.place)
    }

    /// Hands out messages and hides them. Messages that were received too often go to the
    /// dead-letter queue instead.
    pub fn receive(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        ask: Ask,
    ) -> Result<Vec<Delivery>, InFlightFull> {
        self.wake(now);
        self.expire(now, queue);
        let Some(entry) = self.queues.get(&queue) else {
            return Ok(Vec::new());
        };
        let visibility = ask
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
        if let Some(again) = ask
            .attempt
            .and_then(|attempt| self.repeat_attempt(now, queue, attempt, visibility))
        {
            return Ok(again);
        }
        let deliveries = self.take(now, queue, ask.most.min(room), now + visibility);
        if let Some(attempt) = ask.attempt
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
                // Whoever comes next goes on with it.
                self.outbox.ready.push(queue);
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

    /// The queue that must have this message instead of one more receiver.
    fn dead_letter_queue(&self, queue: QueueId, slot: Slot) -> Option<QueueId> {
        let redrive = self
            .queues
            .get(&queue)?
            .definition
            .attributes
            .redrive
            .as_ref()?;
        let target = self
            .find(&redrive.target)
            .filter(|target| *target != queue)?;
        (self.messages.get(slot)?.receives >= redrive.max_receives).then_some(target)
    }

    fn hand_out(&mut self, now: Timestamp, slot: Slot, due: Timestamp) -> Option<Delivery> {
        let message = self.messages.get_mut(slot)?;
        message.received(now, message.receives + 1, due);
        let (key, receives) = (
            Key {
                slot,
                serial: message.serial,
            },
            message.receives,
        );
        self.outbox.effects.push(Effect::Received {
            key,
            receives,
            at: now,
            due,
        });
        self.timers.insert((due, slot));
        self.turn(slot, State::InFlight);
        self.delivery(slot)
    }

    pub(super) fn delivery(&self, slot: Slot) -> Option<Delivery> {
        let message = self.messages.get(slot)?;
        let key = Key {
            slot,
            serial: message.serial,
        };
        let origin = self.queues.get(&message.origin);
        let is_fifo = self.queues.get(&message.queue).is_some_and(Queue::is_fifo);
        Some(Delivery {
            receipt: Receipt {
                queue: message.queue,
                key,
                receives: message.receives,
            },
            id: self.message_id(message.serial),
            sent_at: self.shown(message.sent_at),
            first_received: self.shown(message.first_received()),
            receives: message.receives,
            is_dead_letter: message.origin != 0,
            origin: origin.map(|queue| queue.definition.arn.to_string()),
            sequence: is_fifo.then(|| sequence(message.serial)),
            place: message.place,
        })
    }

    /// Gives a message that no receiver holds to another queue, as it is.
    fn move_to(&mut self, now: Timestamp, slot: Slot, to: QueueId) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let key = Key {
            slot,
            serial: message.serial,
        };
        self.rehome(slot, to, |message, from| {
            message.origin = from;
            message.due = now;
        });
        self.outbox.effects.push(Effect::Moved { key, to, at: now });
    }

    /// Takes a message out of its queue, changes it and puts it into another one.
    pub(super) fn rehome(
        &mut self,
        slot: Slot,
        to: QueueId,
        change: impl FnOnce(&mut Message, QueueId),
    ) {
        let Some(message) = self.messages.get(slot) else {
            return;
        };
        let (from, group) = (message.queue, message.group);
        let Some(source) = self.queues.get_mut(&from) else {
            return;
        };
        let group = source.fifo().and_then(|fifo| fifo.group_name(group));
        if source.leave(&mut self.messages, slot) {
            self.outbox.ready.push(from);
        }
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
        if target.arrive(&mut self.messages, slot) {
            self.outbox.ready.push(to);
        }
    }

    fn admit(&mut self, now: Timestamp, mut snapshot: Snapshot, content: Content) {
        let Some(entry) = self.queues.get_mut(&snapshot.queue) else {
            return;
        };
        let group = match (entry.fifo(), snapshot.group) {
            (Some(fifo), Some(name)) => fifo.group(group_name(name)),
            _ => NOWHERE,
        };
        let state = if snapshot.due > now {
            State::Delayed
        } else {
            State::Ready
        };
        let slot = self.messages.insert(Message::of(
            &snapshot,
            group,
            state,
            Place::default(),
            entry.generation,
        ));
        snapshot.key.slot = slot;
        if state == State::Delayed {
            self.timers.insert((snapshot.due, slot));
        }
        if entry.arrive(&mut self.messages, slot) {
            self.outbox.ready.push(snapshot.queue);
        }
        self.outbox
            .effects
            .push(Effect::Stored(Box::new(Stored { snapshot, content })));
    }

    /// The same messages again for a receiver that never got the answer, unless something happened
    /// to one of them.
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
        let unchanged = |taken: &Taken| {
            messages.get(taken.key.slot).is_some_and(|message| {
                let seen = Taken {
                    key: Key {
                        serial: message.serial,
                        ..taken.key
                    },
                    receives: message.receives,
                    due: message.due,
                };
                message.state == State::InFlight && seen == *taken
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
        let taken = |delivery: &Delivery| Taken {
            key: delivery.receipt.key,
            receives: delivery.receives,
            due,
        };
        fifo.remember_attempt(now, id, deliveries.iter().map(taken).collect());
    }
}
