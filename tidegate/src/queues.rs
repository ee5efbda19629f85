//! Door: queues as the tools see them, at SQS or at the endpoint that the environment names.

mod message;
mod text;

pub(crate) use message::{QueuedMessage, State};
pub(crate) use text::{Shown, as_text};

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use kit::aws::{self, Endpoint};
use kit::call::Call;
use kit::service::Services;
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// Where emulators show what is in a queue without receiving it.
const PEEK: &str = "_aws/sqs/messages";

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of an answer: a thousand messages, and the emulator's own limit on their bodies.
const LONGEST: usize = 64 << 20;

/// The most messages that SQS hands out in one answer.
const BATCH: i32 = 10;

/// SQS, or what stands in for it.
#[derive(Debug)]
pub(crate) struct Queues {
    /// The SDK's client.
    pub client: Client,
    services: Services,
    endpoint: Endpoint,
    region: String,
}

/// A queue, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueFound {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// How many messages it has.
    pub counts: Counts,
    /// The ARN of its dead-letter queue.
    pub dead_letter_arn: Option<String>,
}

/// How many messages a queue has, as it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Messages that can be received.
    pub waiting: u64,
    /// Messages that a receiver has.
    pub in_flight: u64,
    /// Messages that are not to be received yet.
    pub delayed: u64,
}

