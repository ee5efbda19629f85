//! Door: queues at SQS, as they are declared.
//!
//! A queue that is not there is created with everything at once; one that is there gets what
//! differs, and keeps what is not declared.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use kit::aws::Endpoint;

use super::order::Order;
use super::progress::Progress;
use super::queues::{Declared, same};
use super::{AT_ONCE, Deed, Provisioned, refused};

/// Names that SQS lists at once.
const PAGE: i32 = 1000;

/// No queue has that name: SQS's code, and that of others who speak only its newer protocol.
const MISSING: [&str; 2] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
];

/// A queue has that name, and other attributes.
const TAKEN: [&str; 2] = ["QueueAlreadyExists", "QueueNameExists"];

/// SQS, and which queues it is known to have.
#[derive(Debug)]
pub(crate) struct Sqs {
    client: Client,
    endpoint: Endpoint,
    /// All queues that are there, by name, with their URLs. Without it each queue is asked for,
    /// which only needs rights on that queue.
    known: Option<HashMap<String, String>>,
}

impl Sqs {
    /// SQS as it is reached with this configuration.
    pub(crate) fn new(sdk: &SdkConfig) -> Sqs {
        Sqs::with(Client::new(sdk), sdk)
    }

    /// The same, reached by `client`.
    pub(crate) fn with(client: Client, sdk: &SdkConfig) -> Sqs {
        Sqs {
            client,
            endpoint: Endpoint::of(sdk, "SQS"),
            known: None,
        }
    }

    /// The same, with a list of all queues that are there.
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
    pub(super) async fn provision(&self, queues: &[Declared]) -> anyhow::Result<Vec<Provisioned>> {
        let mut deeds = vec![Deed::Unchanged; queues.len()];
        let progress = Progress::of(queues.len(), Instant::now());
        let Order { waves, rings } = Order::of(queues);
        for wave in waves {
            self.each(&wave, &mut deeds, &progress, |place| {
                self.ensure(&queues[place])
            })
            .await?;
        }
        let bare: Vec<Declared> = rings
            .iter()
            .map(|&place| queues[place].without_redrive())
            .collect();
        let all: Vec<usize> = (0..rings.len()).collect();
        let mut made = vec![Deed::Unchanged; rings.len()];
        self.each(&all, &mut made, &progress, |index| {
            self.ensure(&bare[index])
        })
        .await?;
        self.each(&rings, &mut deeds, &progress, |place| {
            self.ensure(&queues[place])
        })
        .await?;
        for (&place, made) in rings.iter().zip(made) {
            deeds[place] = if made == Deed::Unchanged {
                deeds[place]
            } else {
                made
            };
        }
        let done = queues.iter().zip(deeds);
        Ok(done
            .map(|(queue, deed)| Provisioned {
                kind: "queue",
                name: queue.name.clone(),
                deed,
            })
            .collect())
    }

    async fn each<F>(
        &self,
        places: &[usize],
        deeds: &mut [Deed],
        progress: &Progress,
        work: impl Fn(usize) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<Deed>>,
    {
        let work = &work;
        let works = places
            .iter()
            .map(|&place| async move { Ok::<_, anyhow::Error>((place, work(place).await?)) });
        let mut done = futures_util::stream::iter(works).buffered(AT_ONCE);
        while let Some((place, deed)) = done.try_next().await? {
            deeds[place] = deed;
            if let Some(line) = progress.step(Instant::now()) {
                tracing::info!("{line}");
            }
        }
        Ok(())
    }

    /// Creates one queue, or brings it up to date. Its dead-letter queue is there.
    ///
    /// # Errors
    /// SQS refuses.
    pub(crate) async fn ensure(&self, queue: &Declared) -> anyhow::Result<Deed> {
        if let Some(url) = self.find(&queue.name).await? {
            return self.update(queue, &url).await;
        }
        if self.create(queue).await? {
            return Ok(Deed::Created);
        }
        let url = self
            .ask(&queue.name)
            .await?
            .with_context(|| format!("queue {} has no URL", queue.name))?;
        self.update(queue, &url).await
    }

    async fn find(&self, name: &str) -> anyhow::Result<Option<String>> {
        match &self.known {
            Some(known) => Ok(known.get(name).cloned()),
            None => self.ask(name).await,
        }
    }

    async fn ask(&self, name: &str) -> anyhow::Result<Option<String>> {
        match self.client.get_queue_url().queue_name(name).send().await {
            Ok(found) => Ok(found.queue_url),
            Err(error) if has_code(&error, &MISSING) => Ok(None),
            Err(error) => Err(self.refused(&format!("queue {name}"), &error)),
        }
    }

    /// False when there is one of that name with other attributes, made since it was looked for.
    async fn create(&self, queue: &Declared) -> anyhow::Result<bool> {
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
    async fn update(&self, queue: &Declared, url: &str) -> anyhow::Result<Deed> {
        let changed = self.set_attributes(queue, url).await? | self.set_tags(queue, url).await?;
        Ok(if changed {
            Deed::Updated
        } else {
            Deed::Unchanged
        })
    }

    async fn set_attributes(&self, queue: &Declared, url: &str) -> anyhow::Result<bool> {
        if queue.attributes.is_empty() {
            return Ok(false);
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
        let differs =
            |name: &Name, value: &String| current.get(name).is_none_or(|now| !same(now, value));
        let changed: HashMap<_, _> = queue
            .attributes
            .iter()
            .filter(|(name, value)| **name != Name::FifoQueue && differs(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if changed.is_empty() {
            return Ok(false);
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
        Ok(true)
    }

    async fn set_tags(&self, queue: &Declared, url: &str) -> anyhow::Result<bool> {
        if queue.tags.is_empty() {
            return Ok(false);
        }
        let current = self.client.list_queue_tags().queue_url(url).send().await;
        let current = current
            .map_err(|error| self.refused_for(queue, &error))?
            .tags
            .unwrap_or_default();
        let mut changed = queue.tags.clone();
        changed.retain(|key, value| current.get(key) != Some(value));
        if changed.is_empty() {
            return Ok(false);
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
        Ok(true)
    }

    fn refused_for<E: std::error::Error + 'static>(
        &self,
        queue: &Declared,
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
