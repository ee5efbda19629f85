//! The addresses below `/_localstack/`, in LocalStack's shape, so that setups that wait for
//! LocalStack can wait for the emulator.
//!
//! The shape is that of LocalStack 4.14.0, the last version that starts without an account. Other
//! addresses there are 404: a bucket of that name cannot exist.

use std::time::Instant;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use kit::time::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

/// The version of LocalStack that the emulator stands in for.
const VERSION: &str = "4.14.0";

/// The stages of LocalStack's start, all of which are over once anything answers.
const STAGES: [(&str, bool); 4] = [
    ("boot", true),
    ("start", true),
    ("ready", true),
    ("shutdown", false),
];

/// The routes. `is_sound` says whether SQS takes requests.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(
    is_sound: impl Fn() -> bool + Clone + Send + Sync + 'static,
) -> Router<S> {
    let (session, begun) = (Uuid::new_v4().to_string(), Instant::now());
    let mut router = Router::new()
        .route("/_localstack/health", get(async move || health(is_sound())))
        .route(
            "/_localstack/init",
            get(async || answer(StatusCode::OK, &init())),
        )
        .route(
            "/_localstack/info",
            get(async move || answer(StatusCode::OK, &info(&session, begun))),
        )
        .route(
            "/_localstack/{*rest}",
            any(async || answer(StatusCode::NOT_FOUND, &not_found())),
        );
    for (stage, completed) in STAGES {
        let body = json!({"completed": completed, "scripts": []});
        router = router.route(
            &format!("/_localstack/init/{stage}"),
            get(async move || answer(StatusCode::OK, &body)),
        );
    }
    router.method_not_allowed_fallback(async || {
        answer(StatusCode::METHOD_NOT_ALLOWED, &no_such_method())
    })
}

/// LocalStack always answers 200; the emulator answers 503 while its disk fails, because some
/// clients look at the status alone.
fn health(is_sound: bool) -> Response {
    let (status, sqs) = if is_sound {
        (StatusCode::OK, "running")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "error")
    };
    answer(
        status,
        &json!({"services": {"s3": "running", "sqs": sqs}, "edition": "community", "version": VERSION}),
    )
}

fn init() -> Value {
    let completed: serde_json::Map<String, Value> = STAGES
        .iter()
        .map(|(stage, completed)| (stage.to_ascii_uppercase(), (*completed).into()))
        .collect();
    json!({"completed": completed, "scripts": []})
}

fn info(session: &str, begun: Instant) -> Value {
    json!({
        "version": VERSION,
        "edition": "community",
        "is_license_activated": false,
        "session_id": session,
        "machine_id": "tidegate",
        "system": std::env::consts::OS,
        "is_docker": std::path::Path::new("/.dockerenv").exists(),
        "server_time_utc": utc(Timestamp::wall()),
        "uptime": begun.elapsed().as_secs(),
        "tidegate": env!("CARGO_PKG_VERSION"),
    })
}

/// `2026-01-01T00:00:00`, as Python writes it.
fn utc(now: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let at = i64::try_from(now.as_secs())
        .ok()
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    at.and_then(|at| at.format(format).ok()).unwrap_or_default()
}

fn not_found() -> Value {
    json!({"error": "Tidegate's emulator has no such address: it answers health, init and info"})
}

fn no_such_method() -> Value {
    json!({"error": "no such method: Tidegate's emulator answers GET here"})
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        format!("{body:#}"),
    )
        .into_response()
}
