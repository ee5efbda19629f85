//! Door: counts where the messages are: objects in S3 by their keys, messages in the queue and in
//! its dead-letter queue.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use kit::aws::{self, DEFAULT_REGION, explain};

/// The names in the built-in template.
const QUEUE: &str = "ex-queue";
const DEAD_LETTER_QUEUE: &str = "ex-queue-dlq";
const BUCKET: &str = "donggyu-test-poc";

/// A message is waiting when it is visible, in flight or delayed.
const STATES: [Name; 3] = [
    Name::ApproximateNumberOfMessages,
    Name::ApproximateNumberOfMessagesNotVisible,
    Name::ApproximateNumberOfMessagesDelayed,
];

/// Where the messages are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Objects in S3 with different keys: the subscriber's key is the id of the event.
    pub stored: usize,
    /// Messages in the queue, also those that are being delivered.
    pub waiting: usize,
    /// Messages in the dead-letter queue.
    pub dead: usize,
}

/// Counts in the emulator of the chain.
#[derive(Debug)]
pub(super) struct Counter {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
}

impl Counter {
    pub(super) async fn new(endpoint: &str) -> Counter {
        let sdk = aws::local(endpoint).await;
        let region = Region::from_static(DEFAULT_REGION);
        let sdk: SdkConfig = sdk.into_builder().region(region).build();
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true);
        Counter {
            sqs: aws_sdk_sqs::Client::new(&sdk),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
        }
    }

    /// Counts.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub(super) async fn count(&self) -> anyhow::Result<Counts> {
        Ok(Counts {
            stored: self.keys().await?.len(),
            waiting: self.messages(QUEUE).await?,
            dead: self.messages(DEAD_LETTER_QUEUE).await?,
        })
    }

    async fn keys(&self) -> anyhow::Result<BTreeSet<String>> {
        let pages = self.s3.list_objects_v2().bucket(BUCKET).into_paginator();
        let mut pages = pages.send();
        let mut keys = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow::anyhow!("S3: {}", explain(&error)))?;
            keys.extend(page.contents.into_iter().flatten().filter_map(|it| it.key));
        }
        Ok(keys)
    }

    async fn messages(&self, queue: &str) -> anyhow::Result<usize> {
        let failed = |reason: String| anyhow::anyhow!("queue {queue}: {reason}");
        let found = self.sqs.get_queue_url().queue_name(queue).send().await;
        let found = found.map_err(|error| failed(explain(&error)))?;
        let asked = self
            .sqs
            .get_queue_attributes()
            .set_queue_url(found.queue_url)
            .set_attribute_names(Some(STATES.to_vec()))
            .send();
        let answer = asked.await.map_err(|error| failed(explain(&error)))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| {
            let text = attributes.get(name).context("SQS did not count");
            Ok(text?.parse::<usize>()?)
        };
        STATES.iter().map(count).sum()
    }
}
