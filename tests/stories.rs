//! The promises of the chain. Each is one function, for every [`Backend`](crate::backend::Backend).

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::Harness;

/// `GET /pub` makes ten objects, each byte-equal to what was published.
pub async fn ten_published_are_ten_stored(harness: Harness) {
    let reply = harness.get_from_publisher("/pub").await;
    assert_eq!(reply.status, StatusCode::OK);
    let stored = harness.wait_for_objects(10).await;
    let mut names = Vec::new();
    for (key, text) in &stored {
        let id = key.strip_suffix("-sqs.txt").expect("the key's form");
        let event: Value = serde_json::from_str(text).expect("an event is JSON");
        let name = event["name"].as_str().expect("a name").to_owned();
        assert_eq!(
            *text,
            json!({"id": id, "name": name, "age": 31, "job": "devops"}).to_string()
        );
        names.push(name);
    }
    names.sort();
    assert_eq!(
        names,
        (0..10)
            .map(|number| format!("leedonggyu-{number}"))
            .collect::<Vec<_>>()
    );
    harness.end().await;
}

/// The curl command of the original project gets the SendMessage result, and its event is stored as
/// `10-sqs.txt`.
pub async fn the_original_body_is_kept_under_its_id(harness: Harness) {
    let body = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;
    let reply = harness.publish(body).await.expect("the gateway answers");
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers["content-type"], "application/json");
    let answer: Value = serde_json::from_slice(&reply.body).expect("the answer is JSON");
    let result = &answer["SendMessageResponse"]["SendMessageResult"];
    assert_eq!(
        result["MD5OfMessageBody"],
        "d7de115dcbff88d6d55b3aa5402a6ddd"
    );
    assert_eq!(
        result["MessageId"].as_str().expect("a message id").len(),
        36
    );
    let stored = harness.wait_for_objects(1).await;
    assert_eq!(stored["10-sqs.txt"], body);
    harness.end().await;
}

/// Bodies with characters that are special in forms, URLs and JSON arrive unchanged.
pub async fn odd_bodies_arrive_unchanged(harness: Harness) {
    let texts = [
        "a&b=c&&Action=DeleteQueue",
        "1+1=2 %41 %zz %",
        "line one\nline two\r\n\ttabbed",
        "she said \"yes\" \\ 'no' </script>",
        "한국어 텍스트, 日本語, ünïcödé",
        "🌊🚪 family 👨‍👩‍👧‍👦",
        "$input.body ${context.requestId} #set($x = 1) <$.body> <aws.pipes.event>",
    ];
    let mut sent = BTreeMap::new();
    for (number, text) in texts.into_iter().enumerate() {
        let body = json!({"id": format!("odd-{number}"), "text": text, "n": 1.50}).to_string();
        let reply = harness.publish(&body).await.expect("the gateway answers");
        assert_eq!(reply.status, StatusCode::OK, "{body}");
        sent.insert(format!("odd-{number}-sqs.txt"), body);
    }
    assert_eq!(harness.wait_for_objects(sent.len()).await, sent);
    harness.end().await;
}

/// A hundred events are published and answered with 200 while the subscriber is down. Once it is
/// back, all are stored and none is dead.
pub async fn an_outage_of_the_subscriber_loses_nothing(mut harness: Harness) {
    harness.stop_subscriber().await;
    let expected = publish_many(&harness, 100).await;
    harness.start_subscriber().await;
    assert_eq!(harness.wait_for_objects(100).await, expected);
    assert_eq!(harness.dead_letters().await, 0);
    harness.end().await;
}

/// S3 is down: the subscriber answers 503, messages stay queued, and arrive once S3 is back.
pub async fn an_outage_of_s3_loses_nothing(harness: Harness) {
    let road = harness.s3_proxy.as_ref().expect("S3 is behind a relay");
    road.cut();
    let direct = harness.send(
        http::Method::POST,
        harness.subscriber_at(),
        "/sub",
        http::HeaderMap::new(),
        r#"{"body":{"id":"x"}}"#,
    );
    assert_eq!(
        direct.await.expect("the subscriber answers").status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let expected = publish_many(&harness, 20).await;
    assert_eq!(harness.keys().await.len(), 0);
    assert!(
        harness.messages_in(&harness.queue).await > 0,
        "messages stay in the queue"
    );
    road.restore();
    assert_eq!(harness.wait_for_objects(20).await, expected);
    assert_eq!(harness.dead_letters().await, 0);
    harness.end().await;
}

/// Publishes `count` events, all of which must be answered with 200. Returns what the bucket must
/// hold in the end.
async fn publish_many(harness: &Harness, count: usize) -> BTreeMap<String, String> {
    let mut expected = BTreeMap::new();
    for number in 0..count {
        let body = json!({"id": number, "job": "devops"}).to_string();
        let reply = harness.publish(&body).await.expect("the gateway answers");
        assert_eq!(reply.status, StatusCode::OK, "event {number}");
        expected.insert(format!("{number}-sqs.txt"), body);
    }
    expected
}
