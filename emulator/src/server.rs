//! Door: HTTP in, HTTP out; SQS and S3 on one port. Long polls wait in the [`Node`].

mod date;
mod metrics;
mod other_services;
mod peek;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use kit::time::Timestamp;
use uuid::Uuid;

use crate::action::{Caller, Cooldowns};
use crate::cors;
use crate::endpoint::Strategy;
use crate::fault::Fault;
use crate::localstack;
use crate::node::Node;
use crate::protocol::query::{self, Rendering};
use crate::protocol::{self, Protocol, json};
use crate::s3::S3Service;
use crate::signature::Credentials;
use crate::store::Health;

/// A batch has 1 MiB of content at most; escaped as JSON or as a form, it can be six times as long.
const SQS_LIMIT: usize = 8 * 1024 * 1024;

/// The body of SQS's response to a request without an action: `docs/aws/sqs.md#query-requests`.
const UNKNOWN_OPERATION: &str = "<UnknownOperationException/>";

/// What the routes share.
#[derive(Debug)]
pub struct Emulator {
    node: Node,
    buckets: S3Service,
    region: String,
    credentials: Option<Credentials>,
    cooldowns: Cooldowns,
    strategy: Strategy,
}

impl Emulator {
    /// SQS and S3 behind one router. `region` is that of requests whose signature names none.
    pub fn new(node: Node, buckets: S3Service, region: String) -> Emulator {
        Emulator {
            node,
            buckets,
            region,
            credentials: None,
            cooldowns: Cooldowns::AsAws,
            strategy: Strategy::Dynamic,
        }
    }

    /// Requires requests to SQS to be signed with these credentials.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Emulator {
        Emulator {
            credentials,
            ..self
        }
    }

    /// Sets whether PurgeQueue and DeleteQueue have SQS's cooldown of 60 seconds.
    #[must_use]
    pub fn with_cooldowns(self, cooldowns: Cooldowns) -> Emulator {
        Emulator { cooldowns, ..self }
    }

    /// Sets the form of the queue URLs in responses.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Emulator {
        Emulator { strategy, ..self }
    }

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

    fn caller(&self, parts: &Parts) -> Caller {
        Caller {
            cooldowns: self.cooldowns,
            strategy: self.strategy,
            ..protocol::caller(parts, &self.region)
        }
    }

    async fn sqs(&self, parts: &Parts, body: &[u8], protocol: Protocol) -> Response {
        let caller = self.caller(parts);
        let request_id = Uuid::new_v4().to_string();
        let admitted = self
            .credentials
            .as_ref()
            .map_or(Ok(()), |known| known.verify(parts, body, Timestamp::wall()));
        let mut response = match (protocol, admitted) {
            (Protocol::Query, Ok(())) => self.query(parts, body, &caller, &request_id).await,
            (Protocol::Query, Err(fault)) => refuse(&fault, &request_id, rendering(parts)),
            (_, Ok(())) => self.json(parts, body, &caller).await,
            (_, Err(fault)) => refuse_json(&fault),
        };
        name_request(&mut response, &request_id);
        ::metrics::counter!("emulator_sqs_requests_total", "status" => response.status().as_u16().to_string())
            .increment(1);
        response
    }

    /// Whether a request opens the address of a queue without an action, as a browser does. The
    /// address could be that of an object too, so the queue has to exist.
    fn is_bare_queue(&self, parts: &Parts) -> bool {
        let is_bare = parts.method == Method::GET
            && parts.uri.query().is_none()
            && !parts.headers.contains_key(AUTHORIZATION);
        is_bare
            && protocol::is_queue_path(parts.uri.path())
            && self.node.has_queue(parts.uri.path(), &self.caller(parts))
    }

    async fn s3(&self, parts: Parts, body: Body) -> Response {
        let response = self.buckets.call(Request::from_parts(parts, body)).await;
        ::metrics::counter!("emulator_s3_requests_total", "status" => response.status().as_u16().to_string())
            .increment(1);
        response
    }

    async fn json(&self, parts: &Parts, body: &[u8], caller: &Caller) -> Response {
        let target = protocol::header(&parts.headers, "x-amz-target").unwrap_or_default();
        let name = target.strip_prefix(protocol::TARGET).unwrap_or_default();
        let result = match json::read(name, body) {
            Ok(action) => self.node.execute(action, caller).await,
            Err(fault) => Err(fault),
        };
        match result {
            Ok(output) => respond(StatusCode::OK, json::CONTENT_TYPE, json::output(&output)),
            Err(fault) => refuse_json(&fault),
        }
    }

    async fn query(
        &self,
        parts: &Parts,
        body: &[u8],
        caller: &Caller,
        request_id: &str,
    ) -> Response {
        let rendering = rendering(parts);
        let form = if protocol::is_form(&parts.headers) {
            body
        } else {
            &[]
        };
        let (name, action) = match query::read(
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
            form,
        ) {
            Ok(read) => read,
            // Even when JSON was asked for: `docs/aws/sqs.md#query-requests`.
            Err(query::FormError::NoAction) => {
                return respond(
                    StatusCode::NOT_FOUND,
                    "text/xml",
                    UNKNOWN_OPERATION.to_owned(),
                );
            }
            Err(query::FormError::Fault(fault)) => return refuse(&fault, request_id, rendering),
        };
        match self.node.execute(action, caller).await {
            Ok(output) => {
                let body = query::output(&name, &output, request_id, rendering);
                respond(StatusCode::OK, rendering.content_type(), body)
            }
            Err(fault) => refuse(&fault, request_id, rendering),
        }
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
        protocol => emulator.sqs(&parts, &body, protocol).await,
    };
    cors::allow(&parts.headers, response.headers_mut());
    response
}

/// Adds the id of the request, which every service has in its responses.
fn name_request(response: &mut Response, request_id: &str) {
    let id = HeaderValue::from_str(request_id).expect("a UUID is plain ASCII");
    response.headers_mut().insert("x-amzn-requestid", id);
}

fn length(parts: &Parts) -> Option<u64> {
    protocol::header(&parts.headers, "content-length")?
        .parse()
        .ok()
}

fn too_large(parts: &Parts) -> Response {
    let fault = Fault::RequestTooLarge;
    if parts.headers.contains_key("x-amz-target") {
        return refuse_json(&fault);
    }
    refuse(&fault, "", Rendering::Xml)
}

fn rendering(parts: &Parts) -> Rendering {
    Rendering::of(protocol::header(&parts.headers, "accept"))
}

fn refuse_json(fault: &Fault) -> Response {
    let (body, query_error) = json::fault(fault);
    let mut response = respond(status(fault), json::CONTENT_TYPE, body);
    if let Ok(value) = HeaderValue::from_str(&query_error) {
        response.headers_mut().insert("x-amzn-query-error", value);
    }
    response
}

fn refuse(fault: &Fault, request_id: &str, rendering: Rendering) -> Response {
    respond(
        status(fault),
        rendering.content_type(),
        query::fault(fault, request_id, rendering),
    )
}

fn status(fault: &Fault) -> StatusCode {
    StatusCode::from_u16(fault.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (
        status,
        [(CONTENT_TYPE, HeaderValue::from_static(content_type))],
        Bytes::from(body),
    )
        .into_response()
}
