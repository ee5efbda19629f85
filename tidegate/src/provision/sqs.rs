//! Door: creates and updates the declared queues at SQS.
//!
//! A queue that does not exist is created with all its attributes; a queue that exists gets the
//! attributes that differ, and keeps those that are not declared.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use kit::aws::Endpoint;

use super::change::{AT_ONCE, Change, Done, Provisioned, refused};
use super::difference::Difference;
use super::order::Order;
use super::progress::Progress;
use super::queues::DeclaredQueue;

/// The most queues that SQS lists in one answer.
const PAGE: i32 = 1000;

/// Error codes for a queue that does not exist: SQS's own, and that of endpoints that speak only
/// the JSON protocol.
const MISSING: [&str; 2] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
];

/// Error codes for a queue of that name with other attributes.
const TAKEN: [&str; 2] = ["QueueAlreadyExists", "QueueNameExists"];

/// SQS, and the queues that are known to exist there.
#[derive(Debug)]
pub(crate) struct Sqs {
    client: Client,
    endpoint: Endpoint,
    /// The URLs of all existing queues, by name. Without this list each queue is looked up, which
    /// needs rights on that queue only.
    known: Option<HashMap<String, String>>,
    /// Whether nothing is changed: only what would be is found out.
    is_dry: bool,
}

impl Sqs {
    /// SQS as it is reached with this configuration.
    pub(crate) fn new(sdk: &SdkConfig) -> Sqs {
        Sqs::with(Client::new(sdk), sdk)
    }

    /// SQS as `client` reaches it; `sdk` names the endpoint in errors.
    pub(crate) fn with(client: Client, sdk: &SdkConfig) -> Sqs {
        Sqs {
            client,
            endpoint: Endpoint::of(sdk, "SQS"),
            known: None,
            is_dry: false,
        }
    }

    /// The same SQS, in which nothing is changed where `is_dry`.
    pub(crate) fn dry(self, is_dry: bool) -> Sqs {
        Sqs { is_dry, ..self }
    }

    /// The same SQS, with a list of all existing queues.
    ///
    /// # Errors
    /// SQS refuses.
    pub(crate) async fn listed(self) -> anyhow::Result<Sqs> {
        let pages = self
            .client
            .list_queues()
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send();
        let urls = pages.collect::<Result<Vec<String>, _>>().await;
        let urls = urls.map_err(|error| self.refused("cannot list queues", &error))?;
        let named = |url: String| Some((url.rsplit('/').next()?.to_owned(), url));
        Ok(Sqs {
            known: Some(urls.into_iter().filter_map(named).collect()),
            ..self
        })
    }

    /// Creates or updates these queues, several at a time.
    ///
    /// # Errors
    /// SQS refuses one of them.
    pub(super) async fn provision(
        &self,
        queues: &[DeclaredQueue],
    ) -> anyhow::Result<Vec<Provisioned>> {
        let mut changes = vec![Done::from(Change::Unchanged); queues.len()];
        let progress = Progress::of(queues.len(), Instant::now());
        let Order { waves, cycles } = Order::of(queues);
        for wave in waves {
            self.for_each(&wave, &mut changes, &progress, |place| {
                self.ensure(&queues[place])
            })
            .await?;
        }
        let bare: Vec<DeclaredQueue> = cycles
            .iter()
            .map(|&place| queues[place].without_redrive())
            .collect();
        let all: Vec<usize> = (0..cycles.len()).collect();
        let mut made = vec![Done::from(Change::Unchanged); cycles.len()];
        self.for_each(&all, &mut made, &progress, |index| {
            self.ensure(&bare[index])
        })
        .await?;
        self.for_each(&cycles, &mut changes, &progress, |place| {
            self.ensure(&queues[place])
        })
        .await?;
        for (&place, made) in cycles.iter().zip(made) {
            if made.change != Change::Unchanged {
                changes[place] = made;
            }
        }
        let done = queues.iter().zip(changes);
        Ok(done
            .map(|(queue, done)| Provisioned {
                kind: "queue",
                name: queue.name.clone(),
                change: done.change,
                differences: done.differences,
            })
            .collect())
    }

