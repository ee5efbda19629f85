//! Against a small SQS on loopback that notes each request: what goes out together, and what becomes of each message.

use super::*;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

type Seen = Arc<Mutex<Vec<String>>>;

/// Bodies that hold "poison" make it refuse the whole request, "faulty" ones are refused by themselves.
async fn answer(State(seen): State<Seen>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_str(&body).unwrap();
    if headers["x-amz-target"] == "AmazonSQS.GetQueueUrl" {
        return (StatusCode::OK, Json(json!({"QueueUrl": "http://sqs.example/1/out.fifo"})));
    }
    let entries = request["Entries"].as_array().unwrap();
    let text = |entry: &Value| format!("{}/{}", entry["MessageBody"].as_str().unwrap(), entry["MessageGroupId"]);
    seen.lock().unwrap().push(entries.iter().map(text).collect::<Vec<_>>().join(" "));
    if body.contains("poison") {
        let refused = json!({"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "no"});
        return (StatusCode::BAD_REQUEST, Json(refused));
    }
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let id = &entry["Id"];
        if entry["MessageBody"].as_str().unwrap().contains("faulty") {
            failed.push(json!({"Id": id, "SenderFault": true, "Code": "MissingParameter", "Message": "so"}));
        } else {
            sent.push(json!({"Id": id, "MessageId": format!("id-{}", entry["MessageBody"]), "MD5OfMessageBody": "x"}));
        }
    }
    (StatusCode::OK, Json(json!({"Successful": sent, "Failed": failed})))
}

async fn outbox(batch: Batch) -> (Outbox, Seen, CancellationToken) {
    let seen = Seen::default();
    let app = Router::new().route("/", post(answer)).with_state(seen.clone());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let sdk = kit::aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
    let stop = CancellationToken::new();
    tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
    let outlet = Outlet { account: "1".into(), queue: "out.fifo".into(), group: None, deduplication: None };
    let outbox = Outbox::open(crate::source::client(&sdk), Arc::new(outlet), batch, CancellationToken::new());
    (outbox, seen, stop)
}

fn entry(body: &str) -> Entry {
    Entry { body: body.into(), group: Some("g".into()), deduplication: None }
}

#[tokio::test]
async fn a_full_batch_is_one_request_and_each_caller_gets_its_own_answer() {
    let (outbox, seen, _stop) = outbox(Batch { size: 3, window: Duration::from_secs(60) }).await;
    let (a, b, c) = tokio::join!(outbox.send(entry("a")), outbox.send(entry("faulty")), outbox.send(entry("c")));
    assert_eq!((a.as_deref(), c.as_deref()), (Ok("id-\"a\""), Ok("id-\"c\"")));
    let Err(Verdict::Rejected { reason }) = b else { panic!("{b:?}") };
    assert_eq!(reason, "the target queue: MissingParameter so");
    assert_eq!(*seen.lock().unwrap(), [r#"a/"g" faulty/"g" c/"g""#]);
}

#[tokio::test]
async fn a_request_that_is_refused_for_one_message_is_sent_one_by_one() {
    let (outbox, seen, _stop) = outbox(Batch { size: 2, window: Duration::from_secs(60) }).await;
    let (a, b) = tokio::join!(outbox.send(entry("a")), outbox.send(entry("poison")));
    assert_eq!(a.as_deref(), Ok("id-\"a\""));
    assert!(matches!(&b, Err(Verdict::Rejected { reason }) if reason.contains("InvalidMessageContents")), "{b:?}");
    assert_eq!(*seen.lock().unwrap(), [r#"a/"g" poison/"g""#, r#"a/"g""#, r#"poison/"g""#]);
}

#[tokio::test]
async fn a_queue_that_cannot_be_reached_is_no_fault_of_the_message() {
    let (outbox, _, stop) = outbox(Batch::default()).await;
    stop.cancel();
    let sdk = kit::aws::local("http://127.0.0.1:9").await;
    let (outlet, hurry) = (outbox.outlet.clone(), CancellationToken::new());
    let lost = Outbox::open(crate::source::client(&sdk), outlet, Batch::default(), hurry);
    let verdict = lost.send(entry("a")).await.unwrap_err();
    assert!(matches!(verdict, Verdict::Down { blame: Blame::Target, .. }), "{verdict:?}");
}

#[test]
fn large_messages_go_in_several_requests() {
    let size = |kilobytes: usize| entry(&"x".repeat(kilobytes * 1024));
    let entries = [size(100), size(100), size(100), size(300), size(1)];
    let lengths: Vec<usize> = parts(&entries).iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [2, 1, 1, 1]);
}
