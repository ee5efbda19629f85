//! Whether a request can be carried out: the disk takes what it does, and memory holds it.

use kit::lock::MutexGuard;
use kit::time::Timestamp;

use super::{Node, State};
use crate::fault::Fault;
use crate::store::{Condition, Need, Room};

/// Memory is counted once in so many requests with messages.
const COUNT_MEMORY: u32 = 32;

/// What messages and objects take, looked at now and then.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Bytes, those of requests since then included, as they came.
    used: u64,
    /// Requests since then.
    requests: u32,
    pub(super) is_full: bool,
}

impl Node {
    /// The state, when what will be done can be written down; nothing, when it can in a moment.
    pub(super) fn enter(&self, need: Need) -> Result<Option<MutexGuard<'_, State>>, Fault> {
        let mut state = self.lock();
        if self.condition() == Condition::Failed {
            return Err(Fault::StorageFailed);
        }
        if let Need::Messages(bytes) = need {
            self.check_memory(&mut state, bytes)?;
        }
        match (self.shared.store.room(need), need) {
            (Room::Enough, _) => Ok(Some(state)),
            (Room::Soon, _) => Ok(None),
            (Room::None, Need::Messages(_)) => Err(Fault::StorageFull),
            (Room::None, Need::Definition) if self.condition() == Condition::Sound => {
                let text = "The queues and their policies fill a third of a file of the emulator's log: delete queues, \
                            or start it with a larger --segment-size.";
                Err(Fault::OverLimit(text.to_owned()))
            }
            (Room::None, _) => Err(Fault::ReserveUsedUp),
        }
    }

    /// Whether memory has room for a request with messages of so many bytes. All is counted every
    /// few requests, and always while there is none.
    fn check_memory(&self, state: &mut State, bytes: usize) -> Result<(), Fault> {
        let gauge = &self.shared.gauge;
        let Some(budget) = gauge.budget() else {
            return Ok(());
        };
        let State { engine, meter, .. } = state;
        if meter.is_full || meter.requests == 0 {
            meter.used = (engine.bytes() + self.shared.store.bytes()) as u64;
        }
        meter.requests = (meter.requests + 1) % COUNT_MEMORY;
        // A batch of messages without contents takes a few hundred bytes for each.
        meter.used += if self.shared.store.is_memory() {
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
                if self.shared.memory_full.ends() {
                    tracing::info!("memory has room again: new messages are taken");
                }
                return Ok(());
            }
            (false, true) => {
                metrics::counter!("emulator_memory_full_total").increment(1);
                if self.shared.memory_full.begins(Timestamp::now()) {
                    tracing::warn!("{}", budget.refusal());
                }
            }
            (true, true) => {}
        }
        Err(Fault::MemoryFull(budget.refusal()))
    }
}
