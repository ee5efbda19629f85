//! A small SQS for stories: queues in memory behind the JSON protocol, with exactly what a pipe
//! asks for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// `VisibilityTimeout` of every queue.
const VISIBILITY: Duration = Duration::from_secs(5);

/// All queues, made when they are first named.
#[derive(Debug, Clone, Default)]
pub struct Queues {
    state: Arc<Mutex<BTreeMap<String, Queue>>>,
    sent: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    visible: VecDeque<Message>,
    in_flight: BTreeMap<String, (Message, Instant)>,
}

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub group: Option<String>,
    pub receives: u32,
}

impl Queues {
    /// Where they listen; for as long as the runtime runs.
    pub async fn serve(&self) -> String {
        let app = Router::new()
            .route("/", post(answer))
            .with_state(self.clone());
        let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(kit::serve::serve(
            listener,
            app,
            tokio_util::sync::CancellationToken::new(),
        ));
        format!("http://{address}")
    }

    pub fn send(&self, queue: &str, body: &str, group: Option<&str>) -> String {
        let mut state = self.state.lock().unwrap();
        let queue = state.entry(queue.to_owned()).or_default();
        queue.next += 1;
        let id = format!("m{}", queue.next);
        let group = group.map(str::to_owned);
        queue.visible.push_back(Message {
            id: id.clone(),
            body: body.to_owned(),
            group,
            receives: 0,
        });
        self.sent.notify_waiters();
        id
    }

    /// Every message that is neither received nor deleted.
    pub fn waiting(&self, queue: &str) -> Vec<Message> {
        self.state
            .lock()
            .unwrap()
            .get(queue)
            .map(|queue| queue.visible.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// How many are not deleted.
    pub fn left(&self, queue: &str) -> usize {
        let state = self.state.lock().unwrap();
        state
            .get(queue)
            .map_or(0, |queue| queue.visible.len() + queue.in_flight.len())
    }

    fn receive(&self, queue: &str, most: usize) -> Vec<Value> {
        let mut state = self.state.lock().unwrap();
        let queue = state.entry(queue.to_owned()).or_default();
        let now = Instant::now();
        for (_, (message, _)) in queue.in_flight.extract_if(.., |_, (_, until)| *until < now) {
            queue.visible.push_back(message);
        }
        let count = most.min(queue.visible.len());
        let received: Vec<Message> = queue.visible.drain(..count).collect();
        let show = |mut message: Message| {
            message.receives += 1;
            let receipt = format!("{}/{}", message.id, message.receives);
            let mut attributes = json!({"ApproximateReceiveCount": message.receives.to_string()});
            if let Some(group) = &message.group {
                attributes["MessageGroupId"] = group.as_str().into();
            }
            let shown = json!({"MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body,
                "MD5OfBody": "x", "Attributes": attributes});
            queue.in_flight.insert(receipt, (message, now + VISIBILITY));
            shown
        };
        received.into_iter().map(show).collect()
    }

    fn settle(&self, queue: &str, entry: &Value) {
        let mut state = self.state.lock().unwrap();
        let queue = state.entry(queue.to_owned()).or_default();
        let receipt = entry["ReceiptHandle"].as_str().unwrap_or_default();
        let Some((message, until)) = queue.in_flight.get_mut(receipt) else {
            return;
        };
        match entry["VisibilityTimeout"].as_u64() {
            Some(0) => {
                queue.visible.push_back(message.clone());
                queue.in_flight.remove(receipt);
                self.sent.notify_waiters();
            }
            Some(seconds) => *until = Instant::now() + Duration::from_secs(seconds),
            None => drop(queue.in_flight.remove(receipt)),
        }
    }
}

async fn answer(State(queues): State<Queues>, headers: HeaderMap, body: String) -> Json<Value> {
    let request: Value = serde_json::from_str(&body).unwrap();
    let queue = request["QueueUrl"]
        .as_str()
        .and_then(|url| url.rsplit('/').next())
        .unwrap_or_default();
    let entries = request["Entries"].as_array().cloned().unwrap_or_default();
    let ids = || {
        entries
            .iter()
            .map(|entry| json!({"Id": entry["Id"]}))
            .collect::<Vec<_>>()
    };
    let action = headers["x-amz-target"]
        .to_str()
        .unwrap()
        .trim_start_matches("AmazonSQS.")
        .to_owned();
    Json(match action.as_str() {
        "GetQueueUrl" => {
            json!({"QueueUrl": format!("http://sqs.example/1/{}", request["QueueName"].as_str().unwrap())})
        }
        "GetQueueAttributes" => {
            json!({"Attributes": {"VisibilityTimeout": VISIBILITY.as_secs().to_string()}})
        }
        "ReceiveMessage" => {
            let most = usize::try_from(request["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
            let told = queues.sent.notified();
            let mut messages = queues.receive(queue, most);
            if messages.is_empty() {
                let _ = tokio::time::timeout(Duration::from_millis(100), told).await;
                messages = queues.receive(queue, most);
            }
            json!({"Messages": messages})
        }
        "DeleteMessageBatch" | "ChangeMessageVisibilityBatch" => {
            entries.iter().for_each(|entry| queues.settle(queue, entry));
            json!({"Successful": ids(), "Failed": []})
        }
        "SendMessageBatch" => {
            let send = |entry: &Value| {
                let body = entry["MessageBody"].as_str().unwrap();
                let id = queues.send(queue, body, entry["MessageGroupId"].as_str());
                json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": "x"})
            };
            json!({"Successful": entries.iter().map(send).collect::<Vec<_>>(), "Failed": []})
        }
        other => panic!("a pipe has no use for {other}"),
    })
}
