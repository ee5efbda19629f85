//! Door: the queue that a pipe reads. Receives, deletes, changes visibility; ten messages a
//! request.
//!
//! What to receive and when is decided in `flow`; what is sent for it is in `wire`. The SDK finds
//! the queue and reads its attributes, and the rest goes where it went: region and endpoint are the
//! SDK's, credentials too.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::StalledStreamProtectionConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::types::QueueAttributeName;
use kit::call::Reply;
use kit::service::{ServiceError, Services};
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

use super::error::QueueError;
use super::wire::{self, Action, Delete, Failed, Hide, Receive};
use crate::definition::Source;
use crate::event::Message;
use crate::flow::{Order, Poll};

/// An answer that takes longer than this, long poll included, is not coming.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same for deletes and extensions, repetitions included: there must be time to try again while
/// the message is hidden.
const SETTLE_PATIENCE: Duration = Duration::from_secs(3);

/// How much of an answer is read: ten messages of 1 MiB, of which every character is an escape, and
/// what is around them.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Before a request is repeated. What still fails then is for [`Flow`](crate::flow::Flow) to deal
/// with.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

/// Between two looks at the queue's attributes: somebody may lower its `VisibilityTimeout`.
pub const LOOK: Duration = Duration::from_secs(60);

/// What SQS sets for a queue when nobody says otherwise.
const DEFAULT_VISIBILITY: Duration = Duration::from_secs(30);

/// A queue that was found.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    services: Arc<Services>,
    /// Where the SDK finds SQS.
    endpoint: Url,
    region: String,
    url: String,
    /// What it was like when it was found.
    pub traits: Traits,
    /// Whether it keeps the order of each message group.
    pub order: Order,
}

/// What somebody may change about a queue while it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// `VisibilityTimeout`.
    pub visibility: Duration,
    /// `RedrivePolicy`, if there is one.
    pub redrive: Option<Redrive>,
}

impl Traits {
    /// `maxReceiveCount`, if there is one.
    pub fn max_receives(&self) -> Option<u32> {
        self.redrive.as_ref().map(|redrive| redrive.most)
    }
}

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// `maxReceiveCount`.
    pub most: u32,
    /// The name of the dead-letter queue.
    pub queue: String,
}

impl Redrive {
    /// Reads a `RedrivePolicy`. What is none is the same as no policy: nothing but a line of the
    /// log rests on it.
    fn read(policy: &str) -> Option<Redrive> {
        let policy: Value = serde_json::from_str(policy).ok()?;
        let most = &policy["maxReceiveCount"];
        let most = most.as_u64().or_else(|| most.as_str()?.parse().ok())?;
        let queue = policy["deadLetterTargetArn"]
            .as_str()?
            .rsplit(':')
            .next()?
            .to_owned();
        Some(Redrive {
            most: u32::try_from(most).ok()?,
            queue,
        })
    }
}

