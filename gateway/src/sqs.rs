//! Door: many SendMessage calls in flight become few SendMessageBatch calls, and each caller gets
//! its own reply.
//!
//! When a batch leaves is `lane`'s decision, what is said to SQS and what an answer is worth is
//! `wire`'s. Here are the clients, the tasks and the locks.

mod answer;
mod lane;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::NoAnswer;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use kit::lock::Mutex;
use tokio::sync::oneshot;

use crate::integration::sqs::SendMessage;
use answer::Answer;
use lane::{Lane, Waiting};

/// A request to SQS ends after this long, whoever waits for it: API Gateway's own upper bound is 29
/// s.
const DEADLINE: Duration = Duration::from_secs(30);

/// Sends messages, coalescing those that are under way at the same time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Messages {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: SdkConfig,
    clients: Mutex<HashMap<String, Client>>,
    queues: Mutex<HashMap<Queue, Lane>>,
}

/// What requests are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Queue {
    region: String,
    url: String,
}

impl Messages {
    /// A sender that uses this configuration's credentials and endpoint. Regions come with the
    /// messages.
    pub fn new(config: SdkConfig) -> Messages {
        Messages {
            shared: Arc::new(Shared {
                config,
                clients: Mutex::default(),
                queues: Mutex::default(),
            }),
        }
    }

    /// Sends one message and waits for its own answer. A caller that stops waiting before the
    /// message left takes it back; afterwards it goes its way.
    ///
    /// # Errors
    /// There was no answer; see [`NoAnswer`].
    pub async fn send(&self, message: SendMessage) -> Answer {
        let (answer, reply) = oneshot::channel();
        let queue = Queue {
            region: message.region.clone(),
            url: message.queue_url.clone(),
        };
        self.enter(&queue, Waiting { message, answer });
        reply
            .await
            .unwrap_or_else(|_| Err(NoAnswer::Unreachable("the batch was given up".to_owned())))
    }

    fn enter(&self, queue: &Queue, waiting: Waiting) {
        let mut queues = self.shared.queues.lock();
        if let Some(batch) = queues.entry(queue.clone()).or_default().enter(waiting) {
            tokio::spawn(self.clone().run(queue.clone(), batch));
        }
    }

    /// Sends a batch, then whatever has gathered meanwhile, until nothing is left. Each batch is a
    /// task of its own: should one panic, its callers learn of it and the lane goes on.
    async fn run(self, queue: Queue, mut batch: Vec<Waiting>) {
        while !batch.is_empty() {
            metrics::histogram!("gateway_sqs_batch_size")
                .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
            if let Err(error) = tokio::spawn(self.clone().send_batch(queue.clone(), batch)).await {
                tracing::error!("a batch for {} was given up: {error}", queue.url);
            }
            batch = self.next(&queue);
        }
    }

    /// The next batch for a request that came back; empty when none is needed.
    fn next(&self, queue: &Queue) -> Vec<Waiting> {
        let mut queues = self.shared.queues.lock();
        let Some(lane) = queues.get_mut(queue) else {
            return Vec::new();
        };
        let batch = lane.next();
        if lane.is_idle() {
            queues.remove(queue);
        }
        batch
    }

    async fn send_batch(self, queue: Queue, batch: Vec<Waiting>) {
        let client = self.client(&queue.region);
        if batch.len() == 1 {
            return send_alone(&client, batch).await;
        }
        let request = client
            .send_message_batch()
            .queue_url(&queue.url)
            .set_entries(Some(wire::entries(&batch)));
        match request.send().await {
            Ok(output) => send_alone(&client, wire::settle(batch, output)).await,
            Err(error) if wire::is_about_one(&error) => send_alone(&client, batch).await,
            Err(error) => {
                let answer = wire::failed(&error);
                for waiting in batch {
                    waiting.settle(answer.clone());
                }
            }
        }
    }

    fn client(&self, region: &str) -> Client {
        let mut clients = self.shared.clients.lock();
        let make = || {
            let retries = RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(50));
            let config = aws_sdk_sqs::config::Builder::from(&self.shared.config)
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

/// Sends each message by itself, in order.
async fn send_alone(client: &Client, batch: Vec<Waiting>) {
    for waiting in batch {
        let result = wire::request(client, &waiting.message).send().await;
        let answer = match result {
            Ok(output) => wire::accepted_alone(&waiting.message, output),
            Err(error) => wire::failed(&error),
        };
        waiting.settle(answer);
    }
}
