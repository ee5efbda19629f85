#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

#[cfg(test)]
mod tests;

mod health;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use clap::Parser;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use kit::call::Call;
use kit::hops::HopArgs;
use kit::listen::Host;
use kit::send::{AllowTargets, Sender};
use kit::{cli, hops, serve};
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

/// How many events one `GET /pub` posts without `?count=`.
const COUNT: u32 = 10;

/// The most posts that one `GET /pub` makes.
const MOST: u32 = 10_000;

/// How many characters of an invalid `count` an error repeats.
const LONGEST_SHOWN: usize = 32;

/// Posts under way at a time.
const AT_A_TIME: usize = 16;

/// API Gateway gives up after 29 seconds. The publisher waits a little longer, to get that
/// response.
const DEADLINE: Duration = Duration::from_secs(30);

/// An answer's body is not used; this much of it is read so that the connection can be used again.
const ANSWER_LIMIT: usize = 64 * 1024;

/// The publisher: GET /pub posts ten events to SUB_HOST.
#[derive(Debug, Clone, Parser)]
#[command(name = "pub", version)]
pub struct Cli {
    /// The address or host name to listen on
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: Host,
    /// The port to listen on; 0 picks a free one
    #[arg(long, env = "PORT", default_value_t = 3000, value_parser = cli::port)]
    pub port: u16,
    /// The URL that events are posted to
    #[arg(long, value_name = "URL", env = "SUB_HOST", default_value = "http://127.0.0.1:8080/events/sub", value_parser = address)]
    pub sub_host: Url,
    /// Log lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
}

/// An address that can be posted to. A name without a scheme, `localhost:8080`, reads as a URL as
/// well.
fn address(text: &str) -> Result<Url, String> {
    let url = text
        .parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "expected http:// or https:// and a host".to_owned())
}

/// A publisher that is ready to serve.
#[derive(Debug)]
pub struct Settings {
    /// Where events are posted.
    pub sub_host: Url,
    /// The port.
    pub listener: TcpListener,
}

impl Cli {
    /// Binds the port.
    ///
    /// # Errors
    /// The port cannot be had; the text names it and what moves it.
    pub async fn prepare(self) -> anyhow::Result<Settings> {
        self.hops.apply();
        let listener = serve::listen_at(self.host, self.port)?;
        tracing::info!(
            "pub listens on http://{}, posts to {}",
            listener.local_addr()?,
            shown(&self.sub_host)
        );
        Ok(Settings {
            sub_host: self.sub_host,
            listener,
        })
    }
}

/// Serves until `stop` is cancelled.
///
/// # Errors
/// The port broke, or the system's certificate authorities cannot be read.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let sender = Sender::new(AllowTargets::anywhere())?;
    let publisher = Publisher {
        sender,
        target: settings.sub_host,
    };
    Ok(serve::serve(settings.listener, publisher.router(), stop).await?)
}

#[derive(Debug, Clone)]
struct Publisher {
    sender: Sender,
    target: Url,
}

/// What `GET /pub` answers.
#[derive(Debug, Default, Serialize)]
struct Published {
    accepted: u32,
    failed: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Publisher {
    fn router(self) -> Router {
        Router::new()
            .route("/", get(async || "publisher: GET /pub posts ten events\n"))
            .route("/ping", get(async || "pong\n"))
            .route("/pub", get(publish).fallback(only_get))
            .fallback(async || {
                (
                    StatusCode::NOT_FOUND,
                    "no such path: expected GET /pub, GET / or GET /ping\n",
                )
            })
            .method_not_allowed_fallback(async || {
                (
                    StatusCode::METHOD_NOT_ALLOWED,
                    "no such method: expected GET\n",
                )
            })
            .with_state(self)
    }

    /// Posts one event. An error holds the reason why it was not accepted.
    async fn post(&self, number: u32) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = Bytes::from(event(number));
        let call = Call {
            method: Method::POST,
            url: self.target.clone(),
            headers,
            body,
        };
        let begun = Instant::now();
        let sent = self.sender.send(call, DEADLINE, ANSWER_LIMIT).await;
        if let Ok(reply) = &sent
            && hops::are_logged()
        {
            let request_id = reply
                .headers
                .get("x-amzn-requestid")
                .and_then(|id| id.to_str().ok());
            let (status, ms) = (reply.status.as_u16(), begun.elapsed().as_millis() as u64);
            tracing::info!(request_id, status, ms, "posted");
        }
        match sent {
            Ok(reply) if reply.status.is_success() => Ok(()),
            Ok(reply) => Err(format!("{} answered {}", shown(&self.target), reply.status)),
            Err(error) => Err(format!("{}: {error}", shown(&self.target))),
        }
    }
}

/// The address without what may be a secret in it: user, password and query.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The body of one event, compact.
fn event(number: u32) -> String {
    let id = Uuid::new_v4().to_string();
    json!({"body": {"id": id, "name": format!("leedonggyu-{number}"), "age": 31, "job": "devops"}})
        .to_string()
}

/// How many events a query asks for; `count` counts, nothing else is looked at.
fn count(query: &str) -> Result<u32, String> {
    let counts: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "count")
        .collect();
    let expected = || format!("expected a whole number from 0 to {MOST}");
    match counts.as_slice() {
        [] => Ok(COUNT),
        [(_, text)] => text
            .parse()
            .ok()
            .filter(|count| *count <= MOST)
            .ok_or_else(|| {
                let shown: String = text.chars().take(LONGEST_SHOWN).collect();
                format!("count={shown}: {}", expected())
            }),
        _ => Err(format!(
            "count is given {} times: {}",
            counts.len(),
            expected()
        )),
    }
}

fn wrong(status: StatusCode, error: String) -> Response {
    (
        status,
        Json(Published {
            error: Some(error),
            ..Published::default()
        }),
    )
        .into_response()
}

async fn only_get() -> Response {
    let mut response = wrong(
        StatusCode::METHOD_NOT_ALLOWED,
        "no such method: expected GET".to_owned(),
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

async fn publish(State(publisher): State<Publisher>, RawQuery(query): RawQuery) -> Response {
    match count(&query.unwrap_or_default()) {
        Ok(count) => publish_all(publisher, count).await.into_response(),
        Err(error) => wrong(StatusCode::BAD_REQUEST, error),
    }
}

async fn publish_all(publisher: Publisher, count: u32) -> (StatusCode, Json<Published>) {
    let mut published = Published::default();
    let mut posts = JoinSet::new();
    for number in 0..count {
        if posts.len() == AT_A_TIME {
            published.note(posts.join_next().await);
        }
        let publisher = publisher.clone();
        posts.spawn(async move { publisher.post(number).await });
    }
    while let Some(result) = posts.join_next().await {
        published.note(Some(result));
    }
    let status = if published.failed == 0 {
        StatusCode::OK
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    tracing::info!(
        accepted = published.accepted,
        failed = published.failed,
        error = published.error,
        "published"
    );
    (status, Json(published))
}

impl Published {
    fn note(&mut self, result: Option<Result<Result<(), String>, tokio::task::JoinError>>) {
        match result {
            Some(Ok(Ok(()))) => self.accepted += 1,
            Some(Ok(Err(error))) => self.fail(error),
            Some(Err(error)) => self.fail(error.to_string()),
            None => {}
        }
    }

    fn fail(&mut self, error: String) {
        self.failed += 1;
        self.error.get_or_insert(error);
    }
}