impl Counts {
    fn of(attributes: &HashMap<QueueAttributeName, String>) -> Counts {
        let number = |name| {
            let value = attributes.get(&name).and_then(|value| value.parse().ok());
            value.unwrap_or_default()
        };
        Counts {
            waiting: number(QueueAttributeName::ApproximateNumberOfMessages),
            in_flight: number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
            delayed: number(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> u64 {
        self.waiting + self.in_flight + self.delayed
    }
}

impl Queues {
    /// SQS as the environment says.
    ///
    /// # Errors
    /// The environment, or the system's certificate authorities, cannot be read.
    pub(crate) async fn of_environment() -> anyhow::Result<Queues> {
        Ok(Queues::new(aws::config().await?)?)
    }

    /// SQS as this configuration says.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(crate) fn new(config: SdkConfig) -> std::io::Result<Queues> {
        Ok(Queues {
            client: Client::new(&config),
            endpoint: Endpoint::of(&config, "SQS"),
            region: aws::region(&config).to_owned(),
            services: Services::new(config)?,
        })
    }

    /// Where SQS is, for texts.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The URL of a queue that is given by its URL, its ARN or its name.
    ///
    /// # Errors
    /// There is no such queue, or SQS refuses or does not answer.
    pub(crate) async fn url(&self, given: &str) -> anyhow::Result<String> {
        if given.contains("://") {
            return Ok(given.to_owned());
        }
        let name = given.rsplit(':').next().unwrap_or(given);
        let found = self.client.get_queue_url().queue_name(name).send().await;
        let found = found.map_err(|error| self.refused(&format!("queue {name}"), &error))?;
        found
            .queue_url
            .with_context(|| format!("queue {name} has no URL"))
    }

    /// How many messages a queue has.
    ///
    /// # Errors
    /// SQS refuses or does not answer.
    pub(crate) async fn counts(&self, url: &str) -> anyhow::Result<Counts> {
        Ok(Counts::of(&self.attributes(url).await?))
    }

    /// All queues, by name; a thousand at most.
    ///
    /// # Errors
    /// SQS refuses or does not answer.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<QueueFound>> {
        let answer = self.client.list_queues().max_results(1000).send().await;
        let answer = answer.map_err(|error| self.refused("queues", &error))?;
        let mut found = Vec::new();
        for url in answer.queue_urls() {
            let attributes = self.attributes(url).await?;
            let policy = attributes.get(&QueueAttributeName::RedrivePolicy);
            let policy = policy.and_then(|text| serde_json::from_str::<Value>(text).ok());
            let target = policy.as_ref().and_then(|it| it.get("deadLetterTargetArn"));
            found.push(QueueFound {
                name: url.rsplit('/').next().unwrap_or(url).to_owned(),
                arn: attributes
                    .get(&QueueAttributeName::QueueArn)
                    .cloned()
                    .unwrap_or_default(),
                counts: Counts::of(&attributes),
                dead_letter_arn: target.and_then(Value::as_str).map(str::to_owned),
            });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn attributes(&self, url: &str) -> anyhow::Result<HashMap<QueueAttributeName, String>> {
        let request = self.client.get_queue_attributes().queue_url(url);
        let answer = request
            .attribute_names(QueueAttributeName::All)
            .send()
            .await;
        let answer = answer.map_err(|error| self.refused(url, &error))?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// What is in a queue, without receiving it: waiting, in flight and delayed. `None` where SQS
    /// is AWS's, or an endpoint that cannot do this.
    ///
    /// # Errors
    /// There is no such queue, or the endpoint refuses or does not answer.
    pub(crate) async fn peek(&self, url: &str) -> anyhow::Result<Option<Vec<QueuedMessage>>> {
        let Some(endpoint) = &self.endpoint.url else {
            return Ok(None);
        };
        let reply = self
            .services
            .send_to(
                &peek_call(endpoint, url)?,
                "sqs",
                &self.region,
                PATIENCE,
                LONGEST,
            )
            .await
            .map_err(|error| anyhow::anyhow!("{}", self.endpoint.unanswered(&error.to_string())))?;
        let answer = serde_json::from_slice::<Value>(&reply.body).ok();
        match (reply.status, answer) {
            (StatusCode::OK, Some(answer)) => Ok(Some(QueuedMessage::all_of(&answer))),
            (_, Some(refusal)) if refusal.get("__type").is_some() => {
                let text = |name| refusal.get(name).and_then(|it| it.as_str());
                bail!(
                    "queue {url}: {}",
                    text("message")
                        .or_else(|| text("__type"))
                        .unwrap_or_default()
                )
            }
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                bail!("queue {url}: the endpoint refuses these credentials")
            }
            _ => Ok(None),
        }
    }

    /// Up to `most` messages of a queue (ten at most), received for so many seconds: each counts
    /// one receive more.
    ///
    /// # Errors
    /// SQS refuses or does not answer.
    pub(crate) async fn receive(
        &self,
        url: &str,
        most: usize,
        visibility: i32,
    ) -> anyhow::Result<Vec<aws_sdk_sqs::types::Message>> {
        let most = i32::try_from(most).unwrap_or(BATCH).clamp(1, BATCH);
        let request = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(most)
            // A long poll asks all servers of the queue, not a sample.
            .wait_time_seconds(1)
            .visibility_timeout(visibility)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All");
        let answer = request.send().await;
        let answer = answer.map_err(|error| self.refused(url, &error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// The error for a request that SQS refused or did not answer.
    pub(crate) fn refused<E: std::error::Error + 'static>(
        &self,
        what: &str,
        error: &SdkError<E>,
    ) -> anyhow::Error {
        let reason = aws::explain(error);
        match error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
                anyhow::anyhow!("{what}: {}", self.endpoint.unanswered(&reason))
            }
            _ => anyhow::anyhow!("{what}: {reason}"),
        }
    }
}

/// The call that shows a queue's messages: ReceiveMessage of the JSON protocol, at that address.
fn peek_call(endpoint: &str, url: &str) -> anyhow::Result<Call> {
    let address = format!(
        "{}/{PEEK}?ShowInvisible=true&ShowDelayed=true",
        endpoint.trim_end_matches('/')
    );
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    headers.insert(CONTENT_TYPE, json);
    let target = HeaderValue::from_static("AmazonSQS.ReceiveMessage");
    headers.insert("x-amz-target", target);
    Ok(Call {
        method: Method::POST,
        url: Url::parse(&address)?,
        headers,
        body: Bytes::from(serde_json::json!({"QueueUrl": url}).to_string()),
    })
}
