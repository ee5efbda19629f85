//! Door: the execution log on the admin port.
//!
//! `POST /execution-log?resource=/events/{proxy%2B}&method=POST&count=1` records the next request
//! like that, `GET /execution-log` shows what was recorded.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;

use super::demand::Wish;
use super::keeper::ExecutionLogs;

/// The most requests of one wish.
const MOST: u32 = 100;

/// The routes of the admin port.
pub(crate) fn routes(logs: Arc<ExecutionLogs>) -> Router {
    Router::new()
        .route("/execution-log", get(all).post(wish))
        .route("/execution-log/{request_id}", get(one))
        .with_state(logs)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LogQuery {
    request_id: Option<String>,
    method: Option<String>,
    resource: Option<String>,
    stage: Option<String>,
    #[serde(default = "one_request")]
    count: u32,
}

fn one_request() -> u32 {
    1
}

async fn wish(
    State(logs): State<Arc<ExecutionLogs>>,
    asked: Result<Query<LogQuery>, axum::extract::rejection::QueryRejection>,
) -> (StatusCode, String) {
    let Ok(Query(asked)) = asked else {
        let expected =
            "expected any of request-id, method, resource, stage and count in the query\n";
        return (StatusCode::BAD_REQUEST, expected.to_owned());
    };
    if !(1..=MOST).contains(&asked.count) {
        let message = format!("count must be between 1 and {MOST}, got {}\n", asked.count);
        return (StatusCode::BAD_REQUEST, message);
    }
    let count = asked.count;
    let wish = Wish {
        request_id: asked.request_id,
        verb: asked.method,
        resource: asked.resource,
        stage: asked.stage,
        count,
    };
    if !logs.wish(wish) {
        let message = "too many requests for logs are waiting: they expire after ten minutes\n";
        return (StatusCode::TOO_MANY_REQUESTS, message.to_owned());
    }
    let message = format!(
        "the next {count} of these requests within ten minutes will be recorded: GET /execution-log shows them\n"
    );
    (StatusCode::ACCEPTED, message)
}

async fn all(State(logs): State<Arc<ExecutionLogs>>) -> String {
    text(&logs.kept(None))
}

async fn one(
    State(logs): State<Arc<ExecutionLogs>>,
    Path(request_id): Path<String>,
) -> (StatusCode, String) {
    let lines = logs.kept(Some(&request_id));
    if lines.is_empty() {
        let message = "no request with this id was recorded\n";
        return (StatusCode::NOT_FOUND, message.to_owned());
    }
    (StatusCode::OK, text(&lines))
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
