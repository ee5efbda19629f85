//! Door: sends letters to their queues, and deletes messages that were sent.

use std::collections::HashMap;

use anyhow::{Result, bail};
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchOutput;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry};

use super::plan::Letter;
use crate::queues::Queues;

/// The most messages of one call.
const BATCH: usize = 10;

/// The most bytes of bodies in one call: what every SQS takes.
const BYTES: usize = 256 * 1024;

/// Why a message of a FIFO queue is not sent before one that failed.
const BEHIND: &str = "an earlier message of its group was not sent";

/// Where letters go.
pub(super) struct Mail<'a> {
    queues: &'a Queues,
    /// The URL of the dead-letter queue.
    from: &'a str,
    /// The URL of the queue that gets everything.
    to: Option<String>,
    /// URLs of queues by ARN.
    urls: HashMap<String, String>,
}

/// A letter on its way.
pub(super) struct Posted {
    /// The id of the dead letter.
    pub id: String,
    /// Its receipt handle.
    pub handle: String,
    pub letter: Letter,
}

impl<'a> Mail<'a> {
    /// Letters go to `to`, or else to the queues in which they died.
    pub(super) fn new(queues: &'a Queues, from: &'a str, to: Option<String>) -> Mail<'a> {
        Mail {
            queues,
            from,
            to,
            urls: HashMap::new(),
        }
    }

    /// Sends letters in their order. Returns what became of each.
    ///
    /// # Errors
    /// It is not known where one goes.
    pub(super) async fn send(&mut self, posted: &[Posted]) -> Result<Vec<Result<(), String>>> {
        let mut results = Vec::new();
        let mut rest = posted;
        while let Some(first) = rest.first() {
            let url = self.url_for(&first.letter).await?;
            let mut count = 1;
            let mut bytes = size(first);
            while let Some(next) = rest.get(count).filter(|_| count < BATCH && !is_fifo(&url)) {
                bytes += size(next);
                if bytes > BYTES || self.url_for(&next.letter).await? != url {
                    break;
                }
                count += 1;
            }
            let (now, later) = rest.split_at(count);
            let sent = match is_behind(posted, &results, first) && is_fifo(&url) {
                true => vec![Err(BEHIND.to_owned())],
                false => self.send_to(&url, now).await,
            };
            results.extend(sent);
            rest = later;
        }
        Ok(results)
    }

    async fn send_to(&self, url: &str, posted: &[Posted]) -> Vec<Result<(), String>> {
        let entries = posted.iter().enumerate();
        let entries: Result<Vec<_>, _> = entries
            .map(|(place, posted)| entry(place, &posted.letter, is_fifo(url)))
            .collect();
        let request = self.queues.client.send_message_batch().queue_url(url);
        let sent = match entries {
            Ok(entries) => request.set_entries(Some(entries)).send().await,
            Err(error) => return vec![Err(error.to_string()); posted.len()],
        };
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                let reason = self.queues.refused(url, &error).to_string();
                return vec![Err(reason); posted.len()];
            }
        };
        let mut results = vec![Err("SQS does not say what became of it".to_owned()); posted.len()];
        let mut set = |id: &str, result| {
            if let Some(slot) = id.parse::<usize>().ok().and_then(|it| results.get_mut(it)) {
                *slot = result;
            }
        };
        for sent in answer.successful() {
            set(sent.id(), Ok(()));
        }
        for failed in answer.failed() {
            let message = failed.message().unwrap_or_default();
            set(failed.id(), Err(format!("{}: {message}", failed.code())));
        }
        results
    }

    /// Deletes messages. Returns the places of those that are gone.
    pub(super) async fn delete(&self, handles: &[String]) -> Vec<usize> {
        let entries = handles.iter().enumerate().filter_map(|(place, handle)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(place.to_string());
            entry.receipt_handle(handle).build().ok()
        });
        let entries: Vec<_> = entries.collect();
        if entries.is_empty() {
            return Vec::new();
        }
        let request = self.queues.client.delete_message_batch();
        let request = request.queue_url(self.from).set_entries(Some(entries));
        let answer = request.send().await.ok();
        let gone = answer.iter().flat_map(DeleteMessageBatchOutput::successful);
        gone.filter_map(|entry| entry.id().parse().ok()).collect()
    }

    /// Where a letter goes.
    async fn url_for(&mut self, letter: &Letter) -> Result<String> {
        if let Some(url) = &self.to {
            return Ok(url.clone());
        }
        let key = letter.origin.clone().unwrap_or_default();
        if let Some(url) = self.urls.get(&key) {
            return Ok(url.clone());
        }
        let url = match &letter.origin {
            Some(arn) => self.queues.url(arn).await?,
            None => self.only_source().await?,
        };
        self.urls.insert(key, url.clone());
        Ok(url)
    }

    /// The queue whose dead letters these are, where the messages do not say it.
    async fn only_source(&self) -> Result<String> {
        let request = self.queues.client.list_dead_letter_source_queues();
        let answer = request.queue_url(self.from).send().await;
        let answer = answer.map_err(|error| self.queues.refused(self.from, &error))?;
        match answer.queue_urls() {
            [only] => Ok(only.clone()),
            [] => bail!(
                "no queue has {} as its dead-letter queue: name one with --to",
                self.from
            ),
            several => bail!(
                "{} is the dead-letter queue of several queues ({}): name one with --to",
                self.from,
                several.join(", ")
            ),
        }
    }
}

/// Whether a letter of the same group failed before.
fn is_behind(posted: &[Posted], results: &[Result<(), String>], letter: &Posted) -> bool {
    let group = &letter.letter.group;
    let mut done = posted.iter().zip(results);
    group.is_some() && done.any(|(one, result)| result.is_err() && one.letter.group == *group)
}

fn entry(
    place: usize,
    letter: &Letter,
    is_fifo: bool,
) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    let entry = SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(&letter.body)
        .set_message_attributes(some(letter.attributes.clone()))
        .set_message_system_attributes(some(letter.system_attributes.clone()));
    if !is_fifo {
        return entry.build();
    }
    entry
        .message_group_id(letter.group.as_deref().unwrap_or("redrive"))
        .message_deduplication_id(&letter.deduplication_id)
        .build()
}

fn some<K, V>(map: HashMap<K, V>) -> Option<HashMap<K, V>> {
    (!map.is_empty()).then_some(map)
}

fn is_fifo(url: &str) -> bool {
    url.ends_with(".fifo")
}

fn size(posted: &Posted) -> usize {
    let attributes = posted.letter.attributes.iter();
    let attributes = attributes.map(|(name, value)| {
        let text = value.string_value().map_or(0, str::len);
        let bytes = value.binary_value().map_or(0, |bytes| bytes.as_ref().len());
        name.len() + value.data_type().len() + text + bytes
    });
    posted.letter.body.len() + attributes.sum::<usize>()
}
