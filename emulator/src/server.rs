//! Door: HTTP in, HTTP out; SQS and S3 on one port. Long polls wait in the [`Node`](crate::Node).

mod date;
mod emulator;
mod events;
mod metrics;
mod other_services;
mod peek;
mod response;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use crate::cors;
use crate::localstack;
use crate::protocol::{self, Protocol};
use crate::store::Health;
use emulator::UNKNOWN_OPERATION;
use response::{SQS_LIMIT, respond, too_large};

pub use emulator::Emulator;

impl Emulator {
    /// The routes: the services, `/healthz`, `/metrics` for unsigned requests, and LocalStack's own
    /// addresses, which setups made for it use.
    pub fn router(self) -> Router {
        let node = self.node.clone();
        Router::new()
            .route("/healthz", get(healthz))
            .method_not_allowed_fallback(async || {
                (
                    StatusCode::METHOD_NOT_ALLOWED,
                    "no such method: expected GET\n",
                )
            })
            .route("/_aws/sqs/messages", any(peek::by_url))
            .route("/_aws/sqs/messages/", any(peek::by_url))
            .route(
                "/_aws/sqs/messages/{region}/{account}/{queue}",
                any(peek::by_path),
            )
            .merge(localstack::router(move || node.health() != Health::Failed))
            .fallback(serve)
            .layer(axum::middleware::map_response(date::dated))
            .with_state(Arc::new(self))
    }
}

/// Whether the emulator works. With a full disk it still does, for the most part.
async fn healthz(State(emulator): State<Arc<Emulator>>) -> (StatusCode, &'static str) {
    match emulator.node.health() {
        Health::Sound if emulator.node.is_memory_full() => (
            StatusCode::OK,
            "ok, but the memory limit is reached: new messages are refused\n",
        ),
        Health::Sound => (StatusCode::OK, "ok\n"),
        Health::Full => (
            StatusCode::OK,
            "ok, but the disk is full: new messages are refused\n",
        ),
        Health::Failed => {
            let text = "the disk failed, requests are refused until it can be written again: see the log\n";
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
    }
}

async fn serve(State(emulator): State<Arc<Emulator>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if metrics::is_asked(&parts) {
        return metrics::answer(&emulator, &parts);
    }
    if parts.method == Method::OPTIONS
        && cors::is_for_queue(&parts, |name| emulator.buckets.has_bucket(name))
    {
        return cors::preflight(&parts.headers);
    }
    // Only a short form can be SQS's without saying so in its head: it is read to find out,
    // anything else is streamed.
    let is_short = length(&parts).is_some_and(|length| length <= SQS_LIMIT as u64);
    if emulator.is_bare_queue(&parts) {
        return respond(
            StatusCode::NOT_FOUND,
            "text/xml",
            UNKNOWN_OPERATION.to_owned(),
        );
    }
    if Protocol::detect(&parts, None) == Protocol::S3
        && !(protocol::is_form(&parts.headers) && is_short)
    {
        return emulator.s3(parts, body).await;
    }
    let body = match Limited::new(body, SQS_LIMIT).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return too_large(&parts),
    };
    let mut response = match Protocol::detect(&parts, std::str::from_utf8(&body).ok()) {
        Protocol::S3 => return emulator.s3(parts, Body::from(body)).await,
        Protocol::Unsupported(service) => other_services::absent(&service),
        Protocol::Sts => emulator.sts(&parts, &body),
        Protocol::Events => emulator.events(&parts, &body).await,
        protocol => emulator.sqs(&parts, &body, protocol).await,
    };
    cors::allow(&parts.headers, response.headers_mut());
    response
}

fn length(parts: &Parts) -> Option<u64> {
    protocol::header(&parts.headers, "content-length")?
        .parse()
        .ok()
}
