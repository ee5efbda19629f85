//! Long polls, and the content of messages. A receiver waits for the notification of its queue,
//! which comes once for every message that becomes ready.

use std::sync::Arc;

use kit::time::Timestamp;
use tokio::sync::Notify;

use super::state::Node;
use crate::action::{MOST_BYTES, Output, PeekResult, ReceivePlan, ReceivedMessage};
use crate::engine::{Content, Delivery, QueueId};
use crate::fault::Fault;
use crate::lines::OncePerMinuteEach;
use crate::store::Need;

/// A message that cannot be read is received again after its timeout.
static UNREADABLE: OncePerMinuteEach = OncePerMinuteEach::new();

impl Node {
    pub(super) async fn receive(&self, plan: &ReceivePlan) -> Result<Output, Fault> {
        let deadline = tokio::time::Instant::now() + plan.wait;
        let waiter = (!plan.wait.is_zero()).then(|| self.waiter(plan.queue));
        loop {
            let mut rings = waiter.as_ref().map(|waiter| Box::pin(waiter.notified()));
            // Queued before looking: a message that becomes ready between the look and the wait
            // then notifies this receiver, and not only the first of several.
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
                self.inner.store.more_room(Need::Receives).await;
            };
            if !deliveries.is_empty() {
                ticket.wait().await.map_err(|_| Fault::StorageFailed)?;
                return Ok(Output::Messages {
                    messages: self.show(plan, deliveries).await,
                });
            }
            let Some(rings) = rings else { break };
            tokio::select! {
                () = rings => {}
                () = tokio::time::sleep_until(deadline) => break,
                () = self.inner.stop.cancelled() => break,
            }
        }
        Ok(Output::Messages {
            messages: Vec::new(),
        })
    }

    fn waiter(&self, queue: QueueId) -> Arc<Notify> {
        self.lock().waiters.entry(queue).or_default().clone()
    }

    /// Reads the content of the messages. A message that cannot be read stays hidden until its
    /// timeout, and is reported.
    async fn show(&self, plan: &ReceivePlan, deliveries: Vec<Delivery>) -> Vec<ReceivedMessage> {
        if self.inner.store.is_memory() {
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
        // Only a runtime that is shutting down does not run it: then no client waits any more.
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    fn show_one(&self, plan: &ReceivePlan, delivery: &Delivery) -> Option<ReceivedMessage> {
        Some(plan.show(delivery, self.content(delivery)?))
    }

    /// The content of a message; none when the message is gone, or cannot be read, which is
    /// reported.
    fn content(&self, delivery: &Delivery) -> Option<Content> {
        let mut location = delivery.location;
        loop {
            match self.inner.store.read(location) {
                Ok(Some(content)) => return Some(content),
                Ok(None) => {}
                Err(error) => {
                    if UNREADABLE.is_due(&delivery.id.to_string(), Timestamp::now()) {
                        tracing::error!("cannot read message {}: {error}", delivery.id);
                    }
                    return None;
                }
            }
            // The cleaner moved the message meanwhile, or a request deleted it.
            let moved = self.lock().engine.location(delivery.receipt.key)?;
            if moved == location {
                if UNREADABLE.is_due(&delivery.id.to_string(), Timestamp::now()) {
                    tracing::error!("message {} has lost its content", delivery.id);
                }
                return None;
            }
            location = moved;
        }
    }

    pub(super) fn read_peeked(&self, peeked: &PeekResult) -> Vec<ReceivedMessage> {
        let mut bytes = 0;
        let mut messages = Vec::new();
        for seen in &peeked.seen {
            let Some(content) = self.content(&seen.delivery) else {
                continue;
            };
            bytes += content.body.len();
            messages.push(peeked.show(seen, content));
            if bytes >= MOST_BYTES {
                break;
            }
        }
        messages
    }
}
