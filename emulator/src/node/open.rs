//! Door: opens a data folder, and brings back what is in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kit::lock::Mutex;
use kit::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use super::state::{Node, NodeInner, NodeState};
use crate::clock::{Clock, Known, MAX_STEP};
use crate::engine::Engine;
use crate::lines::StateLine;
use crate::memory::{Budget, Bytes, Gauge, MemoryLimit};
use crate::store::{OpenError, SEGMENT_SIZE, Store};

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

impl Node {
    /// Opens a data folder and brings back everything that was acknowledged; `None` keeps
    /// everything in memory.
    ///
    /// # Errors
    /// The folder is in use, or cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Node, OpenError> {
        Node::open_with(folder, Tuning::default())
    }

    /// Opens a data folder as [`Node::open`] does, with other settings.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn open_with(folder: Option<&Path>, tuning: Tuning) -> Result<Node, OpenError> {
        Node::open_at(Timestamp::wall(), folder, tuning)
    }

    /// Opens a data folder at the time `wall` of the wall clock.
    pub(super) fn open_at(
        wall: Timestamp,
        folder: Option<&Path>,
        tuning: Tuning,
    ) -> Result<Node, OpenError> {
        let known = Known::read(folder, wall, tuning.max_clock_step);
        let mut seed = [0; 16];
        fastrand::fill(&mut seed);
        let mut engine = Engine::new(seed);
        let segment = folder.map_or(0, |_| tuning.segment_size.into());
        let budget = MemoryLimit::find(tuning.max_memory)
            .map(|(limit, held)| Budget::new(limit, held, segment))
            .transpose()?;
        let store = match folder {
            Some(folder) => open_store(folder, &mut engine, &tuning, known.now(), budget.as_ref())?,
            None => Store::in_memory(),
        };
        let clock = known.start(folder, engine.newest());
        let queues = engine.queues().count();
        let messages = engine.messages();
        tracing::info!(queues, messages, "the queues are open");
        Ok(Node::of(engine, store, clock, budget))
    }

    fn of(engine: Engine, store: Store, clock: Clock, budget: Option<Budget>) -> Node {
        let state = Mutex::new(NodeState {
            engine,
            waiters: HashMap::new(),
            alarm_at: None,
            meter: Meter::default(),
        });
        let inner = Arc::new_cyclic(|inner: &Weak<NodeInner>| {
            let inner = inner.clone();
            let count = move || inner.upgrade().map_or(0, |inner| inner.count_messages());
            NodeInner {
                state,
                store,
                clock,
                gauge: Gauge::new(budget, count),
                memory_full: StateLine::default(),
                alarm: Notify::new(),
                stop: CancellationToken::new(),
            }
        });
        Node { inner }
    }
}

/// Replays a data folder into `engine`, within the budget.
fn open_store(
    folder: &Path,
    engine: &mut Engine,
    tuning: &Tuning,
    now: Timestamp,
    budget: Option<&Budget>,
) -> Result<Store, OpenError> {
    if let Some(budget) = budget {
        engine.read_at_most(usize::try_from(budget.most()).unwrap_or(usize::MAX));
    }
    Store::open(folder, tuning.segment_size, engine, now).map_err(|error| match (error, budget) {
        (OpenError::Io { path, .. }, Some(budget)) if engine.is_too_large() => OpenError::TooMany {
            path,
            cause: budget.too_many(),
        },
        (error, _) => error,
    })
}
