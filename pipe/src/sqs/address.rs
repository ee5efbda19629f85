//! Door: a queue that was found, and how requests about its messages are sent.
//!
//! The SDK finds the queue, and the other requests go where that one went: region, endpoint and
//! credentials are the SDK's.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::StalledStreamProtectionConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use kit::call::Reply;
use kit::service::{ServiceError, Services};
use url::Url;

use super::error::QueueError;
use super::wire::{self, Action};

/// A reply that takes longer than this, long poll included, is not coming.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How much of a reply is read: ten messages of 1 MiB, of which every character is an escape, and
/// what is around them.
const LONGEST_REPLY: usize = 64 * 1024 * 1024;

/// Before a request is repeated. A request that still fails then is left to
/// [`Flow`](crate::flow::Flow).
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

/// Where a queue is.
#[derive(Debug, Clone)]
pub(super) struct QueueAddress {
    services: Arc<Services>,
    /// Where the SDK finds SQS.
    endpoint: Url,
    region: String,
    /// `QueueUrl`.
    pub(super) url: String,
}

/// The client for requests that are rare. A long poll sends nothing for twenty seconds, which is
/// not a stall.
pub(crate) fn client(sdk: &SdkConfig) -> Client {
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(PATIENCE)
        .build();
    let config = aws_sdk_sqs::config::Builder::from(sdk)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(patience)
        .build();
    Client::from_conf(config)
}

impl QueueAddress {
    /// Finds the queue of this name that `account` owns.
    ///
    /// # Errors
    /// SQS does not answer, or does not have the queue.
    pub(super) async fn find(
        client: &Client,
        services: Arc<Services>,
        account: &str,
        queue: &str,
    ) -> Result<QueueAddress, QueueError> {
        // The SDK knows every rule about endpoints: its own request shows what it
        // makes of them.
        let used = Arc::new(OnceLock::new());
        let note = used.clone();
        let found = client
            .get_queue_url()
            .queue_name(queue)
            .queue_owner_aws_account_id(account)
            .customize()
            .mutate_request(move |request| {
                // The same each time the request is repeated.
                let _ = note.set(request.uri().to_owned());
            });
        let url = found.send().await?.queue_url.unwrap_or_default();
        let endpoint = used.get().and_then(|uri| uri.parse().ok());
        let endpoint =
            endpoint.ok_or_else(|| QueueError("the SDK did not reveal where SQS is".to_owned()))?;
        let region = client
            .config()
            .region()
            .map_or(kit::aws::DEFAULT_REGION, Region::as_ref)
            .to_owned();
        Ok(QueueAddress {
            services,
            endpoint,
            region,
            url,
        })
    }

    /// Sends a request, and sends it again when there is no reply or one that may be another the
    /// next time, as the SDK does; whatever `AWS_MAX_ATTEMPTS` is. Each attempt may take as long as
    /// `patience`.
    pub(super) async fn send(
        &self,
        action: &impl Action,
        patience: Duration,
    ) -> Result<Reply, QueueError> {
        let call = action.call(&self.endpoint);
        let mut pauses = PAUSES.into_iter();
        loop {
            let sent = self
                .services
                .send_to(&call, "sqs", &self.region, patience, LONGEST_REPLY)
                .await;
            let is_settled = match &sent {
                Ok(reply) => !wire::is_transient(reply),
                Err(error) => !matches!(error, ServiceError::Send(_)),
            };
            match pauses.next() {
                Some(pause) if !is_settled => tokio::time::sleep(pause).await,
                _ => return sent.map_err(|error| QueueError(error.to_string())),
            }
        }
    }
}
