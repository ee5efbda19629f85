//! Which requests queues take, counted by a stand-in; and what they come to, at the emulator.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::response::IntoResponse as _;
use http::{HeaderMap, StatusCode};
use kit::aws;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;

/// Requests in the order in which they came: action and body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// What an SQS answers to an action about a queue.
type Answer = fn(&str, &str) -> (u16, Value);

async fn stand_in(answer: Answer) -> (Sqs, Asked) {
    kit::program::install_tls();
    let asked = Asked::default();
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let notes = asked.clone();
    let app = Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
        let action = headers["x-amz-target"]
            .to_str()
            .unwrap()
            .trim_start_matches("AmazonSQS.")
            .to_owned();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let (status, said) = answer(&action, body["QueueName"].as_str().unwrap_or_default());
        notes.lock().unwrap().push((action, body));
        (StatusCode::from_u16(status).unwrap(), said.to_string()).into_response()
    });
    tokio::spawn(kit::serve::serve(listener, app, CancellationToken::new()));
    (Sqs::new(&aws::local(&endpoint).await), asked)
}

fn error(code: &str) -> (u16, Value) {
    (
        400,
        json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "So it is."}),
    )
}

fn fresh(action: &str, queue: &str) -> (u16, Value) {
    match action {
        "ListQueues" => (200, json!({})),
        "GetQueueUrl" => error("QueueDoesNotExist"),
        _ => (200, json!({"QueueUrl": format!("http://sqs/1/{queue}")})),
    }
}

fn with_dead_letters(name: &str, dead: &str) -> DeclaredQueue {
    let policy = format!(
        r#"{{"deadLetterTargetArn":"arn:aws:sqs:ap-northeast-2:000000000000:{dead}","maxReceiveCount":5}}"#
    );
    let mut queue = DeclaredQueue::plain(name);
    queue.attributes.insert(Name::RedrivePolicy, policy);
    queue.tags.insert("team".to_owned(), "blue".to_owned());
    queue
}

fn actions(asked: &Asked) -> Vec<String> {
    let short = |(action, body): &(String, Value)| {
        format!(
            "{action} {}",
            body["QueueName"].as_str().unwrap_or_default()
        )
        .trim()
        .to_owned()
    };
    asked.lock().unwrap().iter().map(short).collect()
}

fn changes(done: &[Provisioned]) -> Vec<(&str, Change)> {
    done.iter()
        .map(|done| (done.name.as_str(), done.change))
        .collect()
}

#[tokio::test]
async fn a_fresh_queue_is_one_request_where_all_are_known() {
    let (sqs, asked) = stand_in(fresh).await;
    let queues = [with_dead_letters("a", "dead"), DeclaredQueue::plain("dead")];
    let done = sqs
        .listed()
        .await
        .unwrap()
        .provision(&queues)
        .await
        .unwrap();
    assert_eq!(
        changes(&done),
        [("a", Change::Created), ("dead", Change::Created)],
        "in the order of the definition"
    );
    assert_eq!(
        actions(&asked),
        ["ListQueues", "CreateQueue dead", "CreateQueue a"]
    );
    let body = asked.lock().unwrap()[2].1.clone();
    assert!(
        body["Attributes"]["RedrivePolicy"]
            .as_str()
            .unwrap()
            .contains(":dead"),
        "{body}"
    );
    assert_eq!(body["tags"], json!({"team": "blue"}));
}

#[tokio::test]
async fn a_fresh_queue_is_two_requests_where_none_is_known() {
    let (sqs, asked) = stand_in(fresh).await;
    sqs.provision(&[DeclaredQueue::plain("a")]).await.unwrap();
    assert_eq!(actions(&asked), ["GetQueueUrl a", "CreateQueue a"]);
}

