//! The log lines of a message that dies.

use std::time::Instant;

use http::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::logs::{Logs, metric};
use crate::processes::{PATIENCE, Ports, listens};

/// A server that answers 400 with the body of the request.
async fn refuser() -> u16 {
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let port = listener.local_addr().unwrap().port();
    let refuse = async |body: String| (StatusCode::BAD_REQUEST, format!("no good: {body}"));
    let app = axum::Router::new().fallback(refuse);
    tokio::spawn(kit::serve::serve(listener, app, CancellationToken::new()));
    port
}

/// The built-in definition with queues whose messages are hidden for a second, and die at the
/// second attempt.
fn two_attempts(folder: &TempDir) -> kit::definition::DefinitionArgs {
    let template =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    assert!(template.contains("maxReceiveCount: 5"));
    let file = folder.path().join("template.yaml");
    std::fs::write(
        &file,
        template.replace("maxReceiveCount: 5", "maxReceiveCount: 2"),
    )
    .unwrap();
    kit::definition::DefinitionArgs {
        files: vec![file],
        parameter_overrides: vec!["VisibilityTimeout=1".to_owned()],
        ..kit::definition::DefinitionArgs::default()
    }
}

/// The first message that comes out of a queue.
async fn received(sqs: &aws_sdk_sqs::Client, queue: &str) -> aws_sdk_sqs::types::Message {
    let begun = Instant::now();
    loop {
        let received = sqs
            .receive_message()
            .queue_url(queue)
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        if let Some(message) = received.messages.unwrap_or_default().into_iter().next() {
            return message;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing in {queue}");
    }
}

#[tokio::test]
async fn a_message_that_dies_is_told_with_attempts_and_queue() {
    let (logs, mut ports) = (Logs::new(), Ports::free());
    let endpoint = ports.endpoint();
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    ports.subscriber = refuser().await;
    let folder = TempDir::new().unwrap();
    let sdk = kit::aws::local(&endpoint).await;
    let args = two_attempts(&folder);
    tidegate::provision::provision(&args.load(&kit::aws::local_account(&sdk)).unwrap(), &sdk)
        .await
        .unwrap();
    let mut command = ports.program("pipe", &endpoint);
    // By comparison, a message that is alone could as well have met a target that is out.
    command
        .arg("--definition")
        .args(&args.files)
        .args(["--concurrency", "1", "--verdict", "aws"]);
    let pipe = logs.start("pipe", command);
    listens(ports.pipe_admin).await;
    assert_eq!(
        metric(ports.pipe_admin, "pipe_dead_lettered_total").await,
        "0"
    );

    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let url = async |name| {
        sqs.get_queue_url()
            .queue_name(name)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap()
    };
    let (source, dead) = (url("ex-queue").await, url("ex-queue-dlq").await);
    let body = json!({"id": "ada@example.org", "pin": 471_147}).to_string();
    let sent = sqs
        .send_message()
        .queue_url(&source)
        .message_body(&body)
        .send()
        .await
        .unwrap();
    let message_id = sent.message_id.unwrap();

    let about = ("message_id", message_id.as_str());
    let told = "dead: attempt 2 of 2 was the last, SQS moves the message to the dead-letter queue ex-queue-dlq";
    let line = logs.says("pipe", told, about).await;
    assert_eq!(
        (&line["level"], &line["dead_letter_queue"]),
        (&json!("WARN"), &json!("ex-queue-dlq"))
    );
    assert_eq!(
        (&line["attempt"], &line["max_receive_count"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        received(&sqs, &dead).await.message_id.as_deref(),
        Some(message_id.as_str())
    );
    assert_eq!(
        metric(ports.pipe_admin, "pipe_dead_lettered_total").await,
        "1"
    );
    pipe.stop();
    emulator.stop();
    failed_twice(&logs);
    let tellings = logs
        .lines("pipe")
        .iter()
        .filter(|line| line["message"] == told)
        .count();
    assert_eq!(tellings, 1, "it dies once");
}

/// Each attempt is logged with its number and the beginning of the reply, without anything of the
/// message.
fn failed_twice(logs: &Logs) {
    let failed = logs.having("pipe", "not delivered");
    let attempts: Vec<_> = failed
        .iter()
        .map(|line| (&line["attempt"], &line["max_receive_count"]))
        .collect();
    assert_eq!(
        attempts,
        [(&json!(1), &json!(2)), (&json!(2), &json!(2))],
        "{failed:#?}"
    );
    for line in &failed {
        assert_eq!(
            (&line["status"], &line["level"]),
            (&json!(400), &json!("WARN"))
        );
        assert_eq!(line["reason"], "the target answered 400 Bad Request");
        let answer = line["answer"].as_str().unwrap();
        assert!(answer.starts_with("no good: "), "{answer}");
        assert!(
            !answer.contains("ada@") && !answer.contains("471147"),
            "{answer}"
        );
    }
}
