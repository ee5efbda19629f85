//! A message enters a queue.

use std::time::Duration;

use kit::time::Timestamp;

use super::content::{Content, Fingerprint, fingerprint};
use super::effect::{Effect, Snapshot, StoredMessage};
use super::fifo::group_name;
use super::ids::{Location, MessageKey, MessageState, QueueId, Serial};
use super::machine::Engine;
use super::message::{Message, sequence_number};
use super::slab::NOWHERE;

/// A message to be sent; the caller has checked it.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// The content. In FIFO queues `group` and `deduplication` are set and decide order and
    /// duplicates.
    pub content: Content,
    /// The delay to use instead of the queue's own.
    pub delay: Option<Duration>,
}

/// The result of a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// MessageId; that of the first message if this one is a duplicate.
    pub id: String,
    /// SequenceNumber, in FIFO queues.
    pub sequence: Option<String>,
}

/// What a FIFO queue makes of a new message.
enum FifoEntry {
    /// The message was sent before, with this serial.
    Duplicate(Serial),
    /// The message is new, in this group and with this deduplication id.
    New {
        group: Fingerprint,
        deduplication: Fingerprint,
    },
}

impl Engine {
    /// Sends a message to a queue that exists. [`Engine::set_location`] sets afterwards where the
    /// store keeps the content.
    pub fn send(&mut self, now: Timestamp, queue: QueueId, message: NewMessage) -> Option<Sent> {
        let attributes = &self.queues.get(&queue)?.definition.attributes;
        let due = now + message.delay.unwrap_or_else(|| attributes.delay());
        let serial = self.next_serial;
        let (group, deduplication) = match self.enter_fifo(now, queue, &message.content) {
            None => (None, None),
            Some(FifoEntry::Duplicate(first)) => {
                return Some(Sent {
                    id: self.message_id(first),
                    sequence: Some(sequence_number(first)),
                });
            }
            Some(FifoEntry::New {
                group,
                deduplication,
            }) => (Some(group), Some(deduplication)),
        };
        self.next_serial += 1;
        let snapshot = Snapshot {
            key: MessageKey {
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
        self.admit(now, snapshot, message.content);
        Some(Sent {
            id: self.message_id(serial),
            sequence: group.map(|_| sequence_number(serial)),
        })
    }

    /// Sets where the store keeps the content of a message that was just sent.
    pub fn set_location(&mut self, key: MessageKey, location: Location) {
        if let Some(message) = self.messages.get_mut(key.slot)
            && message.serial == key.serial
        {
            message.location = location;
        }
    }

    /// Where the content of a message is, as long as the message exists.
    pub fn location(&self, key: MessageKey) -> Option<Location> {
        self.living(key.slot)
            .filter(|message| message.serial == key.serial)
            .map(|message| message.location)
    }

    /// Remembers the deduplication id of a message that is new to a FIFO queue. None in a standard
    /// queue.
    fn enter_fifo(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        content: &Content,
    ) -> Option<FifoEntry> {
        let serial = self.next_serial;
        let entry = self.queues.get_mut(&queue)?;
        let attributes = entry.definition.attributes.fifo;
        let scope_is_group = attributes.is_some_and(|fifo| fifo.scope_is_group);
        let fifo = entry.fifo()?;
        let group = content.group.as_deref().unwrap_or_default();
        let id = content.deduplication.as_deref().unwrap_or_default();
        let deduplication = if scope_is_group {
            fingerprint(&[group, id])
        } else {
            fingerprint(&[id])
        };
        if let Some(first) = fifo.sent_before(now, deduplication) {
            return Some(FifoEntry::Duplicate(first));
        }
        fifo.remember(now, deduplication, serial);
        Some(FifoEntry::New {
            group: fingerprint(&[group]),
            deduplication,
        })
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
            MessageState::Delayed
        } else {
            MessageState::Ready
        };
        let slot = self.messages.insert(Message::of(
            &snapshot,
            group,
            state,
            Location::default(),
            entry.generation,
        ));
        snapshot.key.slot = slot;
        if state == MessageState::Delayed {
            self.timers.insert((snapshot.due, slot));
        }
        let wake = entry.arrive(&mut self.messages, slot);
        self.pending.wake(snapshot.queue, wake);
        self.pending
            .effects
            .push(Effect::Stored(Box::new(StoredMessage {
                snapshot,
                content,
            })));
    }
}
