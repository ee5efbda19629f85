#![doc = include_str!("../README.md")]

mod event;

use std::net::TcpListener;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use bytes::Bytes;
use clap::Parser;
use http::StatusCode;
use kit::listen::{Host, Listen};
use kit::{aws, serve};
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutLayer;

/// A message of SQS has 1 MiB at most; the pipe's template adds to it.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Storing ends before the pipe's five seconds do, so that the pipe hears of a failure instead of waiting in vain.
const STORE_DEADLINE: Duration = Duration::from_secs(4);

/// A body that has not arrived by then is not waited for: API destinations give up after five seconds.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// The subscriber: keeps what arrives at /sub in S3.
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, credentials by
/// the standard chain. With no endpoint set, it talks to AWS.
#[derive(Debug, Clone, Parser)]
#[command(name = "sub", version)]
pub struct Cli {
    /// The address to bind, or a name of it
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: Host,
    /// The port to bind
    #[arg(long, env = "PORT", default_value_t = 3001)]
    pub port: u16,
    /// The bucket that events are kept in
    #[arg(long, env = "BUCKET", default_value = "donggyu-test-poc")]
    pub bucket: String,
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
        let sdk = aws::config().await;
        let listener = serve::listen(&Listen::at(self.host, self.port), "--port or PORT")?;
        tracing::info!("sub listens on http://{}, keeps events in {}", listener.local_addr()?, self.bucket);
        Ok(Settings { bucket: self.bucket, sdk, listener })
    }
}

/// Serves until `stop` is cancelled.
///
/// # Errors
/// The port broke.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let subscriber = Subscriber { client: client(&settings.sdk), bucket: settings.bucket };
    Ok(serve::serve(settings.listener, subscriber.router(), stop).await?)
}

fn client(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(STORE_DEADLINE).build();
    let config =
        aws_sdk_s3::config::Builder::from(sdk).timeout_config(timeouts).force_path_style(aws::has_endpoint(sdk, "S3"));
    aws_sdk_s3::Client::from_conf(config.build())
}

#[derive(Debug, Clone)]
struct Subscriber {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Subscriber {
    fn router(self) -> Router {
        Router::new()
            .route("/", get(async || "subscriber: POST /sub keeps an event\n"))
            .route("/ping", get(async || "pong\n"))
            .route("/sub", post(keep))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_DEADLINE))
            .with_state(self)
    }
}

/// 200 once the event is stored, 503 when it could not be: the pipe then leaves the message in the queue.
async fn keep(State(subscriber): State<Subscriber>, body: Bytes) -> (StatusCode, String) {
    let event = match event::Event::read(&body) {
        Ok(event) => event,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    let key = event.key();
    let put = subscriber.client.put_object().bucket(&subscriber.bucket).key(&key);
    let put = put.content_type("text/plain; charset=utf-8").body(Bytes::copy_from_slice(event.text.as_bytes()).into());
    match put.send().await {
        Ok(_) => (StatusCode::OK, format!("{key}\n")),
        Err(error) => {
            tracing::warn!(key, "cannot store: {}", aws::explain(&error));
            (StatusCode::SERVICE_UNAVAILABLE, "the event could not be stored\n".to_owned())
        }
    }
}
