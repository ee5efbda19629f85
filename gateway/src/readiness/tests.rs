//! Against a small SQS that counts its requests.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::HeaderMap;
use serde_json::Value;

const NONE: (&str, &str) = (
    "AWS.SimpleQueueService.NonExistentQueue;Sender",
    "com.amazonaws.sqs#QueueDoesNotExist",
);

/// An SQS where only `there` exists, which answers everything else with `status`, and how often
/// it was asked.
async fn sqs(status: u16) -> (SdkConfig, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let app = axum::Router::new().fallback(async move |headers: HeaderMap, body: String| {
        counter.fetch_add(1, Ordering::SeqCst);
        let request: Value = serde_json::from_str(&body).unwrap();
        let is_url = headers["x-amz-target"] == "AmazonSQS.GetQueueUrl";
        match (status, is_url, request["QueueName"].as_str()) {
            (200, true, Some("there")) => {
                (200, "", r#"{"QueueUrl": "http://x/1/there"}"#.to_owned())
            }
            (200, true, _) => (
                400,
                NONE.0,
                format!(r#"{{"__type": "{}", "message": "none"}}"#, NONE.1),
            ),
            _ => (status, "", "{}".to_owned()),
        }
        .respond()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (aws::local(&endpoint).await, asked)
}

trait Respond {
    fn respond(self) -> (http::StatusCode, [(&'static str, &'static str); 1], String);
}

impl Respond for (u16, &'static str, String) {
    fn respond(self) -> (http::StatusCode, [(&'static str, &'static str); 1], String) {
        (
            http::StatusCode::from_u16(self.0).unwrap(),
            [("x-amzn-query-error", self.1)],
            self.2,
        )
    }
}

fn needs(config: &SdkConfig, names: &[&str]) -> Readiness {
    let needed = |name: &&str| NeededQueue {
        region: "eu-west-1".into(),
        account: "1".into(),
        name: (*name).to_owned(),
    };
    let queues = names.iter().map(|name| (needed(name), None)).collect();
    Readiness {
        config: config.clone(),
        queues: Mutex::new(queues),
    }
}

#[tokio::test]
async fn an_sqs_that_answers_5xx_makes_the_gateway_unready() {
    for queues in [&[][..], &["there"]] {
        let check = async |status| needs(&sqs(status).await.0, queues).check().await;
        assert_eq!((check(200).await, check(403).await), (Ok(()), Ok(())));
        assert!(
            check(503)
                .await
                .unwrap_err()
                .starts_with("SQS does not answer")
        );
    }
}

#[tokio::test]
async fn a_missing_queue_is_named() {
    let (config, _) = sqs(200).await;
    let text = needs(&config, &["gone", "there"])
        .check()
        .await
        .unwrap_err();
    assert!(
        text.starts_with("queue gone (account 1, eu-west-1) does not exist"),
        "{text}"
    );
    let text = needs(&config, &["gone", "lost"]).check().await.unwrap_err();
    assert_eq!(
        text,
        "queues do not exist: gone (account 1, eu-west-1); lost (account 1, eu-west-1)"
    );
}

#[tokio::test]
async fn a_queue_that_was_found_is_not_looked_up_each_time() {
    let (config, asked) = sqs(403).await;
    let readiness = needs(&config, &["a", "b", "c"]);
    let count = async || {
        readiness.check().await.unwrap();
        asked.swap(0, Ordering::SeqCst)
    };
    assert_eq!([count().await, count().await, count().await], [3, 1, 1]);
    assert_eq!(readiness.due(Instant::now() + FOUND).len(), 3);
}

#[test]
fn the_queues_of_the_built_in_definition_are_needed() {
    let account = kit::cloudformation::Account {
        region: "eu-west-1".into(),
        account_id: "1".into(),
        stack_name: "s".into(),
    };
    let definition = kit::definition::DefinitionArgs::default()
        .load(&account)
        .unwrap();
    let apis = Apis::load(&definition, None).unwrap();
    let config = SdkConfig::builder().build();
    let needed: Vec<_> = Readiness::new(&apis, &config)
        .lock()
        .keys()
        .map(|queue| queue.name.clone())
        .collect();
    assert_eq!(needed, ["ex-queue"]);
}
