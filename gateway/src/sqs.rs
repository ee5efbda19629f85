//! Door: many SendMessage calls in flight become few SendMessageBatch calls, and each caller gets its own reply.
//!
//! Nothing waits when it need not: the first message of a queue leaves at once; while it is on its way the next ones
//! gather, and leave together when it comes back or when they fill a batch. There is no timer. A FIFO queue has one
//! request under way at a time, so that its order is the order of arrival.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::RequestId as _;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use kit::aws;
use tokio::sync::oneshot;

use crate::integration::sqs::{AttributeValue, Outcome, Refusal, SendMessage, Sent};

/// SQS's limits for one batch. `sqs.md` section 29.
const BATCH_ENTRIES: usize = 10;
const BATCH_BYTES: usize = 1_048_576;

/// Requests under way for one queue at a time. More only helps when a single queue is fed faster than
/// `BATCH_ENTRIES * LANES` messages a round trip.
const LANES: usize = 16;

/// A request to SQS ends after this long, whoever waits for it: API Gateway's own upper bound is 29 s.
const DEADLINE: Duration = Duration::from_secs(30);

/// There is no answer from SQS, so whether the message is stored is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// No connection, or a broken one.
    Unreachable(String),
    /// It took too long.
    TimedOut,
}

type Answer = Result<Outcome, NoAnswer>;

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

/// One queue's traffic; it exists only while there is some.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    under_way: usize,
}

#[derive(Debug)]
struct Waiting {
    message: SendMessage,
    answer: oneshot::Sender<Answer>,
}

impl Messages {
    /// A sender that uses this configuration's credentials and endpoint. Regions come with the messages.
    pub fn new(config: SdkConfig) -> Messages {
        Messages { shared: Arc::new(Shared { config, clients: Mutex::default(), queues: Mutex::default() }) }
    }

    /// Sends one message and waits for its own answer. A caller that stops waiting before the message left takes it
    /// back; afterwards it goes its way.
    ///
    /// # Errors
    /// There was no answer; see [`NoAnswer`].
    pub async fn send(&self, message: SendMessage) -> Answer {
        let (answer, reply) = oneshot::channel();
        let queue = Queue { region: message.region.clone(), url: message.queue_url.clone() };
        self.enter(&queue, Waiting { message, answer });
        reply.await.unwrap_or_else(|_| Err(NoAnswer::Unreachable("the gateway is stopping".to_owned())))
    }

    fn enter(&self, queue: &Queue, waiting: Waiting) {
        let mut queues = self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = queues.entry(queue.clone()).or_default();
        let lanes = if waiting.message.is_fifo() { 1 } else { LANES };
        lane.waiting.push_back(waiting);
        let full = lane.waiting.len() >= BATCH_ENTRIES && lane.under_way < lanes;
        if lane.under_way == 0 || full {
            lane.under_way += 1;
            let batch = lane.take();
            tokio::spawn(self.clone().run(queue.clone(), batch));
        }
    }

    /// Sends a batch, then whatever has gathered meanwhile, until nothing is left.
    async fn run(self, queue: Queue, mut batch: Vec<Waiting>) {
        while !batch.is_empty() {
            metrics::histogram!("gateway_sqs_batch_size")
                .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
            self.send_batch(&queue, batch).await;
            batch = self.next(&queue);
        }
    }

    /// The next batch for a lane that is free; empty when the lane is done.
    fn next(&self, queue: &Queue) -> Vec<Waiting> {
        let mut queues = self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lane) = queues.get_mut(queue) else { return Vec::new() };
        let batch = lane.take();
        if batch.is_empty() {
            lane.under_way -= 1;
            if lane.under_way == 0 {
                queues.remove(queue);
            }
        }
        batch
    }

    async fn send_batch(&self, queue: &Queue, batch: Vec<Waiting>) {
        let client = self.client(&queue.region);
        if batch.len() == 1 {
            return send_alone(&client, batch).await;
        }
        let entries = batch.iter().enumerate().map(|(index, waiting)| entry(index, &waiting.message)).collect();
        let result = client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send().await;
        match result {
            Ok(output) => {
                let request_id = output.request_id().unwrap_or_default().to_owned();
                let mut batch: Vec<Option<Waiting>> = batch.into_iter().map(Some).collect();
                for accepted in output.successful {
                    let place = accepted.id.parse().ok().and_then(|index: usize| batch.get_mut(index));
                    if let Some(waiting) = place.and_then(Option::take) {
                        let sent = Sent {
                            message_id: accepted.message_id,
                            md5_of_body: accepted.md5_of_message_body,
                            md5_of_attributes: accepted.md5_of_message_attributes,
                            sequence_number: accepted.sequence_number,
                            request_id: request_id.clone(),
                        };
                        let _ = waiting.answer.send(Ok(Outcome::Sent(sent)));
                    }
                }
                // Once more, alone: then each caller gets the service's exact error for its own message.
                send_alone(&client, batch.into_iter().flatten().collect()).await;
            }
            Err(SdkError::ServiceError(_)) => send_alone(&client, batch).await,
            Err(error) => {
                let reason = no_answer(&error);
                for waiting in batch {
                    let _ = waiting.answer.send(Err(reason.clone()));
                }
            }
        }
    }

    fn client(&self, region: &str) -> Client {
        let mut clients = self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            // Retries are for connections that died while idle; a message may then be stored twice, never lost.
            let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(50));
            let config = aws_sdk_sqs::config::Builder::from(&self.shared.config)
                .region(Region::new(region.to_owned()))
                .retry_config(retries)
                .timeout_config(TimeoutConfig::builder().operation_timeout(DEADLINE).build());
            Client::from_conf(config.build())
        };
        clients.entry(region.to_owned()).or_insert_with(make).clone()
    }
}

