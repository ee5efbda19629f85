//! The work of a node that no request asks for: waking messages in time, recording the time for the
//! next start, and freeing disk space.

use std::sync::Arc;
use std::time::Duration;

use kit::time::Timestamp;

use super::state::{Node, NodeState};
use crate::lines::OncePerMinuteEach;
use crate::store::Need;

/// How often expired messages and ids are swept out of idle queues.
const SWEEP: Duration = Duration::from_secs(60);
/// How soon to try again to write what a full disk refused.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(1);
/// How soon to try again while the next file of the log is being created.
const SPARE_PAUSE: Duration = Duration::from_millis(10);
/// How often the time is recorded for the next start.
const KEEP_TIME: Duration = Duration::from_secs(60);

impl Node {
    /// Records the time for the next start, regularly. Runs until [`Node::stop`].
    pub async fn keep_clock(&self) {
        while !self.inner.stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(KEEP_TIME) => {}
                () = self.inner.stop.cancelled() => return,
            }
            let node = self.clone();
            // It ends early only with the runtime.
            _ = tokio::task::spawn_blocking(move || node.inner.clock.keep()).await;
        }
    }

    /// Wakes messages when their time has come. Runs until [`Node::stop`].
    pub async fn keep_time(&self) {
        let mut swept = self.inner.clock.now();
        while !self.inner.stop.is_cancelled() {
            let pause = self.tick(&mut swept);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.inner.alarm.notified() => {}
                () = self.inner.stop.cancelled() => {}
            }
        }
    }

    /// Frees disk space as segments fill. Runs until [`Node::stop`].
    pub async fn keep_clean(&self) {
        let mut cleaner = self.inner.store.cleaner();
        while !self.inner.stop.is_cancelled() {
            while self.clean_one().await {}
            tokio::select! {
                () = cleaner.due() => {}
                () = self.inner.stop.cancelled() => {}
            }
        }
    }

    /// Lets time pass; how long until something happens again.
    fn tick(&self, swept: &mut Timestamp) -> Duration {
        let mut state = match self.enter(Need::Records) {
            Ok(Some(state)) => state,
            Ok(None) => return SPARE_PAUSE,
            Err(_) => return FULL_DISK_PAUSE,
        };
        let now = self.now(&mut state);
        state.engine.wake(now);
        if now.since(*swept) >= SWEEP {
            state.engine.sweep(now);
            let NodeState {
                engine, waiters, ..
            } = &mut *state;
            waiters.retain(|queue, waiter| {
                engine.queue(*queue).is_some() && Arc::strong_count(waiter) > 1
            });
            *swept = now;
        }
        // No request waits for these effects; the ones that follow wait for them too.
        drop(self.write_down(&mut state));
        state.alarm_at = state.engine.next_wakeup();
        state
            .alarm_at
            .map_or(SWEEP, |alarm_at| alarm_at.since(now).min(SWEEP))
    }

    /// Cleans one segment; true when another may be worth it.
    async fn clean_one(&self) -> bool {
        let node = self.clone();
        let clean = move || {
            node.inner.store.clean(node.inner.clock.now(), &|work| {
                work(&mut node.lock().engine);
            })
        };
        let cleaned = tokio::task::spawn_blocking(clean).await;
        let done = match cleaned {
            Ok(Ok(Some((segment, ticket)))) => match ticket.wait().await {
                Ok(()) => self.inner.store.remove(segment).map(|()| true),
                Err(_) => Ok(false),
            },
            Ok(Ok(None)) => Ok(false),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(false),
        };
        done.unwrap_or_else(|error| {
            static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
            if LINES.is_due(&error.to_string(), Timestamp::now()) {
                tracing::error!("cannot free disk space: {error}");
            }
            false
        })
    }
}
