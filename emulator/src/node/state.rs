//! Door: the engine behind its lock, and the store behind the engine.

use std::collections::HashMap;
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use crate::clock::Clock;
use crate::engine::{Engine, QueueId};
use crate::lines::StateLine;
use crate::memory::Gauge;
use crate::store::{Store, Ticket};

/// All queues, durable. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) inner: Arc<NodeInner>,
}

pub(super) struct NodeInner {
    pub(super) state: Mutex<NodeState>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// How much memory messages take, and objects without a data folder.
    pub(super) gauge: Gauge,
    pub(super) memory_full: StateLine,
    /// Notified when a timer is set that ends before the one that [`Node::keep_time`] sleeps for.
    pub(super) alarm: Notify,
    pub(super) stop: CancellationToken,
}

impl NodeInner {
    pub(super) fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.state.lock()
    }

    /// Bytes that messages take.
    pub(super) fn count_messages(&self) -> u64 {
        (self.lock().engine.bytes() + self.store.bytes()) as u64
    }
}

impl std::fmt::Debug for NodeInner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeInner")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

pub(super) struct NodeState {
    pub(super) engine: Engine,
    pub(super) waiters: HashMap<QueueId, Arc<Notify>>,
    /// When [`Node::keep_time`] wakes up.
    pub(super) alarm_at: Option<Timestamp>,
    pub(super) meter: Meter,
}

impl Node {
    /// The memory that is shared with the objects.
    pub fn gauge(&self) -> Gauge {
        self.inner.gauge.clone()
    }

    /// Ends every long poll with an empty response, and lets [`Node::keep_time`] and
    /// [`Node::keep_clean`] return.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    /// Returns after [`Node::stop`].
    pub async fn stopped(&self) {
        self.inner.stop.cancelled().await;
    }

    /// Closes the store. Everything that was acknowledged is on disk afterwards, and nothing more
    /// is accepted.
    pub fn close(&self) {
        self.inner.store.close();
        self.inner.clock.keep();
    }

    /// Since when, by the wall clock, the emulator's time has been counted without a gap.
    pub fn counted_since(&self) -> Timestamp {
        self.inner.clock.since()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.inner.lock()
    }

    /// The emulator's time. Sets how far the times that clients see are ahead of it.
    pub(super) fn now(&self, state: &mut NodeState) -> Timestamp {
        state.engine.show_times_ahead(self.inner.clock.ahead());
        self.inner.clock.now()
    }

    /// Hands what the engine did to the store, notifies receivers that wait, and sets the alarm.
    pub(super) fn write_down(&self, state: &mut NodeState) -> Ticket {
        let pending = state.engine.take_pending();
        let ticket = self
            .inner
            .store
            .take(&mut state.engine, pending.effects, &pending.dropped);
        for queue in pending.ready {
            if let Some(waiter) = state.waiters.get(&queue) {
                waiter.notify_one();
            }
        }
        for waiter in pending
            .gone
            .iter()
            .filter_map(|queue| state.waiters.remove(queue))
        {
            waiter.notify_waiters();
        }
        let next = state.engine.next_wakeup();
        if next.is_some_and(|next| state.alarm_at.is_none_or(|alarm_at| next < alarm_at)) {
            state.alarm_at = next;
            self.inner.alarm.notify_one();
        }
        ticket
    }
}
