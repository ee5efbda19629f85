//! Door: the engine behind its lock, the store behind the engine, and receivers that wait.
//!
//! One action: change the engine, hand what happened to the store under the same lock, wait until it is durable, answer.
//! Long polls wait here, not in the engine: each queue has a bell that rings once for every message that became ready.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::time::{OncePerMinute, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::action::{Action, Answer, Caller, Look, MOST_BYTES, Outcome, ReceivePlan, ReceivedMessage, Sight};
use crate::clock::{Clock, Known, MAX_STEP};
use crate::engine::{Content, Delivery, Engine, Queue, QueueId};
use crate::fault::Fault;
use crate::figures::{Figures, MOST_QUEUES, QueueFigures};
use crate::memory::{Budget, Bytes, Limit};
use crate::store::{Condition, Need, OpenError, Room, SEGMENT_SIZE, Store, Ticket};

/// How often things that outlived their time are swept out of queues that nobody asks for.
const SWEEP: Duration = Duration::from_secs(60);
/// How soon to try again what a full disk kept from being written down.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(1);
/// The same while the next file of the log is on its way.
const SPARE_PAUSE: Duration = Duration::from_millis(10);

/// Memory is counted once in so many requests with messages.
const COUNT_MEMORY: u32 = 32;
/// How often the time is kept for the next start.
const KEEP_TIME: Duration = Duration::from_secs(60);

/// How a node is set up.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// Bytes of one file of the log.
    pub segment_size: u32,
    /// The longest difference between the last known time and the time of this start that is believed.
    pub max_clock_step: Duration,
    /// The memory that the emulator may take, instead of what the system says.
    pub max_memory: Option<Bytes>,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning { segment_size: SEGMENT_SIZE, max_clock_step: MAX_STEP, max_memory: None }
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
    /// What messages may take; unknown on systems that tell nothing of memory.
    budget: Option<Budget>,
    /// Rings when a timer was set that ends before the one that [`Node::keep_time`] sleeps for.
    alarm: Notify,
    stop: CancellationToken,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

struct State {
    engine: Engine,
    bells: HashMap<QueueId, Arc<Notify>>,
    /// What the time keeper sleeps for.
    alarm_at: Option<Timestamp>,
    meter: Meter,
}

/// What messages take, looked at now and then.
#[derive(Debug, Default)]
struct Meter {
    /// Bytes, those of requests since then included, as they came.
    used: u64,
    /// Requests since then.
    requests: u32,
    is_full: bool,
}