#[tokio::test]
async fn a_queue_that_somebody_else_made_meanwhile_is_brought_up_to_date() {
    let (sqs, asked) = stand_in(|action, queue| match action {
        "CreateQueue" => error("QueueNameExists"),
        "GetQueueAttributes" => (200, json!({"Attributes": {"FifoQueue": "true"}})),
        "GetQueueUrl" => (200, json!({"QueueUrl": "http://sqs/1/a.fifo"})),
        _ => fresh(action, queue),
    })
    .await;
    let done = sqs
        .listed()
        .await
        .unwrap()
        .provision(&[DeclaredQueue::plain("a.fifo")])
        .await
        .unwrap();
    assert_eq!(changes(&done), [("a.fifo", Change::Unchanged)]);
    assert_eq!(
        actions(&asked),
        [
            "ListQueues",
            "CreateQueue a.fifo",
            "GetQueueUrl a.fifo",
            "GetQueueAttributes"
        ]
    );
}

/// The SDK would print `service error: unhandled error (AccessDenied): Error { code: …`.
#[tokio::test]
async fn what_is_refused_is_told_by_code_and_message() {
    let (sqs, _) = stand_in(|action, queue| match action {
        "CreateQueue" => error("AccessDenied"),
        _ => fresh(action, queue),
    })
    .await;
    let told = sqs
        .provision(&[DeclaredQueue::plain("a")])
        .await
        .unwrap_err();
    assert_eq!(
        aws::one_line(&told),
        "cannot create queue a: AccessDenied: So it is."
    );
    let (sqs, _) = stand_in(|_, _| error("AccessDenied")).await;
    assert_eq!(
        aws::one_line(&sqs.listed().await.unwrap_err()),
        "cannot list queues: AccessDenied: So it is."
    );
}

#[tokio::test]
async fn an_sqs_that_is_not_there_is_told_with_its_address() {
    kit::program::install_tls();
    let sqs = Sqs::new(&aws::local("http://127.0.0.1:9").await);
    let told = aws::one_line(
        &sqs.provision(&[DeclaredQueue::plain("a")])
            .await
            .unwrap_err(),
    );
    assert!(
        told.starts_with("queue a: SQS at http://127.0.0.1:9 does not answer: "),
        "{told}"
    );
    assert!(
        told.contains("Connection refused") && told.contains("(change its address with "),
        "{told}"
    );
}

#[tokio::test]
async fn the_emulator_ends_up_with_what_is_declared() {
    kit::program::install_tls();
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let sdk = aws::local(&format!("http://{}", listener.local_addr().unwrap())).await;
    let opened = emulator::open(&emulator::Settings {
        data: None,
        region: aws::region(&sdk).to_owned(),
    })
    .unwrap();
    tokio::spawn(opened.serve(listener, CancellationToken::new()));
    let mut allowing = DeclaredQueue::plain("dead");
    allowing.attributes.insert(
        Name::RedriveAllowPolicy,
        r#"{"redrivePermission":"allowAll"}"#.to_owned(),
    );
    // Each is the other's dead-letter queue, and one leads to them.
    let ring = [
        with_dead_letters("c", "d"),
        with_dead_letters("d", "c"),
        with_dead_letters("e", "c"),
    ];
    let queues: Vec<DeclaredQueue> = [with_dead_letters("a", "dead"), allowing]
        .into_iter()
        .chain(ring)
        .collect();
    let all = |change| ["a", "dead", "c", "d", "e"].map(|name| (name, change));
    let sqs = Sqs::new(&sdk).listed().await.unwrap();
    assert_eq!(
        changes(&sqs.provision(&queues).await.unwrap()),
        all(Change::Created)
    );
    let again = Sqs::new(&sdk).listed().await.unwrap();
    assert_eq!(
        changes(&again.provision(&queues).await.unwrap()),
        all(Change::Unchanged)
    );
    assert_eq!(
        changes(&Sqs::new(&sdk).provision(&queues).await.unwrap()),
        all(Change::Unchanged)
    );

    let mut changed = queues;
    changed[0]
        .attributes
        .insert(Name::VisibilityTimeout, "7".to_owned());
    changed[2].tags.insert("team".to_owned(), "red".to_owned());
    let changes = changes(&Sqs::new(&sdk).provision(&changed).await.unwrap())
        .into_iter()
        .map(|(_, change)| change)
        .collect::<Vec<_>>();
    assert_eq!(
        changes,
        [
            Change::Updated,
            Change::Unchanged,
            Change::Updated,
            Change::Unchanged,
            Change::Unchanged
        ]
    );
}
