//! Against a small HTTP target on loopback: what arrives there, and what its answers mean.

use super::*;
use crate::connection::{Auth, OAuth, Parameters};
use crate::definition::{DesiredState, LogLevel, Source, Target};
use crate::filter::Filter;
use crate::target::{Destination, Endpoint, HttpParameters};
use crate::transform::{Names, Transform};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use http::Method;
use kit::send::AllowTargets;
use serde_json::json;
use std::sync::Mutex;
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
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        seen.lock().unwrap().push(format!("{} {body}", authorization.as_deref().unwrap_or_default()));
        if authorization.as_deref() == Some("Bearer t2") { StatusCode::ACCEPTED } else { StatusCode::UNAUTHORIZED }
    };
    let app = Router::new()
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

fn courier(url: &str, path: &str) -> Arc<Courier> {
    kit::program::install_tls();
    let oauth = OAuth {
        endpoint: format!("{url}/token").parse().unwrap(),
        method: Method::POST,
        client_id: "me".into(),
        client_secret: "s".into(),
        parameters: Parameters::default(),
    };
    let connection =
        crate::connection::Connection { name: "c".into(), auth: Auth::OAuth(oauth), invocation: Parameters::default() };
    let connection = Arc::new(connection);
    let destination = Destination {
        arn: String::new(),
        name: "d".into(),
        method: Method::POST,
        endpoint: Endpoint::parse(&format!("{url}{path}")).unwrap(),
        rate: 300,
        connection: connection.clone(),
    };
    let pipe = Pipe {
        name: "p".into(),
        names: Names::default(),
        state: DesiredState::Running,
        source: Source { arn: String::new(), account: String::new(), queue: String::new() },
        filter: Filter::default(),
        input: Some(Transform::parse(r#"{"body": "<$.body.n>"}"#).unwrap()),
        target: Target { destination: Arc::new(destination), parameters: HttpParameters::default() },
        log: LogLevel::Error,
    };
    let sender = Sender::new(AllowTargets::new(["127.0.0.1".parse().unwrap()])).unwrap();
    let authorizer = Arc::new(Authorizer::new(connection, sender.clone()));
    Arc::new(Courier { pipe: Arc::new(pipe), sender, authorizer, deadline: Duration::from_millis(300) })
}

fn work(body: &str) -> Work {
    let event = Event::from_record(json!({"messageId": "m", "body": body}));
    Work { id: "m".into(), group: None, event, tries: 0, is_probe: false }
}

#[tokio::test]
async fn a_refused_token_is_replaced_at_once_and_the_new_one_is_kept() {
    let (url, seen, _stop) = target().await;
    let courier = courier(&url, "/in");
    for _ in 0..2 {
        let (_, verdict) = courier.clone().deliver(work(r#"{"n":1}"#)).await;
        assert_eq!(verdict, Verdict::Delivered);
    }
    let form = "token grant_type=client_credentials&client_id=me&client_secret=s";
    let body = r#"{"body": "1"}"#;
    let expected = [form.into(), format!("Bearer t1 {body}"), form.into(), format!("Bearer t2 {body}")];
    assert_eq!(*seen.lock().unwrap(), [expected.as_slice(), &[format!("Bearer t2 {body}")]].concat());
}

#[tokio::test]
async fn silence_is_the_targets_fault_and_a_broken_template_the_messages() {
    let (url, _seen, _stop) = target().await;
    let (_, verdict) = courier(&url, "/never").deliver(work(r#"{"n":1}"#)).await;
    assert!(matches!(verdict, Verdict::Down { suspect: true, .. }), "{verdict:?}");
    let (_, verdict) = courier(&url, "/in").deliver(work(r#"{"n":{"secret":1}}"#)).await;
    let Verdict::Rejected { reason } = verdict else { panic!("{verdict:?}") };
    assert!(reason.contains("<$.body.n> stands inside a string") && !reason.contains("secret"), "{reason}");
    let (_, verdict) = courier("http://127.0.0.1:9", "/in").deliver(work("{}")).await;
    assert!(matches!(verdict, Verdict::Down { suspect: false, .. }), "{verdict:?}");
}

#[test]
fn the_ingestion_time_is_iso_8601() {
    let text = ingestion_time();
    assert!(text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{text}");
}
