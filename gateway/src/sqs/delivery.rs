//! Door: sends the messages of one batch, and asks again for those that SQS did not settle, each
//! within its caller's time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kit::call::Reply;
use kit::service::{Identity, ServiceError};

use super::judgement::{Again, Grouping, Unsettled, is_about_all, judge, pause_before};
use super::pending::PendingMessage;
use super::place::Place;
use super::wire;
use super::world::{World, within};
use crate::integration_response::{NoAnswer, SqsAnswer, SqsError};

/// How long the messages of a refused batch wait for the answer to one of them.
const PROBE: Duration = Duration::from_secs(1);

/// How long a message of a FIFO queue waits for the one before it, where each goes by itself.
const IN_TURN: Duration = Duration::from_millis(200);

/// Sends batches to one queue.
#[derive(Debug)]
pub(super) struct Delivery {
    pub world: Arc<dyn World>,
    pub identity: Identity,
    pub place: Result<Place, String>,
    pub is_fifo: bool,
}

/// Ends when every message is settled. Gives the reason why SQS refused a message that was sent by
/// itself.
type Delivered<'d> = Pin<Box<dyn Future<Output = Option<SqsError>> + Send + 'd>>;

impl Delivery {
    /// Sends a batch, and sees to it that every message of it gets an answer. `attempt` counts from
    /// 1.
    pub(super) fn deliver(&self, mut batch: Vec<PendingMessage>, attempt: usize) -> Delivered<'_> {
        Box::pin(async move {
            batch.retain(|pending| !pending.is_abandoned());
            if batch.is_empty() {
                return None;
            }
            let reply = match &self.place {
                Ok(place) => self.call(place, &batch).await,
                Err(reason) => {
                    for pending in batch {
                        pending.settle(Err(NoAnswer::Unreachable(reason.clone())));
                    }
                    return None;
                }
            };
            let Unsettled {
                again,
                grouping,
                alone,
                refused,
                refusal,
            } = judge(batch, reply, attempt);
            // The usual answer settles everything.
            if !again.is_empty() || !alone.is_empty() || refused.is_some() {
                tokio::join!(
                    self.repeat(again, grouping, attempt + 1),
                    self.each(alone, attempt + 1),
                    self.probe(refused, attempt + 1),
                );
            }
            refusal
        })
    }

    async fn call(&self, place: &Place, batch: &[PendingMessage]) -> Result<Reply, ServiceError> {
        let last = batch.iter().map(|pending| pending.deadline).max();
        let time = last.map_or(Duration::ZERO, |last| {
            last.saturating_duration_since(self.world.now())
        });
        let messages = batch.iter().map(|pending| &pending.message);
        let call = wire::call(&place.endpoint, messages);
        metrics::counter!("gateway_sqs_requests_total").increment(1);
        self.world
            .call(&self.identity, &call, &place.region, time)
            .await
    }

    /// Sends messages again after a pause, those whose callers wait for so long.
    async fn repeat(&self, again: Vec<Again>, grouping: Option<Grouping>, attempt: usize) {
        let Some(pause) = pause_before(attempt).filter(|_| !again.is_empty()) else {
            return again.into_iter().for_each(Again::settle);
        };
        let then = self.world.now() + pause;
        let (again, late): (Vec<_>, Vec<_>) = again
            .into_iter()
            .partition(|again| then < again.pending.deadline);
        late.into_iter().for_each(Again::settle);
        self.world.sleep_until(then).await;
        let batch = again.into_iter().map(|again| again.pending).collect();
        match grouping {
            Some(Grouping::Together) => drop(self.deliver(batch, attempt).await),
            _ => self.each(batch, attempt).await,
        }
    }

    /// Sends each message by itself: those of a FIFO queue one after the other, unless one takes
    /// its time.
    async fn each(&self, messages: Vec<PendingMessage>, attempt: usize) {
        let mut under_way = Vec::with_capacity(messages.len());
        for pending in messages {
            let mut delivered = self.deliver(vec![pending], attempt);
            let is_over = self.is_fifo
                && within(&*self.world, IN_TURN, &mut delivered)
                    .await
                    .is_some();
            if !is_over {
                under_way.push(delivered);
            }
        }
        join_all(under_way).await;
    }

    /// Finds out why SQS refused a batch as a whole: sends one of its messages by itself. If that
    /// is refused for the same reason and the reason is not the message, the others are refused
    /// with it; else each is sent by itself.
    async fn probe(&self, refused: Option<(Vec<PendingMessage>, SqsError)>, attempt: usize) {
        let Some((mut rest, reason)) = refused else {
            return;
        };
        let first = rest.remove(0);
        let mut first = self.deliver(vec![first], attempt);
        match within(&*self.world, PROBE, &mut first).await {
            Some(Some(alone)) if is_about_all(&reason, &alone) => {
                for pending in rest {
                    pending.settle(Ok(SqsAnswer::Refused(alone.clone())));
                }
            }
            Some(_) => self.each(rest, attempt).await,
            None => {
                tokio::join!(first, self.each(rest, attempt));
            }
        }
    }
}

impl Again {
    fn settle(self) {
        self.pending.settle(self.otherwise);
    }
}
