//! The state of a node, for health checks and metrics.

use super::state::Node;
use crate::action::Caller;
use crate::engine::Queue;
use crate::stats::{MOST_QUEUES, QueueStats, Stats};
use crate::store::Health;

impl Node {
    /// Whether a queue exists at this address.
    pub fn has_queue(&self, url: &str, caller: &Caller) -> bool {
        caller.queue(&self.lock().engine, Some(url)).is_ok()
    }

    /// The state of all queues and of the store.
    pub fn stats(&self) -> Stats {
        let log = self.inner.store.log_stats();
        let state = self.lock();
        let (engine, now) = (&state.engine, self.inner.clock.now());
        let stats = |queue: &Queue| QueueStats {
            queue: queue.definition.arn.clone(),
            counts: queue.counts(),
            oldest: engine
                .oldest(queue.definition.id)
                .map(|sent_at| now.since(sent_at))
                .unwrap_or_default(),
        };
        Stats {
            queues: engine.queues().count(),
            messages: engine.messages(),
            shown: engine.queues().take(MOST_QUEUES).map(stats).collect(),
            health: self.health(),
            log,
        }
    }

    /// The state of the store.
    pub fn health(&self) -> Health {
        self.inner.store.health()
    }

    /// Whether new messages, and objects without a data folder, are refused for want of memory.
    pub fn is_memory_full(&self) -> bool {
        self.lock().meter.is_full || self.inner.gauge.is_used_up()
    }
}
