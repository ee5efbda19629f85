//! Long polls, and what messages say. A receiver waits for the bell of its queue, which rings once
//! for every message that became ready.

use std::sync::Arc;

use kit::time::Timestamp;
use tokio::sync::Notify;

use super::Node;
use crate::action::{Answer, MOST_BYTES, ReceivePlan, ReceivedMessage, Sight};
use crate::engine::{Content, Delivery, QueueId};
use crate::fault::Fault;
use crate::lines::OncePerMinuteEach;
use crate::store::Need;

/// A message that cannot be read is received again after its timeout.
static UNREADABLE: OncePerMinuteEach = OncePerMinuteEach::new();

impl Node {
    pub(super) async fn receive(&self, plan: &ReceivePlan) -> Result<Answer, Fault> {
        let deadline = tokio::time::Instant::now() + plan.wait;
        let bell = (!plan.wait.is_zero()).then(|| self.bell(plan.queue));
        loop {
            let mut rings = bell.as_ref().map(|bell| Box::pin(bell.notified()));
            // In line before looking: a message that becomes ready between the look and the wait
            // rings for this receiver, and not only for the first of several.
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
                return Ok(Answer::Messages {
                    messages: self.show(plan, deliveries).await,
                });
            }
            let Some(rings) = rings else { break };
            tokio::select! {
                () = rings => {}
                () = tokio::time::sleep_until(deadline) => break,
                () = self.shared.stop.cancelled() => break,
            }
        }
        Ok(Answer::Messages {
            messages: Vec::new(),
        })
    }

    fn bell(&self, queue: QueueId) -> Arc<Notify> {
        self.lock().bells.entry(queue).or_default().clone()
    }

    /// Reads what the messages say. One that cannot be read stays hidden until its timeout, and is
    /// reported.
    async fn show(&self, plan: &ReceivePlan, deliveries: Vec<Delivery>) -> Vec<ReceivedMessage> {
        if self.shared.store.is_memory() {
            return deliveries
                .iter()
                .filter_map(|delivery| self.show_one(plan, delivery))
                .collect();
        }
        let (node, plan) = (self.clone(), plan.clone());
        let read = move || {
            deliveries
                .iter()
                .filter_map(|delivery| node.show_one(&plan, delivery))
                .collect()
        };
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
                    if UNREADABLE.is_due(&delivery.id.to_string(), Timestamp::now()) {
                        tracing::error!("message {} cannot be read: {error}", delivery.id);
                    }
                    return None;
                }
            }
            // The cleaner moved it meanwhile, or somebody deleted it.
            let moved = self.lock().engine.whereabouts(delivery.receipt.key)?;
            if moved == place {
                if UNREADABLE.is_due(&delivery.id.to_string(), Timestamp::now()) {
                    tracing::error!("message {} has no content", delivery.id);
                }
                return None;
            }
            place = moved;
        }
    }

    pub(super) fn read_sight(&self, sight: &Sight) -> Vec<ReceivedMessage> {
        let mut bytes = 0;
        let mut messages = Vec::new();
        for seen in &sight.seen {
            let Some(content) = self.content(&seen.delivery) else {
                continue;
            };
            bytes += content.body.len();
            messages.push(sight.show(seen, content));
            if bytes >= MOST_BYTES {
                break;
            }
        }
        messages
    }
}
