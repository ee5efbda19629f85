#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod bucket;
mod event;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use bytes::Bytes;
use clap::Parser;
use http::{HeaderMap, StatusCode};
use kit::aws::{Endpoint, Reachability};
use kit::health::Address;
use kit::hops::HopArgs;
use kit::listen::{Host, Listen};
use kit::{aws, cli, hops, serve};
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutLayer;

/// A message of SQS has 1 MiB at most; the pipe's template adds to it.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Storing ends before the pipe's five seconds do, so that the pipe gets a response instead of a
/// timeout.
const STORE_DEADLINE: Duration = Duration::from_secs(4);

/// How long the subscriber waits for a body: API destinations give up after five seconds.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// The subscriber: stores the events that arrive at /sub in S3.
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL,
/// AWS_ENDPOINT_URL_S3, credentials by the standard chain. Without an endpoint, sub uses AWS
/// itself.
#[derive(Debug, Clone, Parser)]
#[command(name = "sub", version)]
pub struct Cli {
    /// The address or host name to listen on
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: Host,
    /// The port to listen on; 0 picks a free one
    #[arg(long, env = "PORT", default_value_t = 3001, value_parser = cli::port)]
    pub port: u16,
    /// The bucket that stores the events
    #[arg(long, env = "BUCKET", default_value = "donggyu-test-poc", value_parser = bucket::name)]
    pub bucket: String,
    /// Log lines about single messages
    #[command(flatten)]
    pub hops: HopArgs,
}

/// A subscriber that is ready to serve.
#[derive(Debug)]
pub struct Settings {
    /// The bucket that events are kept in.
    pub bucket: String,
    /// Credentials, region and endpoint.
    pub sdk: SdkConfig,
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
        let (sdk, account) = (aws::config().await?, aws::account_of_environment()?);
        let listener = serve::listen_at(self.host, self.port)?;
        tracing::info!(
            "sub listens on http://{}, stores events in {}",
            listener.local_addr()?,
            self.bucket
        );
        tracing::info!(
            "sub {}",
            aws::introduction(&sdk, &["S3"], account.as_deref())
        );
        Ok(Settings {
            bucket: self.bucket,
            sdk,
            listener,
        })
    }
}

impl kit::program::Settings for Cli {
    fn health(&self) -> Address {
        Address::new(Listen::at(self.host.clone(), self.port), "/ping")
    }
}

/// Serves until `stop` is cancelled.
///
/// # Errors
/// The port broke.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let (client, bucket) = (client(&settings.sdk), settings.bucket);
    let s3 = Arc::new(Reachability::of(Endpoint::of(&settings.sdk, "S3")));
    tokio::spawn(look_for_s3(
        s3.clone(),
        client.clone(),
        bucket.clone(),
        stop.clone(),
    ));
    let subscriber = Subscriber { client, bucket, s3 };
    Ok(serve::serve(settings.listener, subscriber.router(), stop).await?)
}

/// Logs that S3 does not answer at its endpoint, before the first event arrives.
async fn look_for_s3(
    s3: Arc<Reachability>,
    client: aws_sdk_s3::Client,
    bucket: String,
    stop: CancellationToken,
) {
    let ask = || {
        let asked = client.head_bucket().bucket(&bucket).send();
        async move {
            match asked.await {
                Ok(_) | Err(SdkError::ServiceError(_)) => Ok(()),
                Err(error) => Err(aws::explain(&error)),
            }
        }
    };
    s3.watch(ask, &stop).await;
}

fn client(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(STORE_DEADLINE)
        .build();
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .timeout_config(timeouts)
        .force_path_style(aws::has_endpoint(sdk, "S3"));
    aws_sdk_s3::Client::from_conf(config.build())
}

#[derive(Debug, Clone)]
struct Subscriber {
    client: aws_sdk_s3::Client,
    bucket: String,
    s3: Arc<Reachability>,
}

impl Subscriber {
    fn router(self) -> Router {
        Router::new()
            .route("/", get(async || "subscriber: POST /sub stores an event\n"))
            .route("/ping", get(async || "pong\n"))
            .route("/sub", post(keep))
            .fallback(async || {
                (
                    StatusCode::NOT_FOUND,
                    "no such path: expected POST /sub, GET / or GET /ping\n",
                )
            })
            .method_not_allowed_fallback(async || {
                (
                    StatusCode::METHOD_NOT_ALLOWED,
                    "no such method: expected POST /sub, GET / or GET /ping\n",
                )
            })
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                REQUEST_DEADLINE,
            ))
            .with_state(self)
    }
}

/// 200 once the event is stored, 503 when it could not be: the pipe then leaves the message in the
/// queue.
async fn keep(
    State(subscriber): State<Subscriber>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let begun = Instant::now();
    // The id that the message has in its queue; nothing of its content is for the log.
    let message_id = headers
        .get("webhook-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let (status, text) = store(&subscriber, message_id, &body).await;
    if status.is_success() && hops::are_logged() {
        let ms = begun.elapsed().as_millis() as u64;
        tracing::info!(message_id, status = status.as_u16(), ms, "stored");
    }
    (status, text)
}

async fn store(subscriber: &Subscriber, message_id: &str, body: &[u8]) -> (StatusCode, String) {
    let event = match event::Event::read(body) {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!(message_id, "not stored: {error}");
            return (StatusCode::BAD_REQUEST, format!("{error}\n"));
        }
    };
    let key = event.key();
    let put = subscriber
        .client
        .put_object()
        .bucket(&subscriber.bucket)
        .key(&key);
    let put = put
        .content_type("text/plain; charset=utf-8")
        .body(Bytes::copy_from_slice(event.text.as_bytes()).into());
    match put.send().await {
        Ok(_) => {
            subscriber.s3.answered();
            (StatusCode::OK, format!("{key}\n"))
        }
        Err(error) => {
            // Not which event: its id is a part of the message. Its place in the queue is not.
            match error {
                SdkError::ServiceError(_) => {
                    tracing::warn!(message_id, "not stored: {}", aws::explain(&error));
                }
                _ => subscriber.s3.failed(&aws::explain(&error)),
            }
            refused(error.code())
        }
    }
}

/// Error codes for objects that a bucket never accepts, because of their key or their size. All
/// other errors depend on credentials, settings or the moment.
const NEVER: [&str; 4] = [
    "EntityTooLarge",
    "InvalidURI",
    "KeyTooLongError",
    "XMinioInvalidObjectName",
];

/// The answer for an event that S3 did not take.
fn refused(code: Option<&str>) -> (StatusCode, String) {
    match code.filter(|code| NEVER.contains(code)) {
        Some(code) => (
            StatusCode::BAD_REQUEST,
            format!("the bucket rejects this object: {code}\n"),
        ),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the event could not be stored\n".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_never_be_stored_is_the_events_fault() {
        for code in NEVER {
            assert_eq!(refused(Some(code)).0, StatusCode::BAD_REQUEST);
        }
        for code in [
            "NoSuchBucket",
            "AccessDenied",
            "ExpiredToken",
            "AuthorizationHeaderMalformed",
            "SlowDown",
        ] {
            assert_eq!(
                refused(Some(code)).0,
                StatusCode::SERVICE_UNAVAILABLE,
                "{code}"
            );
        }
        assert_eq!(refused(None).0, StatusCode::SERVICE_UNAVAILABLE);
    }
}
