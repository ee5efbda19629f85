//! Door: sends messages to a target queue, up to ten a request.
//!
//! Each message meets its own fate. SQS refuses some requests as a whole for the sake of one
//! message; then each is sent once more alone, so that the refusal meets the right one.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use tokio::sync::OnceCell;

use super::error::QueueError;
use crate::flow::Cause;
use crate::targets::{QueueEntry, QueueTarget, Refusal, split};

/// The most messages of one request.
const MOST: usize = 10;

/// All bodies of one request together; SQS takes more by now, other implementations may not.
const LARGEST: usize = 256 * 1024;

/// Refusals that are about a message: of a whole request, one of its messages is to blame.
const ABOUT_CONTENT: [&str; 5] = [
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidAttributeValue",
    "MissingParameter",
    "BatchRequestTooLong",
];

/// Takes messages for one queue.
#[derive(Debug)]
pub struct Outbox {
    /// The queue.
    pub outlet: Arc<QueueTarget>,
    client: Client,
    url: OnceCell<String>,
}

impl Outbox {
    /// The way to a queue; nothing is sent before the first message.
    pub fn new(client: Client, outlet: Arc<QueueTarget>) -> Outbox {
        Outbox {
            outlet,
            client,
            url: OnceCell::new(),
        }
    }

    /// Sends messages. For each the id that SQS gave it, or why SQS did not take it.
    pub async fn send(&self, entries: &[QueueEntry]) -> Vec<Result<String, Refusal>> {
        let mut results = Vec::with_capacity(entries.len());
        for range in split(entries.iter().map(|entry| entry.body.len()), MOST, LARGEST) {
            results.extend(self.send_part(&entries[range]).await);
        }
        results
    }

    async fn send_part(&self, part: &[QueueEntry]) -> Vec<Result<String, Refusal>> {
        match self.request(part).await {
            Ok(results) => results,
            Err(refusal) if refusal.may_be_one_entry() && part.len() > 1 => {
                let mut results = Vec::with_capacity(part.len());
                for entry in part {
                    let alone = self.request(std::slice::from_ref(entry)).await;
                    results.push(alone.map_or_else(Err, |mut one| one.remove(0)));
                }
                results
            }
            Err(refusal) => vec![Err(refusal); part.len()],
        }
    }

    /// One result for each entry.
    async fn request(&self, part: &[QueueEntry]) -> Result<Vec<Result<String, Refusal>>, Refusal> {
        let url = self.url.get_or_try_init(|| self.find()).await?;
        let entries = part
            .iter()
            .enumerate()
            .map(|(index, entry)| request_entry(index, entry))
            .collect();
        let request = self
            .client
            .send_message_batch()
            .queue_url(url)
            .set_entries(Some(entries));
        let answer = request.send().await?;
        let missing = || Err(refusal(Cause::Target, "no result for the message"));
        let mut results: Vec<_> = part.iter().map(|_| missing()).collect();
        let mut put = |id: &str, result| {
            if let Some(slot) = id
                .parse()
                .ok()
                .and_then(|index: usize| results.get_mut(index))
            {
                *slot = result;
            }
        };
        answer
            .successful
            .into_iter()
            .for_each(|sent| put(&sent.id, Ok(sent.message_id)));
        answer
            .failed
            .iter()
            .for_each(|failed| put(&failed.id, Err(judge(failed))));
        Ok(results)
    }

    async fn find(&self) -> Result<String, Refusal> {
        let QueueTarget { account, queue, .. } = self.outlet.as_ref();
        let found = self
            .client
            .get_queue_url()
            .queue_name(queue)
            .queue_owner_aws_account_id(account)
            .send()
            .await;
        Ok(found?.queue_url.unwrap_or_default())
    }
}

impl<E, R> From<SdkError<E, R>> for Refusal
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    /// A request that SQS did not take as a whole.
    fn from(error: SdkError<E, R>) -> Refusal {
        let code = error.as_service_error().and_then(|said| said.meta().code());
        let about_content =
            code.is_some_and(|code| ABOUT_CONTENT.iter().any(|known| code.ends_with(known)));
        let cause = if about_content {
            Cause::Message
        } else {
            Cause::Target
        };
        refusal(cause, &QueueError::from(error).to_string())
    }
}

fn refusal(cause: Cause, reason: &str) -> Refusal {
    Refusal::new(format!("the target queue: {reason}"), cause)
}

fn request_entry(index: usize, entry: &QueueEntry) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&entry.body)
        .set_message_group_id(entry.group.clone())
        .set_message_deduplication_id(entry.deduplication.clone())
        .build()
        .expect("id and body are set")
}

fn judge(failed: &BatchResultErrorEntry) -> Refusal {
    let cause = match failed.sender_fault {
        _ if failed.code.contains("Throttl") => Cause::Throttled,
        true => Cause::Message,
        false => Cause::Either,
    };
    let said = failed.message.as_deref().unwrap_or_default();
    refusal(cause, format!("{} {said}", failed.code).trim_end())
}

#[cfg(test)]
mod tests;
