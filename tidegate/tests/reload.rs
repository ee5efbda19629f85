//! `tidegate up` reads its definition again while requests run.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Running, Stop};
use http::StatusCode;
use tempfile::TempDir;

/// A generous limit, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

async fn logged(folder: &Path, text: &str) {
    let begun = Instant::now();
    loop {
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        if log.contains(text) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{text} is missing in {log}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn event(id: u64) -> String {
    format!(r#"{{"id": {id}, "name": "ada"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_definition_is_read_while_requests_run() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("chain.yaml");
    let template = std::fs::read_to_string("../template.yaml").unwrap();
    std::fs::write(&file, &template).unwrap();
    let named = file.to_str().unwrap();
    let chain = Running::start_logged(data.path(), &["--definition", named]).await;
    let chain = Arc::new(chain);

    let (is_over, sent) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let client = tokio::spawn({
        let (chain, is_over, sent) = (chain.clone(), is_over.clone(), sent.clone());
        async move {
            while !is_over.load(Ordering::Relaxed) {
                let id = sent.fetch_add(1, Ordering::Relaxed);
                let reply = chain.post(8080, "/events/sub", &event(id)).await;
                assert_eq!(reply.status, StatusCode::OK, "event {id}");
            }
        }
    });
    chain
        .eventually_get(4566, "/donggyu-test-poc/0-sqs.txt")
        .await;

    std::fs::write(&file, template.replace("type: aws\n", "type: awz\n")).unwrap();
    logged(
        data.path(),
        "the definition was not reloaded, the chain goes on as it was",
    )
    .await;
    logged(data.path(), "awz").await;
    let reply = chain.post(8080, "/events/sub", &event(1_000_001)).await;
    assert_eq!(reply.status, StatusCode::OK);
    chain
        .eventually_get(4566, "/donggyu-test-poc/1000001-sqs.txt")
        .await;

    let changed = template
        .replace("Default: ex-queue", "Default: next-queue")
        .replace("/events/{proxy+}:", "/events/{rest+}:")
        .replace("name: proxy", "name: rest");
    std::fs::write(&file, changed).unwrap();
    logged(
        data.path(),
        "the definition was reloaded: 1 API, 1 pipe, 2 queues created",
    )
    .await;
    for queue in ["ex-queue", "ex-queue-dlq"] {
        logged(
            data.path(),
            &format!("queue {queue} is not declared any more: it stays"),
        )
        .await;
        let asked = format!("/?Action=GetQueueUrl&QueueName={queue}");
        assert_eq!(chain.get(4566, &asked).await.status, StatusCode::OK);
    }
    let reply = chain.post(8080, "/events/sub", &event(1_000_002)).await;
    assert_eq!(reply.status, StatusCode::OK);
    chain
        .eventually_get(4566, "/donggyu-test-poc/1000002-sqs.txt")
        .await;
    is_over.store(true, Ordering::Relaxed);
    client.await.unwrap();
    assert!(sent.load(Ordering::Relaxed) > 1);
    let mut chain = Arc::into_inner(chain).unwrap();
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}