/// The client for one pipe. Long polls send nothing for twenty seconds, which is no stall.
pub fn client(sdk: &SdkConfig) -> Client {
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(PATIENCE)
        .build();
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
    pub async fn open(
        client: Client,
        services: Arc<Services>,
        source: &Source,
    ) -> Result<Queue, QueueError> {
        // The SDK knows more rules about endpoints than anybody else: what it makes of them is seen
        // in its own request.
        let used = Arc::new(OnceLock::new());
        let note = used.clone();
        let found = client
            .get_queue_url()
            .queue_name(&source.queue)
            .queue_owner_aws_account_id(&source.account);
        let found = found.customize().mutate_request(move |request| {
            // The same each time it is repeated.
            let _ = note.set(request.uri().to_owned());
        });
        let url = found.send().await?.queue_url.unwrap_or_default();
        let endpoint = used.get().and_then(|uri| uri.parse().ok());
        let endpoint =
            endpoint.ok_or_else(|| QueueError("the SDK did not say where SQS is".to_owned()))?;
        let region = client
            .config()
            .region()
            .map_or(kit::aws::DEFAULT_REGION, Region::as_ref)
            .to_owned();
        let traits = read_traits(&client, &url).await?;
        let order = if source.queue.ends_with(".fifo") {
            Order::Fifo
        } else {
            Order::Standard
        };
        Ok(Queue {
            client,
            services,
            endpoint,
            region,
            url,
            traits,
            order,
        })
    }

    /// Looks at the queue's attributes again and again, and tells when they are others. Never
    /// returns.
    pub async fn watch(self: Arc<Queue>, every: Duration, told: watch::Sender<Traits>) {
        loop {
            tokio::time::sleep(every).await;
            match read_traits(&self.client, &self.url).await {
                Ok(now) => drop(told.send_if_modified(|before| {
                    let is_other = *before != now;
                    *before = now;
                    is_other
                })),
                Err(error) => tracing::debug!("the queue's attributes cannot be read: {error}"),
            }
        }
    }

    /// Waits for messages; none comes when the wait is over.
    ///
    /// # Errors
    /// SQS does not answer or refuses.
    pub async fn receive(&self, poll: Poll) -> Result<Vec<Message>, QueueError> {
        // A repetition of a receive whose answer got lost brings the same messages, not those
        // behind them.
        let attempt = (self.order == Order::Fifo).then(|| uuid::Uuid::new_v4().to_string());
        wire::messages(
            &self
                .ask(&Receive::new(&self.url, poll, attempt), PATIENCE)
                .await?,
        )
    }

    /// Deletes up to ten messages. Returns the places of those that SQS refused to delete.
    ///
    /// # Errors
    /// The whole request failed.
    pub async fn delete(&self, receipts: &[&str]) -> Result<Vec<usize>, QueueError> {
        let request = Delete::new(&self.url, receipts);
        Ok(places(
            "DeleteMessage",
            &wire::failed(&in_time(self.ask(&request, SETTLE_PATIENCE)).await?)?,
        ))
    }

    /// Hides up to ten messages, each for its span from now; zero shows them again. Returns the
    /// places of those that SQS refused to hide.
    ///
    /// # Errors
    /// The whole request failed.
    pub async fn hide(&self, messages: &[(&str, Duration)]) -> Result<Vec<usize>, QueueError> {
        let request = Hide::new(&self.url, messages);
        Ok(places(
            "ChangeMessageVisibility",
            &wire::failed(&in_time(self.ask(&request, SETTLE_PATIENCE)).await?)?,
        ))
    }

    /// Asks again when there is no answer or one that may be another the next time, as the SDK
    /// does; whatever `AWS_MAX_ATTEMPTS` says.
    async fn ask(&self, action: &impl Action, patience: Duration) -> Result<Reply, QueueError> {
        let (call, mut pauses) = (action.call(&self.endpoint), PAUSES.into_iter());
        loop {
            let sent = self
                .services
                .send_to(&call, "sqs", &self.region, patience, LONGEST_ANSWER)
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

/// The places of entries that SQS did not do what was asked for.
fn places(action: &str, failed: &[Failed]) -> Vec<usize> {
    for Failed { code, message, .. } in failed {
        tracing::debug!(
            action,
            code,
            reason = message,
            "SQS refused an entry of a batch"
        );
    }
    failed
        .iter()
        .filter_map(|entry| entry.id.parse().ok())
        .collect()
}

async fn in_time<T>(request: impl Future<Output = Result<T, QueueError>>) -> Result<T, QueueError> {
    let late = || Err(QueueError(format!("no answer in {SETTLE_PATIENCE:?}")));
    tokio::time::timeout(SETTLE_PATIENCE, request)
        .await
        .unwrap_or_else(|_| late())
}

async fn read_traits(client: &Client, url: &str) -> Result<Traits, QueueError> {
    let attributes = client
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await?.attributes.unwrap_or_default();
    let visibility = attributes
        .get(&QueueAttributeName::VisibilityTimeout)
        .and_then(|text| text.parse().ok());
    let redrive = attributes
        .get(&QueueAttributeName::RedrivePolicy)
        .and_then(|policy| Redrive::read(policy));
    Ok(Traits {
        visibility: visibility.map_or(DEFAULT_VISIBILITY, Duration::from_secs),
        redrive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqs::clients::Clients;
    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use serde_json::json;
    use std::sync::Mutex;
    use tokio_util::sync::{CancellationToken, DropGuard};

    type Seen = Arc<Mutex<Vec<Value>>>;

    /// An SQS that hides messages for a second longer each time it is asked, has none, and notes
    /// the receives. It is out of order for the first that waits nine seconds, and has ten as long
    /// as can be for whoever waits ten.
    async fn answer(
        State(seen): State<Seen>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, String) {
        let mut seen = seen.lock().unwrap();
        let is_first = seen.iter().all(|request| request["WaitTimeSeconds"] != 9);
        seen.push(serde_json::from_str(&body).unwrap());
        if is_first && seen.last().unwrap()["WaitTimeSeconds"] == 9 {
            return (StatusCode::SERVICE_UNAVAILABLE, String::new());
        }
        let answer = match headers["x-amz-target"].to_str().unwrap() {
            "AmazonSQS.GetQueueUrl" => json!({"QueueUrl": "http://sqs.example/1/in"}),
            "AmazonSQS.GetQueueAttributes" => {
                json!({"Attributes": {"VisibilityTimeout": seen.len().to_string()}})
            }
            _ if seen.last().unwrap()["WaitTimeSeconds"] == 10 => {
                let body = "\"".repeat(1024 * 1024);
                json!({"Messages": vec![json!({"MessageId": "m", "ReceiptHandle": "r", "Body": body}); 10]})
            }
            _ => json!({}),
        };
        (StatusCode::OK, answer.to_string())
    }

    async fn open(queue: &str) -> (Queue, Seen, DropGuard) {
        let (seen, stop) = (Seen::default(), CancellationToken::new());
        let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let sdk = kit::aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
        let app = Router::new()
            .route("/", post(answer))
            .with_state(seen.clone());
        tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
        let source = Source {
            arn: String::new(),
            account: "1".into(),
            queue: queue.into(),
        };
        (
            Clients::local(&sdk).open(&source).await.unwrap(),
            seen,
            stop.drop_guard(),
        )
    }

    #[tokio::test]
    async fn a_visibility_timeout_that_changes_is_told() {
        let (queue, _seen, _stop) = open("in").await;
        assert_eq!(queue.traits.visibility.as_secs(), 2, "the second request");
        let (told, mut traits) = watch::channel(queue.traits.clone());
        tokio::spawn(Arc::new(queue).watch(Duration::from_millis(20), told));
        traits.changed().await.unwrap();
        assert!(traits.borrow_and_update().visibility.as_secs() > 2);
    }

    #[test]
    fn a_redrive_policy_is_read_in_either_spelling() {
        let read = |count: &str| {
            Redrive::read(&format!(
                r#"{{"deadLetterTargetArn":"arn:aws:sqs:r:1:dead","maxReceiveCount":{count}}}"#
            ))
        };
        assert_eq!(
            read("3"),
            Some(Redrive {
                most: 3,
                queue: "dead".into()
            })
        );
        assert_eq!((read("\"3\""), read("null")), (read("3"), None));
        assert_eq!(Redrive::read("nonsense"), None);
    }

    #[tokio::test]
    async fn a_receive_of_a_fifo_queue_can_be_repeated() {
        let poll = Poll {
            count: 3,
            wait: Duration::from_secs(7),
        };
        for (name, order) in [("in", Order::Standard), ("in.fifo", Order::Fifo)] {
            let (queue, seen, _stop) = open(name).await;
            assert_eq!(queue.order, order);
            queue.receive(poll).await.unwrap();
            let request = seen.lock().unwrap().pop().unwrap();
            assert_eq!(
                (&request["MaxNumberOfMessages"], &request["WaitTimeSeconds"]),
                (&json!(3), &json!(7))
            );
            assert_eq!(
                request["ReceiveRequestAttemptId"].is_string(),
                order == Order::Fifo
            );
        }
    }

    #[tokio::test]
    async fn a_receive_that_fails_is_repeated_for_the_same_messages() {
        let (queue, seen, _stop) = open("in.fifo").await;
        assert_eq!(
            queue
                .receive(Poll {
                    count: 3,
                    wait: Duration::from_secs(9)
                })
                .await
                .unwrap(),
            []
        );
        let seen = seen.lock().unwrap();
        let [first, second] = seen.last_chunk().unwrap();
        assert!(
            first["ReceiveRequestAttemptId"].is_string() && first == second,
            "{seen:?}"
        );
    }

    #[tokio::test]
    async fn ten_messages_of_the_greatest_length_are_read() {
        let (queue, _seen, _stop) = open("in").await;
        let messages = queue
            .receive(Poll {
                count: 10,
                wait: Duration::from_secs(10),
            })
            .await
            .unwrap();
        let lengths: Vec<usize> = messages.iter().map(|message| message.body.len()).collect();
        assert_eq!(lengths, [1024 * 1024; 10]);
    }

    #[tokio::test]
    async fn an_error_says_what_is_wrong_in_few_words() {
        let clients = Clients::local(&kit::aws::local("http://127.0.0.1:9").await);
        let source = Source {
            arn: String::new(),
            account: "1".into(),
            queue: "q".into(),
        };
        let message = clients.open(&source).await.unwrap_err().to_string();
        assert!(
            message.contains("refused") && message.len() < 200 && !message.contains('{'),
            "{message}"
        );
    }
}
