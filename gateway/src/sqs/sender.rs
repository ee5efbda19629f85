//! Sends messages: a lane for each queue, and a task for each request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use kit::lock::Mutex;
use kit::service::{Identity, Services};
use tokio::sync::{OnceCell, oneshot};

use super::coalescer::{Coalescer, Lateness};
use super::delivery::Delivery;
use super::pending::PendingMessage;
use super::place::Place;
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
    services: Services,
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
    delivery: OnceCell<Delivery>,
    key: LaneKey,
    identity: Identity,
}

impl MessageSender {
    /// A sender that uses this configuration's endpoint, and these services' credentials. Regions
    /// come with the messages.
    pub(crate) fn new(config: SdkConfig, services: Services) -> MessageSender {
        MessageSender {
            state: Arc::new(SenderState {
                config,
                services,
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

    fn push(&self, message: PendingMessage, identity: &Identity) {
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
        let batch = lane.coalescer.lock().push(message);
        if let Some(batch) = batch {
            UnderWay::start(&self.state, lane.clone(), batch);
        }
    }
}

impl Lane {
    fn new(key: LaneKey, identity: &Identity, is_fifo: bool) -> Lane {
        Lane {
            coalescer: Mutex::new(Coalescer::new(is_fifo)),
            delivery: OnceCell::new(),
            key,
            identity: identity.clone(),
        }
    }

    async fn deliver(&self, state: &SenderState, batch: Vec<PendingMessage>) {
        let delivery = self.delivery.get_or_init(async || Delivery {
            services: state.services.clone(),
            identity: self.identity.clone(),
            place: Place::of(&state.config, &self.key.region).await,
            is_fifo: batch.iter().any(|pending| pending.message.is_fifo()),
        });
        delivery.await.deliver(batch, 1).await;
    }
}

/// A request under way. Its end lets what waits leave, also the end by a panic: that costs one
/// batch, whose callers get an error, and not the queue.
struct UnderWay {
    state: Arc<SenderState>,
    lane: Arc<Lane>,
    begun: Instant,
    lateness: Lateness,
}

impl UnderWay {
    /// Sends a batch, in a task of its own.
    fn start(state: &Arc<SenderState>, lane: Arc<Lane>, batch: Vec<PendingMessage>) {
        let mut under_way = UnderWay {
            state: state.clone(),
            lane,
            begun: Instant::now(),
            lateness: Lateness::InTime,
        };
        // There is no runtime left when the program has ended.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { under_way.send(batch).await });
        }
    }

    async fn send(&mut self, batch: Vec<PendingMessage>) {
        let size = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        metrics::histogram!("gateway_sqs_batch_size").record(f64::from(size));
        let patience = self.lane.coalescer.lock().patience();
        let (state, lane) = (self.state.clone(), self.lane.clone());
        let mut delivered = std::pin::pin!(lane.deliver(&state, batch));
        if timeout(patience, &mut delivered).await {
            return;
        }
        self.lateness = Lateness::Late;
        let next = self.lane.coalescer.lock().is_late();
        if let Some(batch) = next {
            UnderWay::start(&self.state, self.lane.clone(), batch);
        }
        delivered.await;
    }
}

/// Whether a future ends within this time.
async fn timeout(time: Duration, future: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(time, future).await.is_ok()
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let next = self
            .lane
            .coalescer
            .lock()
            .returned(self.lateness, self.begun.elapsed());
        match next {
            Some(batch) => UnderWay::start(&self.state, self.lane.clone(), batch),
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
