//! Case files: what each AWS service is sent for a batch, and what its answers mean for each
//! message.
//!
//! The shapes of requests and answers are documented ones (AWS API models), none is recorded.

use super::super::*;
use crate::control::state::Status;
use crate::definition::PipeDefinitions;
use crate::event::Event;
use crate::flow::Cause;
use crate::flow::Verdict;
use crate::flow::VerdictRule;
use crate::run::builder::{Builder, Dependencies};
use crate::sqs::clients::Clients;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use kit::document::Node;
use kit::send::{AllowTargets, Sender as Way};
use kit::service::Services;
use kit::time::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

const FILES: [(&str, &str); 7] = [
    ("api", include_str!("../../../../tests/services/api.json")),
    ("bus", include_str!("../../../../tests/services/bus.json")),
    (
        "function",
        include_str!("../../../../tests/services/function.json"),
    ),
    ("log", include_str!("../../../../tests/services/log.json")),
    (
        "stream",
        include_str!("../../../../tests/services/stream.json"),
    ),
    (
        "topic",
        include_str!("../../../../tests/services/topic.json"),
    ),
    (
        "workflow",
        include_str!("../../../../tests/services/workflow.json"),
    ),
];

/// The answers that are left, and what came.
type Play = Arc<Mutex<(VecDeque<Value>, Vec<Value>)>>;

/// Notes a request and gives the next answer.
async fn answer(
    State(play): State<Play>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, HeaderMap, String) {
    let (answers, seen) = &mut *play.lock().unwrap();
    let answer = answers
        .pop_front()
        .unwrap_or_else(|| json!({"status": 599}));
    let signed = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    // AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/lambda/aws4_request, …
    let scope = signed
        .split('/')
        .skip(2)
        .take(2)
        .collect::<Vec<_>>()
        .join("/");
    let mut shown =
        json!({"line": format!("{method} {uri}"), "scope": scope, "body": as_json(&body)});
    for name in [
        "content-type",
        "x-amz-target",
        "x-amz-invocation-type",
        "webhook-id",
        "x-n",
    ] {
        if let Some(value) = headers.get(name) {
            shown[name] = value.to_str().unwrap().into();
        }
    }
    seen.push(shown);
    let status = StatusCode::from_u16(
        answer
            .get("status")
            .map_or(200, |it| it.as_u64().unwrap() as u16),
    )
    .unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in answer
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        headers.insert(
            name.parse::<http::HeaderName>().unwrap(),
            value.as_str().unwrap().parse().unwrap(),
        );
    }
    let body = match &answer["body"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (status, headers, body)
}

fn as_json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| body.into())
}

/// The pipe of a case, from a queue to whatever the case says, between itself and `endpoint`.
async fn executor(case: &Value, endpoint: &str) -> Arc<Executor> {
    kit::program::install_tls();
    let mut pipe = json!({"Name": "p", "RoleArn": "r", "Source": "arn:aws:sqs:eu-west-1:1:q"});
    let members = case["pipe"].as_object().unwrap().clone();
    pipe.as_object_mut().unwrap().extend(members);
    let mut given = kit::definition::Declarations::default();
    given.pipes = vec![Node::parse("case.json", &pipe.to_string()).unwrap()];
    let pipe = PipeDefinitions::load(&given)
        .unwrap_or_else(|error| panic!("{}: {error}", case["name"]))
        .pipes
        .remove(0);
    let sdk = kit::aws::local(endpoint).await;
    let dependencies = Dependencies {
        sender: Way::new(AllowTargets::default()).unwrap(),
        services: Arc::new(Services::new(sdk.clone()).unwrap()),
        clients: Arc::new(Clients::local(&sdk)),
        deadline: Duration::from_secs(5),
        concurrency: 1,
        verdict_rule: VerdictRule::default(),
        webhook_keys: None,
        outbox: None,
    };
    let status = Arc::new(Status::new(
        pipe.state,
        Timestamp::default(),
        Timestamp::default(),
    ));
    Builder::new(dependencies)
        .build(
            Arc::new(pipe),
            status,
            Arc::default(),
            &CancellationToken::new(),
        )
        .executor
}

