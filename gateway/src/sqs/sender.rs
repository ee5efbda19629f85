//! Sends messages: groups them by queue, and hands each caller its own answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use kit::lock::Mutex;
use tokio::sync::oneshot;

use super::coalescer::{Coalescer, PendingMessage};
use super::wire;
use crate::integration_request::SendMessage;
use crate::integration_response::{Answer, NoAnswer};

/// The longest that a request to SQS takes. API Gateway's own upper bound for a caller is 29 s.
const DEADLINE: Duration = Duration::from_secs(30);

/// Sends messages to SQS, those that come at the same time together. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MessageSender {
    state: Arc<SenderState>,
}

#[derive(Debug)]
struct SenderState {
    config: SdkConfig,
    clients: Mutex<HashMap<String, Client>>,
    queues: Mutex<HashMap<QueueKey, Coalescer>>,
}

/// What messages are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct QueueKey {
    region: String,
    url: String,
}

impl MessageSender {
    /// A sender that uses this configuration's credentials and endpoint. Regions come with the
    /// messages.
    pub(crate) fn new(config: SdkConfig) -> MessageSender {
        MessageSender {
            state: Arc::new(SenderState {
                config,
                clients: Mutex::default(),
                queues: Mutex::default(),
            }),
        }
    }

    /// Sends one message and waits for its own answer. A message whose caller stops waiting before
    /// it left is not sent.
    ///
    /// # Errors
    /// There was no answer; see [`NoAnswer`].
    pub(crate) async fn send(&self, message: SendMessage) -> Answer {
        let (answer, reply) = oneshot::channel();
        let queue = QueueKey {
            region: message.region.clone(),
            url: message.queue_url.clone(),
        };
        self.push(&queue, PendingMessage { message, answer });
        reply
            .await
            .unwrap_or_else(|_| Err(NoAnswer::Unreachable("the batch failed".to_owned())))
    }

    fn push(&self, queue: &QueueKey, message: PendingMessage) {
        let mut queues = self.state.queues.lock();
        if let Some(batch) = queues.entry(queue.clone()).or_default().push(message) {
            tokio::spawn(self.clone().run(queue.clone(), batch));
        }
    }

    /// Sends a batch, then what has gathered meanwhile, until nothing is left. Each batch is a task
    /// of its own: if one panics, its callers get an error and the queue goes on.
    async fn run(self, queue: QueueKey, mut batch: Vec<PendingMessage>) {
        while !batch.is_empty() {
            metrics::histogram!("gateway_sqs_batch_size")
                .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
            if let Err(error) = tokio::spawn(self.clone().send_batch(queue.clone(), batch)).await {
                tracing::error!("a batch for {} failed: {error}", queue.url);
            }
            batch = self.next(&queue);
        }
    }

    /// The next batch for a request that came back; empty when nothing waits.
    fn next(&self, queue: &QueueKey) -> Vec<PendingMessage> {
        let mut queues = self.state.queues.lock();
        let Some(coalescer) = queues.get_mut(queue) else {
            return Vec::new();
        };
        let batch = coalescer.next();
        if coalescer.is_idle() {
            queues.remove(queue);
        }
        batch
    }

    /// Sends a batch in one request, then alone each message that has no answer of its own yet.
    async fn send_batch(self, queue: QueueKey, batch: Vec<PendingMessage>) {
        let client = self.client(&queue.region);
        let alone = match batch.len() {
            1 => batch,
            _ => send_together(&client, &queue.url, batch).await,
        };
        for pending in alone {
            let sent = wire::request(&client, &pending.message).send().await;
            let answer = match sent {
                Ok(output) => wire::stored_alone(&pending.message, output),
                Err(error) => wire::failed(&error),
            };
            pending.settle(answer);
        }
    }

    fn client(&self, region: &str) -> Client {
        let mut clients = self.state.clients.lock();
        let make = || {
            let retries = RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(50));
            let config = aws_sdk_sqs::config::Builder::from(&self.state.config)
                .region(Region::new(region.to_owned()))
                .retry_config(retries)
                .retry_classifier(wire::OnlyBrokenConnections)
                .timeout_config(TimeoutConfig::builder().operation_timeout(DEADLINE).build());
            Client::from_conf(config.build())
        };
        clients
            .entry(region.to_owned())
            .or_insert_with(make)
            .clone()
    }
}

/// Sends messages in one request, and returns those that are to be sent alone: SQS refused them, or
/// the batch because of one of them, and alone each caller gets the exact error for its message.
async fn send_together(
    client: &Client,
    queue_url: &str,
    batch: Vec<PendingMessage>,
) -> Vec<PendingMessage> {
    let request = client
        .send_message_batch()
        .queue_url(queue_url)
        .set_entries(Some(wire::entries(&batch)));
    match request.send().await {
        Ok(output) => wire::settle(batch, output),
        Err(error) if wire::is_about_one_entry(&error) => batch,
        Err(error) => {
            let answer = wire::failed(&error);
            for pending in batch {
                pending.settle(answer.clone());
            }
            Vec::new()
        }
    }
}
