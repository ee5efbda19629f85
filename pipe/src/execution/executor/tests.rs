//! Against a small HTTP target on loopback: what arrives there, and what its answers mean.

mod services;

use super::*;
use crate::definition::{
    Batch, DesiredState, Enrichment, EnrichmentTarget, Fingerprint, Source, Target,
};
use crate::event::Event;
use crate::event::filter::Filter;
use crate::execution::api_destination::ApiDestinationClient;
use crate::execution::delivery::{Delivery, PerEvent};
use crate::execution::enrichment::EnrichmentCall;
use crate::execution::token_cache::TokenCache;
use crate::execution::unfinished::UnfinishedReplies;
use crate::execution_log::Stage;
use crate::execution_log::{LogConfiguration, LogLevel};
use crate::flow::Cause;
use crate::flow::Verdict;
use crate::targets::connection::{Auth, Connection, ConnectionParameters, OAuth};
use crate::targets::{Destination, Endpoint, HttpParameters, HttpTarget};
use crate::transform::{ReservedVariables, Transform};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use http::Method;
use kit::send::{AllowTargets, Sender};
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

type Seen = Arc<Mutex<Vec<String>>>;

/// `/in` wants `Bearer t2` and `/token` gives t1, then t2; everything that comes is noted.
async fn target() -> (String, Seen, CancellationToken) {
    let seen = Seen::default();
    let token = async |State(seen): State<Seen>, body: String| {
        let mut seen = seen.lock().unwrap();
        seen.push(format!("token {body}"));
        let number = seen.iter().filter(|line| line.starts_with("token")).count();
        json!({"access_token": format!("t{number}"), "expires_in": 3600}).to_string()
    };
    let accept = async |State(seen): State<Seen>, headers: HeaderMap, body: String| {
        let authorization = headers
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        seen.lock().unwrap().push(format!(
            "{} {body}",
            authorization.as_deref().unwrap_or_default()
        ));
        if authorization.as_deref() == Some("Bearer t2") {
            StatusCode::ACCEPTED
        } else {
            StatusCode::UNAUTHORIZED
        }
    };
    let echo = async |State(seen): State<Seen>, headers: HeaderMap, body: String| {
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let encoding = if headers.contains_key("accept-encoding") {
            "any"
        } else {
            "identity"
        };
        seen.lock()
            .unwrap()
            .push(format!("echo {id} {encoding} {body}"));
        body
    };
    let answer = async |RawQuery(query): RawQuery| {
        let text = query.unwrap_or_default();
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/answer", post(answer))
        .route(
            "/compressed",
            post(async || ([("content-encoding", "gzip")], "x")),
        )
        .route("/token", post(token))
        .route("/in", post(accept))
        .route("/never", post(async || std::future::pending::<()>().await))
        .route("/", get(async || "ok"))
        .with_state(seen.clone());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
    (url, seen, stop)
}

fn client(stage: Stage, url: &str, path: &str) -> ApiDestinationClient {
    kit::program::install_tls();
    let oauth = OAuth {
        endpoint: format!("{url}/token").parse().unwrap(),
        method: Method::POST,
        client_id: "me".into(),
        client_secret: "s".into(),
        parameters: ConnectionParameters::default(),
    };
    let auth = match stage {
        Stage::Enrichment => Auth::basic("me", &"s".into()),
        Stage::Target => Auth::OAuth(oauth),
    };
    let connection = Arc::new(Connection {
        name: "c".into(),
        auth,
        invocation: ConnectionParameters::default(),
    });
    let destination = Destination {
        name: "d".into(),
        method: Method::POST,
        endpoint: Endpoint::parse(&format!("{url}{path}")).unwrap(),
        rate: 300,
        connection: connection.clone(),
    };
    let invocation = HttpTarget {
        destination: Arc::new(destination),
        parameters: HttpParameters::default(),
    };
    let sender = Sender::new(AllowTargets::new(["127.0.0.1".parse().unwrap()])).unwrap();
    let tokens = Arc::new(TokenCache::new(connection, sender.clone()));
    let deadline = Duration::from_millis(300);
    ApiDestinationClient {
        stage,
        invocation: Arc::new(invocation),
        tokens,
        sender,
        deadline,
        webhook_keys: None,
        outbox: None,
        unfinished: UnfinishedReplies::default(),
    }
}

fn executor(url: &str, path: &str) -> Arc<Executor> {
    enriching(url, path, None, r#"{"body": "<$.body.n>"}"#)
}

fn enriching(url: &str, path: &str, enrichment: Option<&str>, template: &str) -> Arc<Executor> {
    let client = |stage, path| client(stage, url, path);
    let (target, asked) = (
        client(Stage::Target, path),
        enrichment.map(|path| client(Stage::Enrichment, path)),
    );
    let pipe = Pipe {
        name: "p".into(),
        names: ReservedVariables::default(),
        state: DesiredState::Running,
        source: Source {
            arn: String::new(),
            account: String::new(),
            queue: String::new(),
        },
        filter: Filter::default(),
        enrichment: asked.as_ref().map(|client| Enrichment {
            input: Some(Transform::parse(r#"{"ask": <$.body.n>}"#).unwrap()),
            target: EnrichmentTarget::Http(client.invocation.clone()),
        }),
        input: Some(Transform::parse(template).unwrap()),
        target: Target::Http(target.invocation.clone()),
        batch: Batch::default(),
        log: Some(LogConfiguration {
            level: LogLevel::Trace,
            execution_data: true,
        }),
        verdict_rule: None,
        description: serde_json::Map::new(),
        fingerprint: Fingerprint::default(),
        blocked: None,
        place: None,
        rule: None,
    };
    let per_event = |client| PerEvent::ApiDestination(Box::new(client));
    let stages = Stages {
        pipe: Arc::new(pipe),
        enrichment: asked.map(|client| EnrichmentCall::PerEvent(per_event(client))),
        delivery: Delivery::PerEvent(per_event(target)),
    };
    Arc::new(Executor::new(stages, CancellationToken::new()))
}

fn work(body: &str) -> Work {
    let event = Event::from_record(json!({"messageId": "m", "body": body}));
    Work::new("m".into(), None, event, body.len())
}

async fn deliver(executor: &Arc<Executor>, body: &str) -> (Verdict, Vec<Stage>) {
    let (
        _,
        Ending {
            verdict, execution, ..
        },
    ) = executor.clone().deliver(work(body)).await;
    (
        verdict,
        execution
            .unwrap()
            .stages
            .into_iter()
            .map(|(stage, _)| stage)
            .collect(),
    )
}

#[tokio::test]
async fn the_enrichments_answer_replaces_the_event() {
    let (url, seen, _stop) = target().await;
    let executor = enriching(
        &url,
        "/in",
        Some("/echo"),
        r#"{"got": <$.ask>, "was": <$.body>}"#,
    );
    let (verdict, stages) = deliver(&executor, r#"{"n":{"id":7}}"#).await;
    assert_eq!(
        (verdict, stages),
        (Verdict::Delivered, vec![Stage::Enrichment, Stage::Target])
    );
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[0], r#"echo m identity {"ask": {"id":7}}"#,
        "with the message's id, uncompressed"
    );
    assert_eq!(
        seen.last().unwrap(),
        r#"Bearer t2 {"got": {"id":7}, "was": ""}"#
    );
}

#[tokio::test]
async fn an_empty_answer_skips_the_target_with_success_and_a_failure_fails() {
    let (url, seen, _stop) = target().await;
    let enriched = |path| enriching(&url, "/in", Some(path), r#"{"a": 1}"#);
    for path in ["/answer?{}", "/answer?[]", "/answer?\"\"", "/answer"] {
        assert_eq!(
            deliver(&enriched(path), "{}").await,
            (Verdict::Delivered, vec![Stage::Enrichment]),
            "{path}"
        );
    }
    assert!(seen.lock().unwrap().is_empty(), "nobody was called");
    let (verdict, _) = deliver(&enriched("/answer?[{},{}]"), "{}").await;
    assert_eq!(
        verdict.reason(),
        Some("the enrichment returned 2 events, but the target takes 1")
    );
    let (verdict, _) = deliver(&enriched("/none"), "{}").await;
    let reason = verdict.failure().expect("it was rejected");
    assert_eq!(
        (reason.text.as_str(), reason.status),
        ("the enrichment answered 404 Not Found", Some(404))
    );
    assert!(matches!(
        verdict,
        Verdict::Failed {
            cause: Cause::Message,
            ..
        }
    ));
    let (verdict, _) = deliver(&enriched("/compressed"), "{}").await;
    assert!(
        verdict.reason().unwrap().contains("compressed body"),
        "{verdict:?}"
    );
    assert_eq!(
        deliver(&enriched("/answer?[{}]"), "{}").await.0,
        Verdict::Delivered
    );
    assert_eq!(
        seen.lock().unwrap().last().unwrap(),
        r#"Bearer t2 {"a": 1}"#
    );
}

#[tokio::test]
async fn a_refused_token_is_replaced_at_once_and_the_new_one_is_kept() {
    let (url, seen, _stop) = target().await;
    let executor = executor(&url, "/in");
    for _ in 0..2 {
        assert_eq!(
            deliver(&executor, r#"{"n":1}"#).await,
            (Verdict::Delivered, vec![Stage::Target])
        );
    }
    let form = "token grant_type=client_credentials&client_id=me&client_secret=s";
    let body = r#"{"body": "1"}"#;
    let expected = [
        form.into(),
        format!("Bearer t1 {body}"),
        form.into(),
        format!("Bearer t2 {body}"),
    ];
    assert_eq!(
        *seen.lock().unwrap(),
        [expected.as_slice(), &[format!("Bearer t2 {body}")]].concat()
    );
}

#[tokio::test]
async fn silence_is_the_targets_fault_and_a_broken_template_the_messages() {
    let (url, _seen, _stop) = target().await;
    let (verdict, _) = deliver(&executor(&url, "/never"), r#"{"n":1}"#).await;
    assert!(
        matches!(
            verdict,
            Verdict::Failed {
                cause: Cause::Timeout,
                ..
            }
        ),
        "{verdict:?}"
    );
    let (verdict, _) = deliver(&executor(&url, "/in"), r#"{"n":{"secret":1}}"#).await;
    let Verdict::Unsendable { reason } = verdict else {
        panic!("{verdict:?}")
    };
    let reason = reason.text;
    assert!(
        reason.contains("<$.body.n> is within a string") && !reason.contains("secret"),
        "{reason}"
    );
    let (verdict, _) = deliver(&executor("http://127.0.0.1:9", "/in"), "{}").await;
    assert!(
        matches!(
            verdict,
            Verdict::Failed {
                cause: Cause::Unreachable,
                ..
            }
        ),
        "{verdict:?}"
    );
}
