//! Delivers events to a service that takes entries (an event bus, a topic, a stream or a log
//! group): as many in one request as the service allows, and each has a result of its own.

use std::sync::Arc;

use super::aws::AwsClient;
use super::invocation::AwsInvocation;
use crate::execution_log::{ExecutionLog, Stage};
use crate::sqs::batcher::batch_then_each;
use crate::targets::{Feed, FeedEntry, Refusal};

/// Sends entries to one service.
#[derive(Debug)]
pub(crate) struct Entries {
    /// How AWS is called.
    pub(crate) client: AwsClient,
    /// The service.
    pub(crate) feed: Arc<Feed>,
}

impl Entries {
    /// Sends entries. One result for each, in the order of `entries`.
    pub(super) async fn send(
        &self,
        entries: Vec<FeedEntry>,
        log: &ExecutionLog<'_>,
    ) -> Vec<Result<(), Refusal>> {
        let mut entries: Vec<(usize, FeedEntry)> = entries.into_iter().enumerate().collect();
        let mut results = Vec::with_capacity(entries.len());
        for range in self.feed.arrange(&mut entries) {
            let part = &entries[range];
            let sent = batch_then_each(part.len(), |range| self.request(&part[range], log)).await;
            results.extend(part.iter().map(|(place, _)| *place).zip(sent));
        }
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// One request. One result for each entry, or the refusal of the whole request.
    async fn request(
        &self,
        part: &[(usize, FeedEntry)],
        log: &ExecutionLog<'_>,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        let entries: Vec<&FeedEntry> = part.iter().map(|(_, entry)| entry).collect();
        let request = self.feed.request(&entries);
        let invocation = AwsInvocation::send(&self.client, request, Stage::Target, log).await;
        let results = invocation
            .reply()
            .and_then(|reply| self.feed.read(reply, part.len(), Stage::Target.who()));
        match &results {
            Ok(results) => invocation.record(results),
            Err(refusal) => invocation.record::<()>(&[Err(refusal.clone())]),
        }
        results
    }
}