impl Node {
    /// Opens a data folder and brings everything back that was answered for; `None` keeps everything in memory.
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
        let budget = found.map(|(limit, held)| Budget::new(limit, held, segment)).transpose()?;
        if let Some(budget) = &budget {
            engine.read_at_most(usize::try_from(budget.most()).unwrap_or(usize::MAX));
        }
        let store = match folder {
            Some(folder) => {
                let opened = Store::open(folder, tuning.segment_size, &mut engine, known.now());
                let opened = opened.map_err(|error| match (error, &budget) {
                    (OpenError::Io { path, .. }, Some(budget)) if engine.is_too_large() => {
                        OpenError::TooMany { path, cause: budget.too_many() }
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
        let state = Mutex::new(State { engine, bells: HashMap::new(), alarm_at: None, meter: Meter::default() });
        let stop = CancellationToken::new();
        Ok(Node { shared: Arc::new(Shared { state, store, clock, budget, alarm: Notify::new(), stop }) })
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

    /// Shows what is in a queue without receiving it: up to a thousand messages, and 16 MiB of what they say.
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
        Ok(Answer::Messages { messages: tokio::task::spawn_blocking(read).await.unwrap_or_default() })
    }

    fn read_sight(&self, sight: &Sight) -> Vec<ReceivedMessage> {
        let mut bytes = 0;
        let mut messages = Vec::new();
        for seen in &sight.seen {
            let Some(content) = self.content(&seen.delivery) else { continue };
            bytes += content.body.len();
            messages.push(sight.show(seen, content));
            if bytes >= MOST_BYTES {
                break;
            }
        }
        messages
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
            oldest: engine.oldest(queue.definition.id).map(|sent_at| now.since(sent_at)).unwrap_or_default(),
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

    /// Whether new messages are refused for want of memory.
    pub fn is_memory_full(&self) -> bool {
        self.lock().meter.is_full
    }

    /// Ends every long poll with an empty answer, and lets [`Node::keep_time`] and [`Node::keep_clean`] return.
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

    /// Keeps the time for the next start. Runs until [`Node::stop`].
    pub async fn keep_clock(&self) {
        while !self.shared.stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(KEEP_TIME) => {}
                () = self.shared.stop.cancelled() => return,
            }
            let node = self.clone();
            // It ends early only with the runtime.
            _ = tokio::task::spawn_blocking(move || node.shared.clock.keep()).await;
        }
    }

    /// Wakes messages when their time has come. Runs until [`Node::stop`].
    pub async fn keep_time(&self) {
        let mut swept = self.shared.clock.now();
        while !self.shared.stop.is_cancelled() {
            let pause = self.tick(&mut swept);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.shared.alarm.notified() => {}
                () = self.shared.stop.cancelled() => {}
            }
        }
    }

    /// Gives back disk space as segments fill. Runs until [`Node::stop`].
    pub async fn keep_clean(&self) {
        let mut cleaner = self.shared.store.cleaner();
        while !self.shared.stop.is_cancelled() {
            while self.clean_one().await {}
            tokio::select! {
                () = cleaner.due() => {}
                () = self.shared.stop.cancelled() => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The emulator's time; what clients see is right at it.
    fn now(&self, state: &mut State) -> Timestamp {
        state.engine.show_times_ahead(self.shared.clock.ahead());
        self.shared.clock.now()
    }

    /// The state, when what will be done can be written down; nothing, when it can in a moment.
    fn enter(&self, need: Need) -> Result<Option<MutexGuard<'_, State>>, Fault> {
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

    /// Whether memory has room for a request with messages of so many bytes. All is counted every few requests, and
    /// always while there is none.
    fn check_memory(&self, state: &mut State, bytes: usize) -> Result<(), Fault> {
        let Some(budget) = &self.shared.budget else { return Ok(()) };
        let State { engine, meter, .. } = state;
        if meter.is_full || meter.requests == 0 {
            meter.used = (engine.bytes() + self.shared.store.bytes()) as u64;
        }
        meter.requests = (meter.requests + 1) % COUNT_MEMORY;
        // A batch of messages without contents takes a few hundred bytes for each.
        meter.used += if self.shared.store.is_memory() { bytes as u64 + 4096 } else { 4096 };
        let was_full = std::mem::replace(&mut meter.is_full, budget.is_used_up(meter.used));
        match (was_full, meter.is_full) {
            (false, false) => return Ok(()),
            (true, false) => {
                tracing::info!("memory has room again: new messages are taken");
                return Ok(());
            }
            (false, true) => {
                metrics::counter!("emulator_memory_full_total").increment(1);
                static LINE: OncePerMinute = OncePerMinute::new();
                if LINE.is_due(Timestamp::now()) {
                    tracing::warn!("{}", budget.refusal());
                }
            }
            (true, true) => {}
        }
        Err(Fault::MemoryFull(budget.refusal()))
    }

    /// Hands over what the engine did, rings the bells, and sets the alarm.
    fn write_down(&self, state: &mut State) -> Ticket {
        let outbox = state.engine.take_outbox();
        let ticket = self.shared.store.take(&mut state.engine, outbox.effects, &outbox.dropped);
        for queue in outbox.ready {
            if let Some(bell) = state.bells.get(&queue) {
                bell.notify_one();
            }
        }
        for bell in outbox.gone.iter().filter_map(|queue| state.bells.remove(queue)) {
            bell.notify_waiters();
        }
        let next = state.engine.next_wakeup();
        if next.is_some_and(|next| state.alarm_at.is_none_or(|alarm_at| next < alarm_at)) {
            state.alarm_at = next;
            self.shared.alarm.notify_one();
        }
        ticket
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
            let State { engine, bells, .. } = &mut *state;
            bells.retain(|queue, bell| engine.queue(*queue).is_some() && Arc::strong_count(bell) > 1);
            *swept = now;
        }
        // Nobody waits for these effects; whoever answers later waits for them too.
        drop(self.write_down(&mut state));
        state.alarm_at = state.engine.next_wakeup();
        state.alarm_at.map_or(SWEEP, |alarm_at| alarm_at.since(now).min(SWEEP))
    }

    async fn receive(&self, plan: &ReceivePlan) -> Result<Answer, Fault> {
        let deadline = tokio::time::Instant::now() + plan.wait;
        let bell = (!plan.wait.is_zero()).then(|| self.bell(plan.queue));
        loop {
            let mut rings = bell.as_ref().map(|bell| Box::pin(bell.notified()));
            // In line before looking: a message that becomes ready between the look and the wait rings for this receiver,
            // and not only for the first of several.
            if let Some(rings) = &mut rings {
                rings.as_mut().enable();
            }
            let (deliveries, ticket) = loop {
                if let Some(mut state) = self.enter(Need::Receives)? {
                    let now = self.now(&mut state);
                    let taken = plan.take(&mut state.engine, now);
                    let ticket = self.write_down(&mut state);
                    break (taken?, ticket);
                }
                self.shared.store.more_room(Need::Receives).await;
            };
            if !deliveries.is_empty() {
                ticket.wait().await.map_err(|_| Fault::StorageFailed)?;
                return Ok(Answer::Messages { messages: self.show(plan, deliveries).await });
            }
            let Some(rings) = rings else { break };
            tokio::select! {
                () = rings => {}
                () = tokio::time::sleep_until(deadline) => break,
                () = self.shared.stop.cancelled() => break,
            }
        }
        Ok(Answer::Messages { messages: Vec::new() })
    }

    fn bell(&self, queue: QueueId) -> Arc<Notify> {
        self.lock().bells.entry(queue).or_default().clone()
    }

    /// Reads what the messages say. One that cannot be read stays hidden until its timeout, and is reported.
    async fn show(&self, plan: &ReceivePlan, deliveries: Vec<Delivery>) -> Vec<ReceivedMessage> {
        if self.shared.store.is_memory() {
            return deliveries.iter().filter_map(|delivery| self.show_one(plan, delivery)).collect();
        }
        let (node, plan) = (self.clone(), plan.clone());
        let read = move || deliveries.iter().filter_map(|delivery| node.show_one(&plan, delivery)).collect();
        // Only a runtime that is shutting down does not run it: then nobody waits for the answer.
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    fn show_one(&self, plan: &ReceivePlan, delivery: &Delivery) -> Option<ReceivedMessage> {
        Some(plan.show(delivery, self.content(delivery)?))
    }

    /// What a message says; none when it is gone, or cannot be read, which is reported.
    fn content(&self, delivery: &Delivery) -> Option<Content> {
        let mut place = delivery.place;
        loop {
            match self.shared.store.read(place) {
                Ok(Some(content)) => return Some(content),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!("message {} cannot be read: {error}", delivery.id);
                    return None;
                }
            }
            // The cleaner moved it meanwhile, or somebody deleted it.
            let moved = self.lock().engine.whereabouts(delivery.receipt.key)?;
            if moved == place {
                tracing::error!("message {} has no content", delivery.id);
                return None;
            }
            place = moved;
        }
    }

    /// Cleans one segment; true when another may be worth it.
    async fn clean_one(&self) -> bool {
        let node = self.clone();
        let clean = move || node.shared.store.clean(node.shared.clock.now(), &|work| work(&mut node.lock().engine));
        let cleaned = tokio::task::spawn_blocking(clean).await;
        let done = match cleaned {
            Ok(Ok(Some((segment, ticket)))) => match ticket.wait().await {
                Ok(()) => self.shared.store.remove(segment).map(|()| true),
                Err(_) => Ok(false),
            },
            Ok(Ok(None)) => Ok(false),
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(false),
        };
        done.unwrap_or_else(|error| {
            tracing::error!("disk space cannot be given back: {error}");
            false
        })
    }
}

#[cfg(test)]
mod tests;
