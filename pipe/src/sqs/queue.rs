//! Door: the source queue of a pipe. Receives, deletes, changes visibility; ten messages a request.
//!
//! What to receive and when is decided in `flow`; the requests are in `wire`.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use kit::service::Services;
use tokio::sync::watch;

use super::address::{PATIENCE, QueueAddress};
use super::attributes::QueueAttributes;
use super::error::QueueError;
use super::wire::{self, Action, Delete, FailedEntry, Hide, Receive};
use crate::definition::Source;
use crate::event::Message;
use crate::flow::{Order, Poll};

/// How long deletes and changes of visibility may take, repetitions included: there must be time to
/// try again while the message is hidden.
const SETTLE_PATIENCE: Duration = Duration::from_secs(3);

/// Between two looks at the queue's attributes: its owner may lower its `VisibilityTimeout`.
pub(crate) const ATTRIBUTES_INTERVAL: Duration = Duration::from_secs(60);

/// The source queue of a pipe.
#[derive(Debug, Clone)]
pub(crate) struct SourceQueue {
    client: Client,
    address: QueueAddress,
    /// The attributes that the queue had when it was found.
    pub(crate) attributes: QueueAttributes,
    /// Whether the queue keeps the order of each message group.
    pub(crate) order: Order,
}

impl SourceQueue {
    /// Finds the queue and reads its attributes.
    ///
    /// # Errors
    /// SQS does not answer, does not have the queue, or does not let us read its attributes.
    pub(crate) async fn open(
        client: Client,
        services: Arc<Services>,
        source: &Source,
    ) -> Result<SourceQueue, QueueError> {
        let address = QueueAddress::find(&client, services, &source.account, &source.queue).await?;
        let attributes = QueueAttributes::read(&client, &address.url).await?;
        let order = if source.queue.ends_with(".fifo") {
            Order::Fifo
        } else {
            Order::Standard
        };
        Ok(SourceQueue {
            client,
            address,
            attributes,
            order,
        })
    }

    /// Reads the queue's attributes again and again, and sends those that have changed. Never
    /// returns.
    pub(crate) async fn watch(
        self: Arc<SourceQueue>,
        every: Duration,
        to: watch::Sender<QueueAttributes>,
    ) {
        loop {
            tokio::time::sleep(every).await;
            match QueueAttributes::read(&self.client, &self.address.url).await {
                Ok(now) => drop(to.send_if_modified(|before| {
                    let is_other = *before != now;
                    *before = now;
                    is_other
                })),
                Err(error) => tracing::debug!("the queue's attributes cannot be read: {error}"),
            }
        }
    }

    /// Waits for messages; returns none when the wait is over.
    ///
    /// # Errors
    /// SQS does not answer, or refuses.
    pub(crate) async fn receive(&self, poll: Poll) -> Result<Vec<Message>, QueueError> {
        // A repetition of a receive whose reply got lost brings the same messages, not those behind
        // them.
        let attempt = (self.order == Order::Fifo).then(|| uuid::Uuid::new_v4().to_string());
        let receive = Receive::new(&self.address.url, poll, attempt);
        wire::messages(&self.address.send(&receive, PATIENCE).await?)
    }

    /// Deletes up to ten messages. Returns the places of those that SQS refused to delete.
    ///
    /// # Errors
    /// The whole request failed.
    pub(crate) async fn delete(&self, receipts: &[&str]) -> Result<Vec<usize>, QueueError> {
        let request = Delete::new(&self.address.url, receipts);
        self.settle("DeleteMessage", &request).await
    }

    /// Hides up to ten messages, each for its span from now; a span of zero makes a message visible
    /// again. Returns the places of those that SQS refused to hide.
    ///
    /// # Errors
    /// The whole request failed.
    pub(crate) async fn hide(
        &self,
        messages: &[(&str, Duration)],
    ) -> Result<Vec<usize>, QueueError> {
        let request = Hide::new(&self.address.url, messages);
        self.settle("ChangeMessageVisibility", &request).await
    }

    /// Sends a batch. Returns the places of the entries that SQS rejected.
    async fn settle(&self, name: &str, request: &impl Action) -> Result<Vec<usize>, QueueError> {
        let sent = self.address.send(request, SETTLE_PATIENCE);
        let reply = tokio::time::timeout(SETTLE_PATIENCE, sent)
            .await
            .unwrap_or_else(|_| Err(QueueError(format!("no answer within {SETTLE_PATIENCE:?}"))))?;
        let failed = wire::failed(&reply)?;
        for FailedEntry { code, message, .. } in &failed {
            tracing::debug!(
                action = name,
                code,
                reason = message,
                "SQS rejected an entry of a batch"
            );
        }
        Ok(failed
            .iter()
            .filter_map(|entry| entry.id.parse().ok())
            .collect())
    }
}

#[cfg(test)]
mod tests;
