//! Door: the engine behind its lock, the store behind the engine, and receivers that wait.
//!
//! One action: [`admission`] says whether it can be carried out; then change the engine, hand what
//! happened to the store under the same lock, wait until it is durable, answer. Long polls wait in
//! [`receiving`], not in the engine; what happens by itself is in [`keeping`].

mod admission;
mod keeping;
mod receiving;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::action::{Action, Answer, Caller, Look, Outcome};
use crate::clock::{Clock, Known, MAX_STEP};
use crate::engine::{Engine, Queue, QueueId};
use crate::fault::Fault;
use crate::figures::{Figures, MOST_QUEUES, QueueFigures};
use crate::lines::StateLine;
use crate::memory::{Budget, Bytes, Gauge, Limit};
use crate::store::{Condition, Need, OpenError, SEGMENT_SIZE, Store, Ticket};
use admission::Meter;

/// How a node is set up.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// Bytes of one file of the log.
    pub segment_size: u32,
    /// The longest difference between the last known time and the time of this start that is
    /// believed.
    pub max_clock_step: Duration,
    /// The memory that the emulator may take, instead of what the system says.
    pub max_memory: Option<Bytes>,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            segment_size: SEGMENT_SIZE,
            max_clock_step: MAX_STEP,
            max_memory: None,
        }
    }
}