impl Lane {
    /// As many of the waiting messages as fit into one request, in order. Those whose caller has gone are dropped.
    fn take(&mut self) -> Vec<Waiting> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(waiting) = self.waiting.pop_front() {
            if waiting.answer.is_closed() {
                continue;
            }
            bytes += waiting.message.size();
            if batch.len() == BATCH_ENTRIES || (bytes > BATCH_BYTES && !batch.is_empty()) {
                self.waiting.push_front(waiting);
                break;
            }
            batch.push(waiting);
        }
        batch
    }
}

/// Sends each message by itself, in order.
async fn send_alone(client: &Client, batch: Vec<Waiting>) {
    for Waiting { message, answer } in batch {
        let request = client
            .send_message()
            .queue_url(&message.queue_url)
            .message_body(&message.body)
            .set_delay_seconds(message.delay_seconds)
            .set_message_group_id(message.group_id.clone())
            .set_message_deduplication_id(message.deduplication_id.clone())
            .set_message_attributes(attributes(&message))
            .set_message_system_attributes(system_attributes(&message));
        let result = match request.send().await {
            Ok(output) => Ok(Outcome::Sent(Sent {
                request_id: output.request_id().unwrap_or_default().to_owned(),
                message_id: output.message_id.unwrap_or_default(),
                md5_of_body: output.md5_of_message_body.unwrap_or_default(),
                md5_of_attributes: output.md5_of_message_attributes,
                sequence_number: output.sequence_number,
            })),
            Err(SdkError::ServiceError(error)) => {
                let meta = error.err().meta();
                Ok(Outcome::Refused(Refusal {
                    status: error.raw().status().as_u16(),
                    code: meta.code().unwrap_or("InternalFailure").to_owned(),
                    message: meta.message().unwrap_or_default().to_owned(),
                    request_id: meta.request_id().unwrap_or_default().to_owned(),
                }))
            }
            Err(error) => Err(no_answer(&error)),
        };
        let _ = answer.send(result);
    }
}

fn no_answer<E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static>(error: &SdkError<E>) -> NoAnswer
where
    SdkError<E>: std::error::Error,
{
    match error {
        SdkError::TimeoutError(_) => NoAnswer::TimedOut,
        other => NoAnswer::Unreachable(aws::explain(other)),
    }
}

fn entry(index: usize, message: &SendMessage) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&message.body)
        .set_delay_seconds(message.delay_seconds)
        .set_message_group_id(message.group_id.clone())
        .set_message_deduplication_id(message.deduplication_id.clone())
        .set_message_attributes(attributes(message))
        .set_message_system_attributes(system_attributes(message))
        .build()
        .expect("id and body are set")
}

fn attributes(message: &SendMessage) -> Option<HashMap<String, MessageAttributeValue>> {
    let value = |value: &AttributeValue, data_type: &str| {
        let builder = MessageAttributeValue::builder().data_type(data_type);
        match value {
            AttributeValue::Text(text) => builder.string_value(text),
            AttributeValue::Binary(bytes) => builder.binary_value(Blob::new(bytes.clone())),
        }
        .build()
        .expect("the data type is set")
    };
    let map: HashMap<_, _> =
        message.attributes.iter().map(|a| (a.name.clone(), value(&a.value, &a.data_type))).collect();
    (!map.is_empty()).then_some(map)
}

fn system_attributes(
    message: &SendMessage,
) -> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let trace = message.trace_header.as_ref()?;
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build();
    let value = value.expect("the data type is set");
    Some([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)].into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::sqs::Protocol;

    fn waiting(size: usize) -> (Waiting, oneshot::Receiver<Answer>) {
        let message = SendMessage {
            region: "r".into(),
            queue_url: "q".into(),
            body: "x".repeat(size),
            delay_seconds: None,
            group_id: None,
            deduplication_id: None,
            attributes: Vec::new(),
            trace_header: None,
            protocol: Protocol::Query,
        };
        let (answer, receiver) = oneshot::channel();
        (Waiting { message, answer }, receiver)
    }

    #[test]
    fn batches_keep_to_ten_entries_and_one_mebibyte() {
        let mut lane = Lane::default();
        let (entries, _receivers): (Vec<_>, Vec<_>) = (0..25).map(|_| waiting(10)).unzip();
        lane.waiting.extend(entries);
        assert_eq!([lane.take().len(), lane.take().len(), lane.take().len(), lane.take().len()], [10, 10, 5, 0]);
        let (entries, _receivers): (Vec<_>, Vec<_>) = [600_000, 600_000, 2_000_000, 1].map(waiting).into_iter().unzip();
        lane.waiting.extend(entries);
        let sizes: Vec<usize> = std::iter::from_fn(|| Some(lane.take().len()).filter(|len| *len > 0)).collect();
        assert_eq!(sizes, [1, 1, 1, 1], "an oversized message travels alone, so that only it is refused");
    }

    #[test]
    fn a_caller_who_left_takes_the_message_back() {
        let mut lane = Lane::default();
        let (gone, receiver) = waiting(1);
        let (stays, _receiver) = waiting(2);
        drop(receiver);
        lane.waiting.extend([gone, stays]);
        let batch = lane.take();
        assert_eq!(batch.iter().map(|waiting| waiting.message.size()).collect::<Vec<_>>(), [2]);
    }
}