fn works(messages: &Value) -> Vec<Work> {
    let work = |record: &Value| {
        let id = record["messageId"].as_str().unwrap().to_owned();
        Work::new(id, None, Event::from_record(record.clone()), 0)
    };
    messages.as_array().unwrap().iter().map(work).collect()
}

/// A verdict as cases have it.
fn told(ending: &Ending) -> String {
    match &ending.verdict {
        Verdict::Delivered => "delivered".to_owned(),
        Verdict::Unsendable { reason }
        | Verdict::Failed {
            reason,
            cause: Cause::Message,
            ..
        } => {
            format!("rejected: {}", reason.text)
        }
        Verdict::Failed { reason, .. } => format!("down: {}", reason.text),
    }
}

async fn check(file: &str, case: &Value) {
    let name = format!("{file}: {}", case["name"].as_str().unwrap());
    let exchanges = case["exchanges"].as_array().unwrap();
    let play = Play::default();
    play.lock()
        .unwrap()
        .0
        .extend(exchanges.iter().map(|exchange| exchange["reply"].clone()));
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let app = Router::new().fallback(answer).with_state(play.clone());
    let serving = tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
    let endings = executor(case, &endpoint)
        .await
        .stages
        .execute(&works(&case["messages"]))
        .await;
    let verdicts: Vec<String> = endings.iter().map(told).collect();
    let expected: Vec<&str> = case["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    let seen = std::mem::take(&mut play.lock().unwrap().1);
    let requests: Vec<&Value> = exchanges
        .iter()
        .map(|exchange| &exchange["request"])
        .collect();
    assert_eq!(seen.len(), requests.len(), "{name}: {seen:#?}");
    for (seen, expected) in seen.iter().zip(requests) {
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&seen[key], value, "{name}: {key}");
        }
    }
    assert_eq!(verdicts, expected, "{name}");
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// Two messages that are too much for one input of a state machine.
#[tokio::test]
async fn an_enrichment_is_asked_in_parts_when_a_batch_is_too_large_for_it() {
    let body = "x".repeat(200_000);
    let machine = |name: &str| format!("arn:aws:states:eu-west-1:1:stateMachine:{name}");
    let input = |record: Value| json!({"body": {"stateMachineArn": machine("e"), "input": json!([record]).to_string()}});
    let record = |id: &str| json!({"messageId": id, "body": body});
    let output = |output: &str| json!({"body": {"status": "SUCCEEDED", "output": output}});
    let case = json!({
        "name": "in parts",
        "pipe": {"Enrichment": machine("e"), "Target": machine("m")},
        "messages": [record("a"), record("b")],
        "exchanges": [
            {"request": input(record("a")), "reply": output(r#"{"n":1}"#)},
            {"request": input(record("b")), "reply": {"body": {"status": "FAILED", "error": "No"}}},
            {"request": {"body": {"stateMachineArn": machine("m"), "input": r#"[{"n":1}]"#}}, "reply": output("null")},
        ],
        "verdicts": ["delivered", "rejected: the enrichment: the execution ended as FAILED with No"],
    });
    check("workflow", &case).await;
}

/// Nothing else goes out while it does.
#[tokio::test]
async fn a_probe_waits_for_no_others() {
    let case = json!({
        "name": "probe",
        "pipe": {
            "Target": "arn:aws:sns:eu-west-1:1:t",
            "SourceParameters": {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 300}},
        },
    });
    let [work] = <[Work; 1]>::try_from(works(&json!([{"messageId": "a", "body": "1"}]))).unwrap();
    let probe = Work {
        is_probe: true,
        ..work
    };
    let (_, ending) = executor(&case, "http://127.0.0.1:9")
        .await
        .deliver(probe)
        .await;
    assert!(
        told(&ending).starts_with("down: the target: cannot connect"),
        "{}",
        told(&ending)
    );
}

#[tokio::test]
async fn every_service_is_told_and_understood_as_documented() {
    let mut count = 0;
    for (file, text) in FILES {
        let cases: Vec<Value> =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in &cases {
            check(file, case).await;
            count += 1;
        }
    }
    assert!(count >= 20, "{count} cases");
}
