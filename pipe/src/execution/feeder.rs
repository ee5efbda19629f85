//! The way to a service that takes entries: as many in one request as it allows, and each meets its
//! own fate.

use std::sync::Arc;

use super::aws::Caller;
use super::request::exchange;
use crate::execution_log::{Journal, Stage};
use crate::targets::{Feed, FeedEntry, Refusal};

/// Sends entries.
#[derive(Debug)]
pub struct Feeder {
    /// The way there.
    pub caller: Caller,
    /// Who takes them.
    pub feed: Arc<Feed>,
}

/// An entry, and where its event stands.
type Placed = (usize, FeedEntry);

impl Feeder {
    /// Sends entries. What became of each, with its place.
    pub async fn send(
        &self,
        mut entries: Vec<Placed>,
        journal: &Journal<'_>,
    ) -> Vec<(usize, Result<(), Refusal>)> {
        let mut results = Vec::with_capacity(entries.len());
        for range in self.feed.arrange(&mut entries) {
            let part = &entries[range];
            let judged = self.send_part(part, journal).await;
            results.extend(part.iter().map(|(place, _)| *place).zip(judged));
        }
        results
    }

    /// A request that is refused for the sake of one entry is sent entry by entry, so that the
    /// refusal meets the right one.
    async fn send_part(&self, part: &[Placed], journal: &Journal<'_>) -> Vec<Result<(), Refusal>> {
        match self.request(part, journal).await {
            Ok(results) => results,
            Err(refusal) if refusal.may_be_one_entry() && part.len() > 1 => {
                let mut results = Vec::with_capacity(part.len());
                for entry in part {
                    let alone = self.request(std::slice::from_ref(entry), journal).await;
                    results.extend(alone.unwrap_or_else(|refusal| vec![Err(refusal)]));
                }
                results
            }
            Err(refusal) => vec![Err(refusal); part.len()],
        }
    }

    /// One result for each entry.
    async fn request(
        &self,
        part: &[Placed],
        journal: &Journal<'_>,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        let entries: Vec<&FeedEntry> = part.iter().map(|(_, entry)| entry).collect();
        let exchanged = exchange(
            &self.caller,
            self.feed.request(&entries),
            Stage::Target,
            journal,
        )
        .await;
        let answer = exchanged
            .answer
            .as_ref()
            .map_err(|none| none.refusal.clone());
        let results =
            answer.and_then(|reply| self.feed.read(reply, part.len(), Stage::Target.who()));
        match &results {
            Ok(results) => exchanged.tell(Stage::Target, results, journal),
            Err(refusal) => exchanged.tell::<()>(Stage::Target, &[Err(refusal.clone())], journal),
        }
        results
    }
}
