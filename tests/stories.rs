//! The promises of the chain, each told once and kept at every [`Place`](crate::place::Place).

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::World;

/// `GET /pub` makes ten objects, each byte-equal to what was published.
pub async fn ten_published_are_ten_stored(world: World) {
    let reply = world.get_from_publisher("/pub").await;
    assert_eq!(reply.status, StatusCode::OK);
    let stored = world.wait_for_objects(10).await;
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
    world.end().await;
}

/// The original's curl line is answered with the SendMessage result and kept under `10-sqs.txt`.
pub async fn the_original_body_is_kept_under_its_id(world: World) {
    let body = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;
    let reply = world.publish(body).await.expect("the gateway answers");
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
    let stored = world.wait_for_objects(1).await;
    assert_eq!(stored["10-sqs.txt"], body);
    world.end().await;
}

/// Bodies with the characters that forms, URLs and JSON give a meaning of their own arrive
/// unchanged.
pub async fn odd_bodies_arrive_unchanged(world: World) {
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
        let reply = world.publish(&body).await.expect("the gateway answers");
        assert_eq!(reply.status, StatusCode::OK, "{body}");
        sent.insert(format!("odd-{number}-sqs.txt"), body);
    }
    assert_eq!(world.wait_for_objects(sent.len()).await, sent);
    world.end().await;
}

/// The subscriber is down, a hundred are published and answered 200, it comes back: all are stored,
/// none is dead.
pub async fn an_outage_of_the_subscriber_loses_nothing(mut world: World) {
    world.stop_subscriber().await;
    let expected = publish_many(&world, 100).await;
    world.start_subscriber().await;
    assert_eq!(world.wait_for_objects(100).await, expected);
    assert_eq!(world.dead_letters().await, 0);
    world.end().await;
}

/// S3 is down: the subscriber says 503, messages stay queued, and arrive once S3 is back.
pub async fn an_outage_of_s3_loses_nothing(world: World) {
    let road = world.s3_road.as_ref().expect("S3 is behind a relay");
    road.cut();
    let direct = world.send(
        http::Method::POST,
        world.subscriber_at(),
        "/sub",
        http::HeaderMap::new(),
        r#"{"body":{"id":"x"}}"#,
    );
    assert_eq!(
        direct.await.expect("the subscriber answers").status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let expected = publish_many(&world, 20).await;
    assert_eq!(world.keys().await.len(), 0);
    assert!(
        world.messages_in(&world.queue).await > 0,
        "messages stay in the queue"
    );
    road.mend();
    assert_eq!(world.wait_for_objects(20).await, expected);
    assert_eq!(world.dead_letters().await, 0);
    world.end().await;
}

/// Publishes `count` events that must all be answered 200; what the bucket must hold in the end.
async fn publish_many(world: &World, count: usize) -> BTreeMap<String, String> {
    let mut expected = BTreeMap::new();
    for number in 0..count {
        let body = json!({"id": number, "job": "devops"}).to_string();
        let reply = world.publish(&body).await.expect("the gateway answers");
        assert_eq!(reply.status, StatusCode::OK, "event {number}");
        expected.insert(format!("{number}-sqs.txt"), body);
    }
    expected
}
