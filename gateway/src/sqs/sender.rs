//! Sends messages: a lane for each queue, and a task for each request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use aws_config::SdkConfig;
use kit::lock::Mutex;
use kit::service::{Identity, Services};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, oneshot};

use super::coalescer::{Batch, Coalescer};
use super::delivery::Delivery;
use super::pending::PendingMessage;
use super::place::Place;
use super::world::World;
use crate::integration_request::SendMessage;
use crate::integration_response::{Answer, NoAnswer};

/// Lanes that have nothing to do are kept, for what they know of their queue; but clients may be
/// able to choose the queue.
const KEPT: usize = 256;

/// Sends messages to SQS, those that come at the same time together. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MessageSender {
    state: Arc<SenderState>,
}

#[derive(Debug)]
struct SenderState {
    config: SdkConfig,
    world: Arc<dyn World>,
    lanes: Mutex<HashMap<LaneKey, Arc<Lane>>>,
}

/// What messages are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LaneKey {
    region: String,
    queue_url: String,
    /// As whom; none for the gateway itself.
    identity: Option<String>,
}

/// The messages of one queue, sent as one identity.
#[derive(Debug)]
struct Lane {
    coalescer: Mutex<Coalescer>,
    /// Whether a task watches for late requests. Changed under the lock above.
    is_watched: AtomicBool,
    delivery: OnceCell<Delivery>,
    key: LaneKey,
    identity: Identity,
}

impl MessageSender {
    /// A sender that uses this configuration's endpoint, and these services' credentials. Regions
    /// come with the messages.
    pub(crate) fn new(config: SdkConfig, services: Services) -> MessageSender {
        MessageSender::within(Arc::new(services), config)
    }

    /// A sender in this world.
    pub(super) fn within(world: Arc<dyn World>, config: SdkConfig) -> MessageSender {
        MessageSender {
            state: Arc::new(SenderState {
                config,
                world,
                lanes: Mutex::default(),
            }),
        }
    }

    /// Sends one message as `identity` and waits for its own answer, until `deadline`. A message
    /// whose caller stops waiting before it left is not sent.
    ///
    /// # Errors
    /// There was no answer; see [`NoAnswer`].
    pub(crate) async fn send(
        &self,
        message: SendMessage,
        identity: &Identity,
        deadline: Instant,
    ) -> Answer {
        let (answer, reply) = oneshot::channel();
        let pending = PendingMessage {
            message,
            deadline,
            answer,
        };
        self.push(pending, identity);
        match tokio::time::timeout_at(deadline.into(), reply).await {
            Ok(answer) => {
                answer.unwrap_or_else(|_| Err(NoAnswer::Unreachable("the batch failed".to_owned())))
            }
            Err(_) => Err(NoAnswer::TimedOut),
        }
    }

    /// Takes one message, and gives its sender the answer.
    pub(super) fn push(&self, message: PendingMessage, identity: &Identity) {
        let key = LaneKey {
            region: message.message.region.clone(),
            queue_url: message.message.queue_url.clone(),
            identity: identity.key().map(Cow::into_owned),
        };
        let is_fifo = message.message.is_fifo();
        // A lane is taken out of the map only while it is idle, under both locks.
        let mut lanes = self.state.lanes.lock();
        let lane = match lanes.get(&key) {
            Some(lane) => lane,
            None => lanes
                .entry(key.clone())
                .or_insert_with(|| Arc::new(Lane::new(key, identity, is_fifo))),
        };
        let batch = lane.coalescer.lock().push(message, self.state.world.now());
        if let Some(batch) = batch {
            RequestUnderWay::start(&self.state, lane.clone(), batch);
        }
    }
}

impl Lane {
    fn new(key: LaneKey, identity: &Identity, is_fifo: bool) -> Lane {
        Lane {
            coalescer: Mutex::new(Coalescer::new(is_fifo)),
            is_watched: AtomicBool::new(false),
            delivery: OnceCell::new(),
            key,
            identity: identity.clone(),
        }
    }

    async fn deliver(&self, state: &SenderState, batch: Vec<PendingMessage>) {
        let delivery = self.delivery.get_or_init(async || Delivery {
            world: state.world.clone(),
            identity: self.identity.clone(),
            place: Place::of(&state.config, &self.key.region).await,
            is_fifo: batch.iter().any(|pending| pending.message.is_fifo()),
        });
        delivery.await.deliver(batch, 1).await;
    }

    /// Sees to it that a task watches for late requests, while there are requests. A timer for each
    /// request would wake a sleeping thread for each.
    fn watch(state: &Arc<SenderState>, lane: &Arc<Lane>, runtime: &Handle) {
        let coalescer = lane.coalescer.lock();
        if lane.is_watched.swap(true, Ordering::Relaxed) {
            return;
        }
        drop(coalescer);
        let (state, lane) = (state.clone(), lane.clone());
        runtime.spawn(async move {
            while let Some(then) = lane.next_late() {
                state.world.sleep_until(then).await;
                let next = || lane.coalescer.lock().pass(state.world.now());
                while let Some(batch) = next() {
                    RequestUnderWay::start(&state, lane.clone(), batch);
                }
            }
        });
    }

    /// When to look for late requests again; [`None`] ends the watch.
    fn next_late(&self) -> Option<Instant> {
        let coalescer = self.coalescer.lock();
        let next = coalescer.next_late();
        self.is_watched.store(next.is_some(), Ordering::Relaxed);
        next
    }
}

/// A request under way. Its end lets what waits leave, also the end by a panic: that costs one
/// batch, whose callers get an error, and not the queue.
struct RequestUnderWay {
    state: Arc<SenderState>,
    lane: Arc<Lane>,
    begun: Instant,
    number: u64,
}

impl RequestUnderWay {
    /// Sends a batch, in a task of its own.
    fn start(state: &Arc<SenderState>, lane: Arc<Lane>, Batch { number, messages }: Batch) {
        let under_way = RequestUnderWay {
            state: state.clone(),
            lane,
            begun: state.world.now(),
            number,
        };
        // There is no runtime left when the program has ended.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let size = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        metrics::histogram!("gateway_sqs_batch_size").record(f64::from(size));
        Lane::watch(state, &under_way.lane, &runtime);
        runtime.spawn(async move { under_way.lane.deliver(&under_way.state, messages).await });
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        let now = self.state.world.now();
        let after = now.saturating_duration_since(self.begun);
        let mut coalescer = self.lane.coalescer.lock();
        let next = coalescer.returned(self.number, after, now);
        drop(coalescer);
        match next {
            Some(batch) => RequestUnderWay::start(&self.state, self.lane.clone(), batch),
            None => self.state.forget(&self.lane),
        }
    }
}

impl SenderState {
    /// Forgets a lane that has nothing to do, where there are many.
    fn forget(&self, lane: &Lane) {
        let mut lanes = self.lanes.lock();
        if lanes.len() > KEPT && lane.coalescer.lock().is_idle() {
            lanes.remove(&lane.key);
        }
    }
}
