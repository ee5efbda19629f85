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

fn queue(name: &str) -> NeededQueue {
    NeededQueue {
        region: "eu-west-1".into(),
        account: "1".into(),
        name: name.to_owned(),
    }
}

fn needed(names: &[&str]) -> BTreeSet<NeededQueue> {
    names.iter().map(|name| queue(name)).collect()
}

async fn check(config: &SdkConfig, names: &[&str]) -> Result<(), String> {
    Readiness::new(config).check_queues(&needed(names)).await
}

#[tokio::test]
async fn an_sqs_that_answers_5xx_makes_the_gateway_unready() {
    for queues in [&[][..], &["there"]] {
        let check = async |status| check(&sqs(status).await.0, queues).await;
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
    let text = check(&config, &["gone", "there"]).await.unwrap_err();
    assert!(
        text.starts_with("queue gone (account 1, eu-west-1) does not exist"),
        "{text}"
    );
    let text = check(&config, &["gone", "lost"]).await.unwrap_err();
    assert_eq!(
        text,
        "queues do not exist: gone (account 1, eu-west-1); lost (account 1, eu-west-1)"
    );
}

#[tokio::test]
async fn a_queue_that_was_found_is_not_looked_up_each_time() {
    let (config, asked) = sqs(403).await;
    let (readiness, needed) = (Readiness::new(&config), needed(&["a", "b", "c"]));
    let count = async || {
        readiness.check_queues(&needed).await.unwrap();
        asked.swap(0, Ordering::SeqCst)
    };
    assert_eq!([count().await, count().await, count().await], [3, 1, 1]);
    assert_eq!(readiness.due(&needed, Instant::now() + FOUND).len(), 3);
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
    let names: Vec<_> = queues(&apis.apis[0]).map(|queue| queue.name).collect();
    assert_eq!(names, ["ex-queue"]);
}

#[tokio::test]
async fn each_api_is_ready_by_what_it_needs_itself() {
    let (config, asked) = sqs(200).await;
    let api = |id: &str, uri: Option<&str>| {
        let backend = uri.map_or("type: mock".to_owned(), |uri| {
            format!(
                "type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:eu-west-1:sqs:path/1/{uri}'"
            )
        });
        let text = format!(
            "openapi: 3.0.1\npaths: {{/a: {{post: {{x-amazon-apigateway-integration: {{{backend}, responses: {{default: {{statusCode: 200}}}}}}}}}}}}"
        );
        let root = kit::document::Node::parse("t", &text).unwrap();
        let document = crate::openapi::Document::read(&root, &mut Vec::new()).unwrap();
        Api {
            id: id.to_owned(),
            resources: document.resources,
            ..Api::default()
        }
    };
    let mut apis = Apis::default();
    apis.apis.push(api("mock", None));
    let readiness = Readiness::new(&config);
    assert_eq!(readiness.check(&apis, None).await, Ok(()));
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing is needed");
    apis.apis.push(api("good", Some("there")));
    apis.apis.push(api("bad", Some("gone")));
    let mut ready = Vec::new();
    for only in [None, Some(0), Some(1), Some(2)] {
        let only = only.map(|index: usize| &apis.apis[index]);
        ready.push(readiness.check(&apis, only).await.is_ok());
    }
    assert_eq!(ready, [false, true, true, false]);
}
