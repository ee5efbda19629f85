//! A receiver settles a delivery: it deletes the message, or changes how long it stays hidden.

use std::time::Duration;

use kit::time::Timestamp;

use super::delivery::Receipt;
use super::effect::Effect;
use super::ids::{MessageKey, MessageState, QueueId};
use super::limits;
use super::machine::Engine;
use super::message::Message;
use super::queue::Queue;

/// Why a receipt could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The receipt belongs to another queue.
    #[error("the receipt is of another queue")]
    OtherQueue,
    /// The visibility timeout is over, or the message was received again; an error in FIFO queues
    /// only.
    #[error("the receipt expired")]
    Expired,
    /// The message does not exist any more.
    #[error("the message is gone")]
    Gone,
    /// One receive may hide a message for twelve hours in all.
    #[error("the visibility timeout would exceed twelve hours")]
    TooLong,
}

impl Engine {
    /// Deletes a message. Deleting it again is not an error.
    pub fn delete(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        receipt: Receipt,
    ) -> Result<(), SettleError> {
        self.wake(now);
        if receipt.queue != queue {
            return Err(SettleError::OtherQueue);
        }
        if !self.holds(queue, receipt) {
            return Ok(());
        }
        if self.is_fifo(queue) && !self.is_current(receipt) {
            return Err(SettleError::Expired);
        }
        self.remove(receipt.key.slot);
        Ok(())
    }

    /// Hides a message for `timeout` from now on; zero makes it visible at once.
    pub fn change_visibility(
        &mut self,
        now: Timestamp,
        queue: QueueId,
        receipt: Receipt,
        timeout: Duration,
    ) -> Result<(), SettleError> {
        self.wake(now);
        self.expire(now, queue);
        if receipt.queue != queue {
            return Err(SettleError::OtherQueue);
        }
        if !self.holds(queue, receipt) {
            return Err(SettleError::Gone);
        }
        if self.is_fifo(queue) && !self.is_current(receipt) {
            return Err(SettleError::Expired);
        }
        if !self.is_in_flight(receipt.key) {
            // A standard queue answers with success and changes nothing.
            return Ok(());
        }
        let received_at = self
            .messages
            .get(receipt.key.slot)
            .map(Message::received_at)
            .unwrap_or_default();
        if now + timeout > received_at + Duration::from_secs(limits::VISIBILITY.max.into()) {
            return Err(SettleError::TooLong);
        }
        self.hide_until(receipt.key, now + timeout);
        self.wake(now);
        Ok(())
    }

    pub(super) fn hide_until(&mut self, key: MessageKey, due: Timestamp) {
        let Some(message) = self.messages.get_mut(key.slot) else {
            return;
        };
        let before = std::mem::replace(&mut message.due, due);
        self.timers.remove(&(before, key.slot));
        self.timers.insert((due, key.slot));
        self.pending.effects.push(Effect::Hidden { key, due });
    }

    fn is_fifo(&self, queue: QueueId) -> bool {
        self.queues.get(&queue).is_some_and(Queue::is_fifo)
    }

    /// Whether the message still exists in this queue.
    fn holds(&self, queue: QueueId, receipt: Receipt) -> bool {
        let message = self.living(receipt.key.slot);
        message
            .is_some_and(|message| message.serial == receipt.key.serial && message.queue == queue)
    }

    /// Whether a receiver holds the message now.
    fn is_in_flight(&self, key: MessageKey) -> bool {
        self.messages
            .get(key.slot)
            .is_some_and(|message| message.state == MessageState::InFlight)
    }

    /// Whether this is the newest receipt of a message that is still hidden: FIFO queues take no
    /// other. In a standard queue an older receipt stays good, for the message that it names is the
    /// same.
    fn is_current(&self, receipt: Receipt) -> bool {
        let newest = self
            .messages
            .get(receipt.key.slot)
            .map(|message| message.receives);
        self.is_in_flight(receipt.key) && newest == Some(receipt.receives)
    }
}
