//! Against a small SQS on loopback: what it is asked, and what comes of its answers.

use super::*;
use crate::sqs::clients::Clients;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use serde_json::json;
use std::sync::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

type Seen = Arc<Mutex<Vec<Value>>>;

/// An SQS that hides messages for a second longer each time it is asked, has none, and notes
/// the receives. It is out of order for the first that waits nine seconds, and has ten as long
/// as can be for a receive that waits ten.
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

async fn open(queue: &str) -> (SourceQueue, Seen, DropGuard) {
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
async fn a_visibility_timeout_that_changes_is_noticed() {
    let (queue, _seen, _stop) = open("in").await;
    assert_eq!(
        queue.attributes.visibility.as_secs(),
        2,
        "the second request"
    );
    let (sender, mut attributes) = watch::channel(queue.attributes.clone());
    tokio::spawn(Arc::new(queue).watch(Duration::from_millis(20), sender));
    attributes.changed().await.unwrap();
    assert!(attributes.borrow_and_update().visibility.as_secs() > 2);
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
