//! Door: the queue that a pipe reads. Receives, deletes, changes visibility; ten messages a request.
//!
//! What to receive and when is decided in `flow`. The SDK brings credentials, region, endpoint and its own retries.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::StalledStreamProtectionConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use base64::Engine as _;
use tokio::sync::watch;

use crate::definition::Source;
use crate::event::{Message, MessageAttribute};
use crate::flow::{Order, Poll};

/// An answer that takes longer than this, long poll included, is not coming.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same for deletes and extensions, repetitions by the SDK included: there must be time to try again while the
/// message is hidden.
const SETTLE_PATIENCE: Duration = Duration::from_secs(3);

/// Between two looks at the queue's attributes: somebody may lower its `VisibilityTimeout`.
pub const LOOK: Duration = Duration::from_secs(60);

/// What SQS sets for a queue when nobody says otherwise.
const DEFAULT_VISIBILITY: Duration = Duration::from_secs(30);

/// A queue that was found.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
    /// Its `VisibilityTimeout`.
    pub visibility: Duration,
    /// Whether it keeps the order of each message group.
    pub order: Order,
}

/// Why the queue did not do what it was asked: what SQS said, or what the SDK says. Bodies and receipts are not in it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct QueueError(String);

impl<E, R> From<SdkError<E, R>> for QueueError
where
    E: Error + ProvideErrorMetadata + 'static,
    R: fmt::Debug,
{
    fn from(error: SdkError<E, R>) -> QueueError {
        let said = error.as_service_error().map(ProvideErrorMetadata::meta);
        QueueError(match said.and_then(|said| Some((said.code()?, said.message()?))) {
            Some((code, message)) => format!("{code}: {message}"),
            None => kit::aws::explain(&error),
        })
    }
}

/// The client for one pipe. Long polls send nothing for twenty seconds, which is no stall.
pub fn client(sdk: &SdkConfig) -> Client {
    let patience = TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build();
    let config = aws_sdk_sqs::config::Builder::from(sdk)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(patience)
        .build();
    Client::from_conf(config)
}

impl Queue {
    /// Finds the queue and reads its attributes.
    ///
    /// # Errors
    /// SQS does not answer, does not have the queue, or does not let us read its attributes.
    pub async fn open(client: Client, source: &Source) -> Result<Queue, QueueError> {
        let found = client.get_queue_url().queue_name(&source.queue).queue_owner_aws_account_id(&source.account);
        let url = found.send().await?.queue_url.unwrap_or_default();
        let visibility = read_visibility(&client, &url).await?;
        let order = if source.queue.ends_with(".fifo") { Order::Fifo } else { Order::Standard };
        Ok(Queue { client, url, visibility, order })
    }

    /// Looks at the `VisibilityTimeout` again and again, and tells when it is another one. Never returns.
    pub async fn watch_visibility(self: Arc<Queue>, every: Duration, told: watch::Sender<Duration>) {
        loop {
            tokio::time::sleep(every).await;
            match read_visibility(&self.client, &self.url).await {
                Ok(now) => drop(told.send_if_modified(|before| std::mem::replace(before, now) != now)),
                Err(error) => tracing::debug!("the queue's attributes cannot be read: {error}"),
            }
        }
    }

    /// Waits for messages; none comes when the wait is over.
    ///
    /// # Errors
    /// SQS does not answer or refuses.
    pub async fn receive(&self, poll: Poll) -> Result<Vec<Message>, QueueError> {
        let request = self.client.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(i32::try_from(poll.count.min(10)).expect("ten at most"));
        let request = request.wait_time_seconds(i32::try_from(poll.wait.as_secs().min(20)).expect("twenty at most"));
        let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
        // The SDK's repetition of a receive whose answer got lost brings the same messages, not those behind them.
        let attempt = (self.order == Order::Fifo).then(|| uuid::Uuid::new_v4().to_string());
        let request = request.set_receive_request_attempt_id(attempt);
        let answer = request.message_attribute_names("All").send().await?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(message).collect())
    }

    /// Deletes up to ten messages. Returns the places of those that SQS refused to delete.
    ///
    /// # Errors
    /// The whole request failed.
    pub async fn delete(&self, receipts: &[&str]) -> Result<Vec<usize>, QueueError> {
        let entry = |(index, receipt): (usize, &&str)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(*receipt);
            entry.build().expect("id and receipt are set")
        };
        let entries = receipts.iter().enumerate().map(entry).collect();
        let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = in_time(request.send()).await??;
        Ok(refused("DeleteMessage", &answer.failed))
    }

    /// Hides up to ten messages, each for its span from now; zero shows them again. Returns the places of
    /// those that SQS refused to hide.
    ///
    /// # Errors
    /// The whole request failed.
    pub async fn hide(&self, messages: &[(&str, Duration)]) -> Result<Vec<usize>, QueueError> {
        let entry = |(index, (receipt, span)): (usize, &(&str, Duration))| {
            let seconds = i32::try_from(span.as_secs()).unwrap_or(i32::MAX);
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
            let entry = entry.receipt_handle(*receipt).visibility_timeout(seconds);
            entry.build().expect("id and receipt are set")
        };
        let entries = messages.iter().enumerate().map(entry).collect();
        let request = self.client.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = in_time(request.send()).await??;
        Ok(refused("ChangeMessageVisibility", &answer.failed))
    }
}