    /// Does `work` for the queues at `places`, several at a time, and notes the changes.
    async fn for_each<F>(
        &self,
        places: &[usize],
        changes: &mut [Done],
        progress: &Progress,
        work: impl Fn(usize) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<Done>>,
    {
        let work = &work;
        let works = places
            .iter()
            .map(|&place| async move { Ok::<_, anyhow::Error>((place, work(place).await?)) });
        let mut done = futures_util::stream::iter(works).buffered(AT_ONCE);
        while let Some((place, change)) = done.try_next().await? {
            changes[place] = change;
            if let Some(line) = progress.step(Instant::now()) {
                tracing::info!("{line}");
            }
        }
        Ok(())
    }

    /// The queues whose names begin so, with their URLs.
    ///
    /// # Errors
    /// SQS refuses.
    pub(super) async fn named(&self, prefix: &str) -> anyhow::Result<Vec<(String, String)>> {
        let request = self.client.list_queues().queue_name_prefix(prefix);
        let pages = request.max_results(PAGE).into_paginator().items().send();
        let urls = pages.collect::<Result<Vec<String>, _>>().await;
        let urls = urls.map_err(|error| self.refused("cannot list queues", &error))?;
        let named = |url: String| Some((url.rsplit('/').next()?.to_owned(), url));
        Ok(urls.into_iter().filter_map(named).collect())
    }

    /// Takes a tag off the queue at `url`, if its tags are so. Returns whether they were.
    ///
    /// # Errors
    /// SQS refuses.
    pub(super) async fn untag(
        &self,
        url: &str,
        key: &str,
        are_so: impl Fn(&HashMap<String, String>) -> bool,
    ) -> anyhow::Result<bool> {
        let what = || format!("queue {url}");
        let tags = self.client.list_queue_tags().queue_url(url).send().await;
        let tags = tags.map_err(|error| self.refused(&what(), &error))?;
        if !are_so(&tags.tags.unwrap_or_default()) {
            return Ok(false);
        }
        if !self.is_dry {
            let request = self.client.untag_queue().queue_url(url).tag_keys(key);
            let done = request.send().await;
            done.map_err(|error| self.refused(&what(), &error))?;
        }
        Ok(true)
    }

    /// Creates one queue, or brings it up to date. Its dead-letter queue is there.
    ///
    /// # Errors
    /// SQS refuses.
    pub(crate) async fn ensure(&self, queue: &DeclaredQueue) -> anyhow::Result<Done> {
        if let Some(url) = self.find(&queue.name).await? {
            return self.update(queue, &url).await;
        }
        if self.create(queue).await? {
            return Ok(Change::Created.into());
        }
        let url = self
            .look_up(&queue.name)
            .await?
            .with_context(|| format!("queue {} has no URL", queue.name))?;
        self.update(queue, &url).await
    }

    async fn find(&self, name: &str) -> anyhow::Result<Option<String>> {
        match &self.known {
            Some(known) => Ok(known.get(name).cloned()),
            None => self.look_up(name).await,
        }
    }

    async fn look_up(&self, name: &str) -> anyhow::Result<Option<String>> {
        match self.client.get_queue_url().queue_name(name).send().await {
            Ok(found) => Ok(found.queue_url),
            Err(error) if has_code(&error, &MISSING) => Ok(None),
            Err(error) => Err(self.refused(&format!("queue {name}"), &error)),
        }
    }

    /// Returns false if a queue of that name with other attributes was created since the lookup.
    async fn create(&self, queue: &DeclaredQueue) -> anyhow::Result<bool> {
        if self.is_dry {
            return Ok(true);
        }
        let request = self.client.create_queue().queue_name(&queue.name);
        let request = request.set_attributes(Some(queue.attributes.clone()));
        let tags = (!queue.tags.is_empty()).then(|| queue.tags.clone());
        match request.set_tags(tags).send().await {
            Ok(_) => Ok(true),
            Err(error) if has_code(&error, &TAKEN) => Ok(false),
            Err(error) => Err(self.refused(&format!("cannot create queue {}", queue.name), &error)),
        }
    }

    /// Brings attributes and tags up to date. What is there and not declared stays.
    async fn update(&self, queue: &DeclaredQueue, url: &str) -> anyhow::Result<Done> {
        let mut differences = self.set_attributes(queue, url).await?;
        differences.extend(self.set_tags(queue, url).await?);
        Ok(Done::of(differences))
    }

    async fn set_attributes(
        &self,
        queue: &DeclaredQueue,
        url: &str,
    ) -> anyhow::Result<Vec<Difference>> {
        if queue.attributes.is_empty() {
            return Ok(Vec::new());
        }
        let current = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(Name::All)
            .send()
            .await;
        let current = current
            .map_err(|error| self.refused_for(queue, &error))?
            .attributes
            .unwrap_or_default();
        let differences = Difference::of_attributes(queue, &current);
        let declared = differences.iter().filter_map(|difference| {
            Some((
                Name::from(difference.attribute.as_str()),
                difference.declared.clone()?,
            ))
        });
        let changed: HashMap<_, _> = declared.collect();
        if changed.is_empty() || self.is_dry {
            return Ok(differences);
        }
        let request = self
            .client
            .set_queue_attributes()
            .queue_url(url)
            .set_attributes(Some(changed));
        request
            .send()
            .await
            .map_err(|error| self.refused_for(queue, &error))?;
        Ok(differences)
    }

    async fn set_tags(&self, queue: &DeclaredQueue, url: &str) -> anyhow::Result<Vec<Difference>> {
        if queue.tags.is_empty() {
            return Ok(Vec::new());
        }
        let current = self.client.list_queue_tags().queue_url(url).send().await;
        let current = current
            .map_err(|error| self.refused_for(queue, &error))?
            .tags
            .unwrap_or_default();
        let differences = Difference::of_tags(queue, &current);
        let mut changed = queue.tags.clone();
        changed.retain(|key, value| current.get(key) != Some(value));
        if changed.is_empty() || self.is_dry {
            return Ok(differences);
        }
        let request = self
            .client
            .tag_queue()
            .queue_url(url)
            .set_tags(Some(changed));
        request
            .send()
            .await
            .map_err(|error| self.refused_for(queue, &error))?;
        Ok(differences)
    }

    fn refused_for<E: std::error::Error + 'static>(
        &self,
        queue: &DeclaredQueue,
        error: &SdkError<E>,
    ) -> anyhow::Error {
        self.refused(&format!("queue {}", queue.name), error)
    }

    fn refused<E: std::error::Error + 'static>(
        &self,
        what: &str,
        error: &SdkError<E>,
    ) -> anyhow::Error {
        refused(what, &self.endpoint, error)
    }
}

fn has_code<E: ProvideErrorMetadata>(error: &SdkError<E>, codes: &[&str]) -> bool {
    error
        .as_service_error()
        .and_then(|error| error.code())
        .is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests;
