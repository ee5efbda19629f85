//! Against a small SQS on loopback that notes each request: what goes out together, and what
//! becomes of each message.

use super::*;
use crate::sqs::clients::Clients;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

const ARN: &str = "arn:aws:sqs::1:out";

type Seen = Arc<Mutex<Vec<String>>>;

/// Bodies that hold "poison" make it refuse the whole request, "faulty" ones are refused by
/// themselves.
async fn answer(
    State(seen): State<Seen>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_str(&body).unwrap();
    if headers["x-amz-target"] == "AmazonSQS.GetQueueUrl" {
        return (
            StatusCode::OK,
            Json(json!({"QueueUrl": "http://sqs.example/1/out.fifo"})),
        );
    }
    let entries = request["Entries"].as_array().unwrap();
    let text = |entry: &Value| {
        format!(
            "{}/{}",
            entry["MessageBody"].as_str().unwrap(),
            entry["MessageGroupId"]
        )
    };
    seen.lock()
        .unwrap()
        .push(entries.iter().map(text).collect::<Vec<_>>().join(" "));
    if body.contains("poison") {
        let refused =
            json!({"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "no"});
        return (StatusCode::BAD_REQUEST, Json(refused));
    }
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let id = &entry["Id"];
        if entry["MessageBody"].as_str().unwrap().contains("faulty") {
            failed.push(
                json!({"Id": id, "SenderFault": true, "Code": "MissingParameter", "Message": "so"}),
            );
        } else {
            sent.push(json!({"Id": id, "MessageId": format!("id-{}", entry["MessageBody"]), "MD5OfMessageBody": "x"}));
        }
    }
    (
        StatusCode::OK,
        Json(json!({"Successful": sent, "Failed": failed})),
    )
}

async fn sender() -> (QueueSender, Seen, CancellationToken) {
    let seen = Seen::default();
    let app = Router::new()
        .route("/", post(answer))
        .with_state(seen.clone());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let sdk = kit::aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
    let stop = CancellationToken::new();
    tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
    let outlet = QueueTarget {
        account: "1".into(),
        queue: "out.fifo".into(),
        group: None,
        deduplication: None,
    };
    (
        Clients::local(&sdk).sender(ARN, Arc::new(outlet)),
        seen,
        stop,
    )
}

fn entry(body: &str) -> QueueEntry {
    QueueEntry {
        body: body.into(),
        group: Some("g".into()),
        deduplication: None,
        attributes: Vec::new(),
    }
}

#[tokio::test]
async fn a_batch_is_one_request_and_each_message_gets_its_own_answer() {
    let (sender, seen, _stop) = sender().await;
    let sent = sender
        .send(&[entry("a"), entry("faulty"), entry("c")])
        .await;
    let [Ok(a), Err(refusal), Ok(c)] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!((a.as_str(), c.as_str()), ("id-\"a\"", "id-\"c\""));
    let reason = "the target queue: MissingParameter so".to_owned();
    assert_eq!(*refusal, Refusal::new(reason, Cause::Message));
    assert_eq!(*seen.lock().unwrap(), [r#"a/"g" faulty/"g" c/"g""#]);
}

#[tokio::test]
async fn a_request_that_is_refused_for_one_message_is_sent_one_by_one() {
    let (sender, seen, _stop) = sender().await;
    let sent = sender.send(&[entry("a"), entry("poison")]).await;
    assert_eq!(sent[0].as_deref(), Ok("id-\"a\""));
    let Err(refusal) = &sent[1] else {
        panic!("{sent:?}")
    };
    assert!(
        refusal.cause == Cause::Message && refusal.reason.contains("InvalidMessageContents"),
        "{refusal:?}"
    );
    assert_eq!(
        *seen.lock().unwrap(),
        [r#"a/"g" poison/"g""#, r#"a/"g""#, r#"poison/"g""#]
    );
}

#[tokio::test]
async fn a_queue_that_cannot_be_reached_is_no_fault_of_the_message() {
    let sdk = kit::aws::local("http://127.0.0.1:9").await;
    let outlet = QueueTarget {
        account: "1".into(),
        queue: "out".into(),
        group: None,
        deduplication: None,
    };
    let sender = Clients::local(&sdk).sender(ARN, Arc::new(outlet));
    let sent = sender.send(&[entry("a"), entry("b")]).await;
    assert!(
        sent.iter()
            .all(|result| matches!(result, Err(refusal) if refusal.cause == Cause::Target)),
        "{sent:?}"
    );
}

#[tokio::test]
async fn large_messages_go_in_several_requests() {
    let (sender, seen, _stop) = sender().await;
    let size = |kilobytes: usize| entry(&"x".repeat(kilobytes * 1024));
    let sent = sender
        .send(&[size(100), size(100), size(100), size(1)])
        .await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let together: Vec<usize> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|request| request.split(' ').count())
        .collect();
    assert_eq!(together, [2, 2]);
}
