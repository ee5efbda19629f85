//! Against a small SQS on loopback: what it refuses, or does not answer, comes back to the worker.

use super::*;
use crate::definition::Source;
use crate::sqs::clients::Clients;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio_util::sync::DropGuard;

/// Refuses each entry whose receipt is "stale", a whole request with one that is "forbidden", and
/// says nothing at all to one that is "lost".
async fn answer(headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_str(&body).unwrap();
    match headers["x-amz-target"].to_str().unwrap() {
        "AmazonSQS.GetQueueUrl" => {
            return (
                StatusCode::OK,
                Json(json!({"QueueUrl": "http://sqs.example/1/in"})),
            );
        }
        "AmazonSQS.GetQueueAttributes" => {
            return (
                StatusCode::OK,
                Json(json!({"Attributes": {"VisibilityTimeout": "7"}})),
            );
        }
        _ => {}
    }
    let entries = request["Entries"].as_array().unwrap();
    let has = |receipt: &str| {
        entries
            .iter()
            .any(|entry| entry["ReceiptHandle"] == receipt)
    };
    if has("forbidden") {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({"__type": "com.amazonaws.sqs#AccessDenied", "message": "no"})),
        );
    }
    if has("lost") {
        std::future::pending::<()>().await;
    }
    let (stale, good): (Vec<_>, Vec<_>) = entries
        .iter()
        .partition(|entry| entry["ReceiptHandle"] == "stale");
    let failed = |entry: &&Value| json!({"Id": entry["Id"], "SenderFault": true, "Code": "ReceiptHandleIsInvalid"});
    let done = |entry: &&Value| json!({"Id": entry["Id"]});
    let answer = json!({
        "Successful": good.iter().map(done).collect::<Vec<_>>(),
        "Failed": stale.iter().map(failed).collect::<Vec<_>>(),
    });
    (StatusCode::OK, Json(answer))
}

async fn settler() -> (Settler, DropGuard) {
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let sdk = kit::aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
    let stop = CancellationToken::new();
    tokio::spawn(kit::serve::serve(
        listener,
        Router::new().route("/", post(answer)),
        stop.clone(),
    ));
    let source = Source {
        arn: String::new(),
        account: "1".into(),
        queue: "in".into(),
    };
    let queue = Clients::local(&sdk).open(&source).await.unwrap();
    assert_eq!(queue.attributes.visibility, Duration::from_secs(7));
    (Settler::start(&Arc::new(queue)), stop.drop_guard())
}

fn delete(receipt: &str) -> Settle {
    Settle::Delete {
        receipt: receipt.into(),
        tries: 0,
    }
}

fn hide(receipt: &str) -> Settle {
    Settle::Hide {
        id: "m".into(),
        receipt: receipt.into(),
        span: Duration::from_secs(30),
    }
}

#[tokio::test]
async fn what_the_queue_refuses_comes_back_and_nothing_else_does() {
    let (mut settler, _stop) = settler().await;
    for settle in [delete("good"), delete("stale"), hide("good")] {
        settler.settle(settle).unwrap();
    }
    assert_eq!(settler.failed().await, delete("stale"));
    for settle in [hide("stale"), hide("good")] {
        settler.settle(settle).unwrap();
    }
    assert_eq!(settler.failed().await, hide("stale"));
    settler.settle(delete("forbidden")).unwrap();
    assert_eq!(settler.failed().await, delete("forbidden"));
    assert!(
        tokio::time::timeout(Duration::from_millis(100), settler.failed())
            .await
            .is_err(),
        "that is all"
    );
}

#[tokio::test]
async fn no_answer_is_a_failure_in_time_to_try_again() {
    let (mut settler, _stop) = settler().await;
    settler.settle(hide("lost")).unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(30), settler.failed()).await;
    assert_eq!(failed.unwrap(), hide("lost"));
}

#[tokio::test]
async fn what_does_not_fit_comes_back_at_once() {
    let (settler, _stop) = settler().await;
    // Nothing is awaited, so no task takes them out.
    let refused = (0..=WAITING)
        .filter_map(|_| settler.settle(delete("good")).err())
        .collect::<Vec<_>>();
    assert_eq!(refused, [delete("good")]);
}