/// All queues, durable. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Node {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    store: Store,
    clock: Clock,
    /// What messages take of the memory, and objects that lie there.
    gauge: Gauge,
    memory_full: StateLine,
    /// Rings when a timer was set that ends before the one that [`Node::keep_time`] sleeps for.
    alarm: Notify,
    stop: CancellationToken,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Bytes that messages take.
    fn count_messages(&self) -> u64 {
        (self.lock().engine.bytes() + self.store.bytes()) as u64
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

struct State {
    engine: Engine,
    bells: HashMap<QueueId, Arc<Notify>>,
    /// What the time keeper sleeps for.
    alarm_at: Option<Timestamp>,
    meter: Meter,
}

impl Node {
    /// Opens a data folder and brings everything back that was answered for; `None` keeps
    /// everything in memory.
    ///
    /// # Errors
    /// The folder is in use, or cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Node, OpenError> {
        Node::open_with(folder, Tuning::default())
    }

    /// The same, set up otherwise.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn open_with(folder: Option<&Path>, tuning: Tuning) -> Result<Node, OpenError> {
        Node::open_at(Timestamp::wall(), folder, tuning)
    }

    /// The same, when the wall clock says `wall`.
    fn open_at(wall: Timestamp, folder: Option<&Path>, tuning: Tuning) -> Result<Node, OpenError> {
        let known = Known::read(folder, wall, tuning.max_clock_step);
        let mut seed = [0; 16];
        fastrand::fill(&mut seed);
        let mut engine = Engine::new(seed);
        let segment = folder.map_or(0, |_| tuning.segment_size.into());
        let found = Limit::find(tuning.max_memory);
        let budget = found
            .map(|(limit, held)| Budget::new(limit, held, segment))
            .transpose()?;
        if let Some(budget) = &budget {
            engine.read_at_most(usize::try_from(budget.most()).unwrap_or(usize::MAX));
        }
        let store = match folder {
            Some(folder) => {
                let opened = Store::open(folder, tuning.segment_size, &mut engine, known.now());
                let opened = opened.map_err(|error| match (error, &budget) {
                    (OpenError::Io { path, .. }, Some(budget)) if engine.is_too_large() => {
                        OpenError::TooMany {
                            path,
                            cause: budget.too_many(),
                        }
                    }
                    (error, _) => error,
                });
                opened?
            }
            None => Store::in_memory(),
        };
        let clock = known.start(folder, engine.newest());
        let (queues, messages) = (engine.queues().count(), engine.messages());
        tracing::info!(queues, messages, "the queues are open");
        let state = Mutex::new(State {
            engine,
            bells: HashMap::new(),
            alarm_at: None,
            meter: Meter::default(),
        });
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| {
            let shared = shared.clone();
            let count = move || shared.upgrade().map_or(0, |shared| shared.count_messages());
            let gauge = Gauge::new(budget, count);
            let (memory_full, alarm, stop) = (
                StateLine::default(),
                Notify::new(),
                CancellationToken::new(),
            );
            Shared {
                state,
                store,
                clock,
                gauge,
                memory_full,
                alarm,
                stop,
            }
        });
        Ok(Node { shared })
    }

    /// Carries an action out. The answer comes when its effects are durable.
    ///
    /// # Errors
    /// The fault to answer with.
    pub async fn execute(&self, action: Action, caller: &Caller) -> Result<Answer, Fault> {
        let need = action.need();
        let (outcome, ticket) = loop {
            if let Some(mut state) = self.enter(need)? {
                let now = self.now(&mut state);
                let outcome = action.apply(&mut state.engine, now, caller);
                // A fault may leave effects behind too: time passed, and messages moved.
                let ticket = self.write_down(&mut state);
                break (outcome?, ticket);
            }
            self.shared.store.more_room(need).await;
        };
        match outcome {
            Outcome::Done(answer) => {
                ticket.wait().await.map_err(|_| Fault::StorageFailed)?;
                Ok(answer)
            }
            Outcome::Receive(plan) => self.receive(&plan).await,
        }
    }

    /// Shows what is in a queue without receiving it: up to a thousand messages, and 16 MiB of what
    /// they say.
    ///
    /// # Errors
    /// The fault to answer with.
    pub async fn look(&self, look: &Look, caller: &Caller) -> Result<Answer, Fault> {
        let sight = loop {
            if let Some(mut state) = self.enter(Need::Records)? {
                let now = self.now(&mut state);
                let sight = look.apply(&mut state.engine, now, caller);
                // Time passed; nobody has to wait for what that did.
                drop(self.write_down(&mut state));
                break sight?;
            }
            self.shared.store.more_room(Need::Records).await;
        };
        let node = self.clone();
        let read = move || node.read_sight(&sight);
        Ok(Answer::Messages {
            messages: tokio::task::spawn_blocking(read).await.unwrap_or_default(),
        })
    }

    /// Whether there is a queue that this address means.
    pub fn has_queue(&self, url: &str, caller: &Caller) -> bool {
        caller.queue(&self.lock().engine, Some(url)).is_ok()
    }

    /// How all queues and the store are.
    pub fn figures(&self) -> Figures {
        let log = self.shared.store.log_figures();
        let state = self.lock();
        let (engine, now) = (&state.engine, self.shared.clock.now());
        let figures = |queue: &Queue| QueueFigures {
            queue: queue.definition.arn.clone(),
            counts: queue.counts(),
            oldest: engine
                .oldest(queue.definition.id)
                .map(|sent_at| now.since(sent_at))
                .unwrap_or_default(),
        };
        Figures {
            queues: engine.queues().count(),
            messages: engine.messages(),
            shown: engine.queues().take(MOST_QUEUES).map(figures).collect(),
            condition: self.condition(),
            log,
        }
    }

    /// How the store is.
    pub fn condition(&self) -> Condition {
        self.shared.store.condition()
    }

    /// Whether new messages, and objects without a data folder, are refused for want of memory.
    pub fn is_memory_full(&self) -> bool {
        self.lock().meter.is_full || self.shared.gauge.is_used_up()
    }

    /// The memory that is shared with the objects.
    pub fn gauge(&self) -> Gauge {
        self.shared.gauge.clone()
    }

    /// Ends every long poll with an empty answer, and lets [`Node::keep_time`] and
    /// [`Node::keep_clean`] return.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Returns after [`Node::stop`].
    pub async fn stopped(&self) {
        self.shared.stop.cancelled().await;
    }

    /// Everything that was answered for is on disk afterwards; nothing is accepted any more.
    pub fn close(&self) {
        self.shared.store.close();
        self.shared.clock.keep();
    }

    /// Since when, by the wall clock, the emulator's time has been counted without a gap.
    pub fn counted_since(&self) -> Timestamp {
        self.shared.clock.since()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// The emulator's time; what clients see is right at it.
    fn now(&self, state: &mut State) -> Timestamp {
        state.engine.show_times_ahead(self.shared.clock.ahead());
        self.shared.clock.now()
    }

    /// Hands over what the engine did, rings the bells, and sets the alarm.
    fn write_down(&self, state: &mut State) -> Ticket {
        let outbox = state.engine.take_outbox();
        let ticket = self
            .shared
            .store
            .take(&mut state.engine, outbox.effects, &outbox.dropped);
        for queue in outbox.ready {
            if let Some(bell) = state.bells.get(&queue) {
                bell.notify_one();
            }
        }
        for bell in outbox
            .gone
            .iter()
            .filter_map(|queue| state.bells.remove(queue))
        {
            bell.notify_waiters();
        }
        let next = state.engine.next_wakeup();
        if next.is_some_and(|next| state.alarm_at.is_none_or(|alarm_at| next < alarm_at)) {
            state.alarm_at = next;
            self.shared.alarm.notify_one();
        }
        ticket
    }
}

#[cfg(test)]
mod tests;
