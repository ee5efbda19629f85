//! Admission control: whether the disk and memory have room for what a request does.

use kit::lock::MutexGuard;
use kit::time::Timestamp;

use super::meter::COUNT_MEMORY;
use super::state::{Node, NodeState};
use crate::action::Action;
use crate::fault::Fault;
use crate::store::{Health, Need, Room};

/// What an action needs room in the log for.
pub(super) fn need(action: &Action) -> Need {
    match action {
        Action::SendMessage(send) => Need::Messages(send.size()),
        Action::SendMessageBatch(batch) => Need::Messages(batch.size()),
        Action::ReceiveMessage(_) => Need::Receives,
        Action::CreateQueue(_)
        | Action::SetQueueAttributes(_)
        | Action::AddPermission(_)
        | Action::TagQueue(_) => Need::Definition,
        _ => Need::Records,
    }
}

impl Node {
    /// The state, if the log has room for what the request needs; none if it will have in a moment.
    /// Otherwise the fault to answer with.
    pub(super) fn enter(&self, need: Need) -> Result<Option<MutexGuard<'_, NodeState>>, Fault> {
        let mut state = self.lock();
        if self.health() == Health::Failed {
            return Err(Fault::StorageFailed);
        }
        if let Need::Messages(bytes) = need {
            self.check_memory(&mut state, bytes)?;
        }
        match (self.inner.store.room(need), need) {
            (Room::Enough, _) => Ok(Some(state)),
            (Room::Soon, _) => Ok(None),
            (Room::None, Need::Messages(_)) => Err(Fault::StorageFull),
            (Room::None, Need::Definition) if self.health() == Health::Sound => {
                let text = "The queues and their policies fill a third of a file of the emulator's log: delete queues, \
                            or start it with a larger --segment-size.";
                Err(Fault::OverLimit(text.to_owned()))
            }
            (Room::None, _) => Err(Fault::ReserveUsedUp),
        }
    }

    /// Checks that memory has room for a request with so many bytes of messages. Memory is counted
    /// every few requests, and at every request while it is full.
    fn check_memory(&self, state: &mut NodeState, bytes: usize) -> Result<(), Fault> {
        let gauge = &self.inner.gauge;
        let Some(budget) = gauge.budget() else {
            return Ok(());
        };
        let NodeState { engine, meter, .. } = state;
        if meter.is_full || meter.requests == 0 {
            meter.used = (engine.bytes() + self.inner.store.bytes()) as u64;
        }
        meter.requests = (meter.requests + 1) % COUNT_MEMORY;
        // A batch of messages without contents takes a few hundred bytes for each.
        meter.used += if self.inner.store.is_memory() {
            bytes as u64 + 4096
        } else {
            4096
        };
        let was_full = std::mem::replace(
            &mut meter.is_full,
            budget.is_used_up(gauge.with_messages(meter.used)),
        );
        match (was_full, meter.is_full) {
            (false, false) => return Ok(()),
            (true, false) => {
                if self.inner.memory_full.ends() {
                    tracing::info!("memory has room again: new messages are accepted");
                }
                return Ok(());
            }
            (false, true) => {
                metrics::counter!("emulator_memory_full_total").increment(1);
                if self.inner.memory_full.begins(Timestamp::now()) {
                    tracing::warn!("{}", budget.refusal());
                }
            }
            (true, true) => {}
        }
        Err(Fault::MemoryFull(budget.refusal()))
    }
}
