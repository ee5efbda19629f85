//! Door: sends messages to a target queue, up to ten a request.
//!
//! Every caller learns what became of its own message. SQS refuses some requests as a whole for the sake of one
//! message; then each is sent once more alone, so that the refusal meets the right one.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{OnceCell, oneshot};
use tokio_util::sync::CancellationToken;

use crate::definition::Batch;
use crate::gather::gather;
use crate::retry::{Blame, Verdict};
use crate::source::QueueError;
use crate::target::{Entry, Outlet};

/// Entries that may wait for a request; their callers wait with them.
const WAITING: usize = 1024;

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
    pub outlet: Arc<Outlet>,
    entries: Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    answer: oneshot::Sender<Result<String, Verdict>>,
}

#[derive(Debug)]
struct Post {
    client: Client,
    outlet: Arc<Outlet>,
    url: OnceCell<String>,
}

impl Outbox {
    /// Opens the way to a queue; nothing is sent before the first message. Ends when it is dropped.
    pub fn open(client: Client, outlet: Arc<Outlet>, batch: Batch, hurry: CancellationToken) -> Outbox {
        let post = Arc::new(Post { client, outlet: outlet.clone(), url: OnceCell::new() });
        let (entries, waiting) = channel(WAITING);
        tokio::spawn(gather(waiting, batch, hurry, move |batch| post.clone().send_all(batch)));
        Outbox { outlet, entries }
    }

    /// Sends a message and returns the id that SQS gave it.
    ///
    /// # Errors
    /// SQS did not take it; the verdict says whose fault that is.
    pub async fn send(&self, entry: Entry) -> Result<String, Verdict> {
        let (answer, told) = oneshot::channel();
        let lost = || Verdict::down("the target queue: the sending task ended, this is a bug".to_owned());
        self.entries.send(Waiting { entry, answer }).await.map_err(|_| lost())?;
        told.await.map_err(|_| lost())?
    }
}

impl Post {
    async fn send_all(self: Arc<Post>, batch: Vec<Waiting>) {
        let (entries, answers): (Vec<Entry>, Vec<_>) = batch.into_iter().map(|it| (it.entry, it.answer)).unzip();
        let mut results = Vec::with_capacity(entries.len());
        for part in parts(&entries) {
            results.extend(self.send_part(part).await);
        }
        for (answer, result) in answers.into_iter().zip(results) {
            // A caller that is gone was cut off by the end of its drain; its message comes again.
            let _ = answer.send(result);
        }
    }

    async fn send_part(&self, part: &[Entry]) -> Vec<Result<String, Verdict>> {
        match self.request(part).await {
            Ok(results) => results,
            Err(refusal) if refusal.about_content && part.len() > 1 => {
                let mut results = Vec::with_capacity(part.len());
                for entry in part {
                    let alone = self.request(std::slice::from_ref(entry)).await;
                    results.push(alone.map_or_else(|refusal| Err(refusal.verdict()), |mut one| one.remove(0)));
                }
                results
            }
            Err(refusal) => vec![Err(refusal.verdict()); part.len()],
        }
    }

    /// One result for each entry.
    async fn request(&self, part: &[Entry]) -> Result<Vec<Result<String, Verdict>>, Refusal> {
        let url = self.url.get_or_try_init(|| self.find()).await?;
        let entries = part.iter().enumerate().map(|(index, entry)| request_entry(index, entry)).collect();
        let request = self.client.send_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = request.send().await?;
        let missing = || Err(Verdict::down("the target queue: no result for the message".to_owned()));
        let mut results: Vec<_> = part.iter().map(|_| missing()).collect();
        let mut put = |id: &str, result| {
            if let Some(slot) = id.parse().ok().and_then(|index: usize| results.get_mut(index)) {
                *slot = result;
            }
        };
        answer.successful.into_iter().for_each(|sent| put(&sent.id, Ok(sent.message_id)));
        answer.failed.iter().for_each(|failed| put(&failed.id, Err(judge(failed))));
        Ok(results)
    }

    async fn find(&self) -> Result<String, Refusal> {
        let Outlet { account, queue, .. } = self.outlet.as_ref();
        let found = self.client.get_queue_url().queue_name(queue).queue_owner_aws_account_id(account).send().await;
        Ok(found?.queue_url.unwrap_or_default())
    }
}

/// A request that was refused as a whole.
#[derive(Debug)]
struct Refusal {
    reason: String,
    about_content: bool,
}

impl<E, R> From<SdkError<E, R>> for Refusal
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    fn from(error: SdkError<E, R>) -> Refusal {
        let code = error.as_service_error().and_then(|said| said.meta().code());
        let about_content = code.is_some_and(|code| ABOUT_CONTENT.iter().any(|known| code.ends_with(known)));
        Refusal { reason: format!("the target queue: {}", QueueError::from(error)), about_content }
    }
}

impl Refusal {
    /// For the one message of the request, if it is about messages.
    fn verdict(&self) -> Verdict {
        let reason = self.reason.clone();
        if self.about_content { Verdict::Rejected { reason } } else { Verdict::down(reason) }
    }
}

fn request_entry(index: usize, entry: &Entry) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&entry.body)
        .set_message_group_id(entry.group.clone())
        .set_message_deduplication_id(entry.deduplication.clone())
        .build()
        .expect("id and body are set")
}

fn judge(failed: &BatchResultErrorEntry) -> Verdict {
    let said = failed.message.as_deref().unwrap_or_default();
    let reason = format!("the target queue: {} {said}", failed.code).trim_end().to_owned();
    if failed.sender_fault && !failed.code.contains("Throttl") {
        Verdict::Rejected { reason }
    } else {
        Verdict::Down { reason, blame: Blame::Either, retry_after: None }
    }
}

/// The entries in order, in parts whose bodies fit into one request; one that is too large stands alone.
fn parts(entries: &[Entry]) -> Vec<&[Entry]> {
    let (mut parts, mut start, mut size) = (Vec::new(), 0, 0);
    for (index, entry) in entries.iter().enumerate() {
        if index > start && size + entry.body.len() > LARGEST {
            parts.push(&entries[start..index]);
            (start, size) = (index, 0);
        }
        size += entry.body.len();
    }
    parts.push(&entries[start..]);
    parts
}

#[cfg(test)]
mod tests;