async fn read_visibility(client: &Client, url: &str) -> Result<Duration, QueueError> {
    let attributes = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await?.attributes.unwrap_or_default();
    let visibility = attributes.get(&QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
    Ok(visibility.map_or(DEFAULT_VISIBILITY, Duration::from_secs))
}

async fn in_time<T>(request: impl Future<Output = T>) -> Result<T, QueueError> {
    let late = |_| QueueError(format!("no answer in {SETTLE_PATIENCE:?}"));
    tokio::time::timeout(SETTLE_PATIENCE, request).await.map_err(late)
}

fn refused(action: &str, failed: &[BatchResultErrorEntry]) -> Vec<usize> {
    for entry in failed {
        tracing::debug!(action, code = entry.code(), reason = entry.message(), "SQS refused an entry of a batch");
    }
    failed.iter().filter_map(|entry| entry.id.parse().ok()).collect()
}

fn message(received: aws_sdk_sqs::types::Message) -> Message {
    let attributes = received.attributes.unwrap_or_default();
    let message_attributes = received.message_attributes.unwrap_or_default();
    Message {
        message_id: received.message_id.unwrap_or_default(),
        receipt_handle: received.receipt_handle.unwrap_or_default(),
        body: received.body.unwrap_or_default(),
        attributes: attributes.into_iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect(),
        message_attributes: message_attributes.into_iter().map(|(name, value)| (name, attribute(value))).collect(),
        md5_of_message_attributes: received.md5_of_message_attributes,
        md5_of_body: received.md5_of_body.unwrap_or_default(),
    }
}

fn attribute(value: MessageAttributeValue) -> MessageAttribute {
    let base64 = |bytes: aws_sdk_sqs::primitives::Blob| base64::engine::general_purpose::STANDARD.encode(bytes);
    MessageAttribute {
        data_type: value.data_type,
        string_value: value.string_value,
        binary_value: value.binary_value.map(base64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::routing::post;
    use serde_json::{Value, json};
    use std::sync::Mutex;
    use tokio_util::sync::{CancellationToken, DropGuard};

    type Seen = Arc<Mutex<Vec<Value>>>;

    /// An SQS that hides messages for a second longer each time it is asked, has none, and notes the receives.
    async fn answer(State(seen): State<Seen>, headers: HeaderMap, body: String) -> String {
        let mut seen = seen.lock().unwrap();
        seen.push(serde_json::from_str(&body).unwrap());
        let answer = match headers["x-amz-target"].to_str().unwrap() {
            "AmazonSQS.GetQueueUrl" => json!({"QueueUrl": "http://sqs.example/1/in"}),
            "AmazonSQS.GetQueueAttributes" => json!({"Attributes": {"VisibilityTimeout": seen.len().to_string()}}),
            _ => json!({}),
        };
        answer.to_string()
    }

    async fn open(queue: &str) -> (Queue, Seen, DropGuard) {
        let (seen, stop) = (Seen::default(), CancellationToken::new());
        let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let sdk = kit::aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
        let app = Router::new().route("/", post(answer)).with_state(seen.clone());
        tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
        let source = Source { arn: String::new(), account: "1".into(), queue: queue.into() };
        (Queue::open(client(&sdk), &source).await.unwrap(), seen, stop.drop_guard())
    }

    #[tokio::test]
    async fn a_visibility_timeout_that_changes_is_told() {
        let (queue, _seen, _stop) = open("in").await;
        assert_eq!(queue.visibility.as_secs(), 2, "the second request");
        let (told, mut visibility) = watch::channel(queue.visibility);
        tokio::spawn(Arc::new(queue).watch_visibility(Duration::from_millis(20), told));
        visibility.changed().await.unwrap();
        assert!(visibility.borrow_and_update().as_secs() > 2);
    }

    #[tokio::test]
    async fn a_receive_of_a_fifo_queue_can_be_repeated() {
        let poll = Poll { count: 3, wait: Duration::from_secs(7) };
        for (name, order) in [("in", Order::Standard), ("in.fifo", Order::Fifo)] {
            let (queue, seen, _stop) = open(name).await;
            assert_eq!(queue.order, order);
            queue.receive(poll).await.unwrap();
            let request = seen.lock().unwrap().pop().unwrap();
            assert_eq!((&request["MaxNumberOfMessages"], &request["WaitTimeSeconds"]), (&json!(3), &json!(7)));
            assert_eq!(request["ReceiveRequestAttemptId"].is_string(), order == Order::Fifo);
        }
    }

    #[tokio::test]
    async fn an_error_says_what_is_wrong_in_few_words() {
        let client = client(&kit::aws::local("http://127.0.0.1:9").await);
        let source = Source { arn: String::new(), account: "1".into(), queue: "q".into() };
        let message = Queue::open(client, &source).await.unwrap_err().to_string();
        assert!(message.contains("refused") && message.len() < 200 && !message.contains('{'), "{message}");
    }
}
