//! Door: sends messages to a target queue, up to ten a request. Each message has a result of its
//! own.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use kit::service::{Services, is_throttling_code};
use tokio::sync::OnceCell;

use super::address::{PATIENCE, QueueAddress};
use super::batcher::batch_then_each;
use super::wire::{self, FailedEntry, SendBatch};
use crate::flow::Cause;
use crate::targets::{QueueEntry, QueueTarget, Refusal, split};

/// The most messages of one request.
const MOST: usize = 10;

/// All bodies of one request together; SQS accepts more by now, other implementations may not.
const LARGEST: usize = 256 * 1024;

/// Sends messages to one queue.
#[derive(Debug)]
pub(crate) struct QueueSender {
    /// The queue.
    pub(crate) outlet: Arc<QueueTarget>,
    client: Client,
    services: Arc<Services>,
    address: OnceCell<QueueAddress>,
}

impl QueueSender {
    /// A sender for a queue, which is looked up when the first message is sent.
    pub(crate) fn new(
        client: Client,
        services: Arc<Services>,
        outlet: Arc<QueueTarget>,
    ) -> QueueSender {
        QueueSender {
            outlet,
            client,
            services,
            address: OnceCell::new(),
        }
    }

    /// Sends messages. For each the id that SQS gave it, or why SQS rejected it.
    pub(crate) async fn send(&self, entries: &[QueueEntry]) -> Vec<Result<String, Refusal>> {
        let mut results = Vec::with_capacity(entries.len());
        for range in split(entries.iter().map(|entry| entry.body.len()), MOST, LARGEST) {
            let part = &entries[range];
            results.extend(batch_then_each(part.len(), |range| self.request(&part[range])).await);
        }
        results
    }

    /// One request. One result for each message, or the refusal of the whole request.
    async fn request(&self, part: &[QueueEntry]) -> Result<Vec<Result<String, Refusal>>, Refusal> {
        let address = self.address().await?;
        let request = SendBatch::new(&address.url, part);
        let reply = address
            .send(&request, PATIENCE)
            .await
            .map_err(|error| refusal(Cause::Target, &error.to_string()))?;
        let results = wire::sent(&reply, part.len()).map_err(|error| {
            let cause = if wire::is_about_content(&reply) {
                Cause::Message
            } else {
                Cause::Target
            };
            refusal(cause, &error.to_string())
        })?;
        let missing = || Err(refusal(Cause::Target, "no result for the message"));
        Ok(results
            .into_iter()
            .map(|result| result.map_or_else(missing, |sent| sent.map_err(rejected)))
            .collect())
    }

    async fn address(&self) -> Result<&QueueAddress, Refusal> {
        let QueueTarget { account, queue, .. } = self.outlet.as_ref();
        self.address
            .get_or_try_init(|| {
                QueueAddress::find(&self.client, self.services.clone(), account, queue)
            })
            .await
            .map_err(|error| refusal(Cause::Target, &error.to_string()))
    }
}

fn refusal(cause: Cause, reason: &str) -> Refusal {
    Refusal::new(format!("the target queue: {reason}"), cause)
}

/// The refusal of one message.
fn rejected(entry: FailedEntry) -> Refusal {
    let code = entry.code.unwrap_or_default();
    let cause = match entry.sender_fault {
        _ if is_throttling_code(&code) => Cause::Throttled,
        true => Cause::Message,
        false => Cause::Either,
    };
    let message = entry.message.unwrap_or_default();
    refusal(cause, format!("{code} {message}").trim_end())
}

#[cfg(test)]
mod tests;
