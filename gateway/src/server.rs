//! Door: HTTP in, HTTP out. Reads a request within its limits, has the call planned, sends it, writes the answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::Response as HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kit::call::{Call, Reply};
use kit::send::SendError;
use kit::time::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::api::{Apis, Backend};
use crate::fault::{Fault, PAYLOAD_LIMIT};
use crate::integration::sqs::SendMessage;
use crate::integration::{Exchange, Plan, Response};
use crate::request::{Request, parse_query};
use crate::route::{NoRoute, route};
use crate::service::{ServiceError, Services};
use crate::sqs::{Messages, NoAnswer};

/// Fact sheet section 9.5.
const URL_LIMIT: usize = 10_240;
const HEADER_LIMIT: usize = 10_240;

/// A client may take this long to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(29);

/// Memory for payloads under way, in KiB. Who comes when it is used up waits for room.
const PAYLOAD_BUDGET: usize = 512 * 1024;

/// The gateway behind its port.
#[derive(Debug)]
pub struct Gateway {
    apis: Apis,
    account_id: String,
    messages: Messages,
    services: Services,
    payloads: Semaphore,
}

impl Gateway {
    /// A gateway for these APIs. `account_id` is what `$context.accountId` shows.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(apis: Apis, account_id: String, sdk: &SdkConfig) -> std::io::Result<Gateway> {
        let (messages, services) = (Messages::new(sdk.clone()), Services::new(sdk.clone())?);
        Ok(Gateway { apis, account_id, messages, services, payloads: Semaphore::new(PAYLOAD_BUDGET) })
    }

    /// The public port: every path belongs to the APIs.
    pub fn router(self: Arc<Gateway>) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    /// A request that has its body: route, plan, call, respond.
    async fn answer(&self, request: &Request) -> Result<Response, Fault> {
        let host = request.header("host").unwrap_or_default();
        let route = route(&self.apis, host, &request.method, &request.path)
            .map_err(|reason| no_route(reason, &request.headers))?;
        let mut exchange = Exchange::new(&route, request, &self.account_id);
        let reply = match exchange.plan()? {
            Plan::Reply(reply) => reply,
            Plan::Call(call) => {
                let integration = &route.method.integration;
                let begun = Instant::now();
                let reply = self.call(call, &integration.backend, integration.timeout).await;
                metrics::histogram!("gateway_integration_latency_seconds").record(begun.elapsed());
                reply.inspect_err(
                    |fault| tracing::warn!(request_id = %request.request_id, ?fault, "no reply from the integration"),
                )?
            }
        };
        exchange.respond(&reply)
    }

    async fn call(&self, call: Call, backend: &Backend, timeout: Duration) -> Result<Reply, Fault> {
        let Backend::Aws(uri) = backend else { return Err(Fault::ConfigurationError) };
        if let Some(message) = SendMessage::read(&call) {
            let protocol = message.protocol;
            let sent = tokio::time::timeout(timeout, self.messages.send(message)).await;
            return match sent.unwrap_or(Err(NoAnswer::TimedOut)) {
                Ok(outcome) => Ok(outcome.reply(protocol)),
                Err(NoAnswer::TimedOut) => Err(Fault::IntegrationTimeout),
                Err(NoAnswer::NoCredentials(reason)) => {
                    tracing::error!("execution failed due to configuration error: {reason}");
                    Err(Fault::ConfigurationError)
                }
                Err(NoAnswer::Unreachable(reason)) => {
                    tracing::warn!("SQS does not answer: {reason}");
                    Err(Fault::IntegrationFailure)
                }
            };
        }
        let reply = self.services.send(call, &uri.service, &uri.region, timeout).await;
        reply.map_err(|error| match error {
            ServiceError::Send(SendError::Timeout(_)) => Fault::IntegrationTimeout,
            ServiceError::Send(error) => {
                tracing::warn!("{} does not answer: {error}", uri.service);
                Fault::IntegrationFailure
            }
            error => {
                tracing::error!("execution failed due to configuration error: {error}");
                Fault::ConfigurationError
            }
        })
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    incoming: http::Request<Body>,
) -> HttpResponse {
    let begun = Instant::now();
    let (parts, body) = incoming.into_parts();
    let mut request = request(parts, peer);
    let answer = match read(&gateway, &request, body).await {
        // The room stays taken for as long as the payload is in memory.
        Ok((body, _room)) => {
            request.body = body;
            gateway.answer(&request).await
        }
        Err(fault) => Err(fault),
    };
    let answer = match answer {
        Ok(response) => written(&request, response),
        Err(fault) => refused(&request, &fault),
    };
    let status = answer.status().as_u16();
    tracing::debug!(request_id = %request.request_id, method = %request.method, path = %request.path, status, "answered");
    metrics::counter!("gateway_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("gateway_latency_seconds").record(begun.elapsed());
    answer
}

fn request(parts: Parts, peer: SocketAddr) -> Request {
    let mut headers = parts.headers;
    if !headers.contains_key("host")
        && let Some(host) = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
    {
        headers.insert("host", host);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let method =
        text("x-http-method-override").and_then(|verb| verb.to_uppercase().parse().ok()).unwrap_or(parts.method);
    let request_id = text("x-amzn-requestid").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_else(Uuid::new_v4);
    let received = Timestamp::now();
    let trace_id = text("x-amzn-trace-id").map_or_else(|| trace_id(received), ToOwned::to_owned);
    Request {
        method,
        path: parts.uri.path().to_owned(),
        query: parse_query(parts.uri.query().unwrap_or_default()),
        headers,
        body: Bytes::new(),
        source_ip: peer.ip().to_canonical(),
        received,
        request_id: request_id.to_string(),
        extended_request_id: STANDARD.encode(std::array::from_fn::<u8, 11, _>(|_| fastrand::u8(..))),
        trace_id,
    }
}

/// `Root=1-{8 hex of the time}-{24 hex}`.
fn trace_id(at: Timestamp) -> String {
    format!("Root=1-{:08x}-{:024x}", at.as_secs(), fastrand::u128(..) >> 32)
}

/// The body, within every limit.
async fn read<'g>(gateway: &'g Gateway, request: &Request, body: Body) -> Result<(Bytes, SemaphorePermit<'g>), Fault> {
    let url =
        request.path.len() + request.query.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
    if url > URL_LIMIT {
        return Err(Fault::UriTooLong);
    }
    if request.headers.values().map(HeaderValue::len).sum::<usize>() > HEADER_LIMIT {
        return Err(Fault::HeadersTooLarge);
    }
    let announced = request.header(CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: usize| length > PAYLOAD_LIMIT) {
        return Err(Fault::RequestTooLarge);
    }
    let room = u32::try_from(announced.unwrap_or(PAYLOAD_LIMIT) / 1024 + 1).unwrap_or(u32::MAX);
    let room = gateway.payloads.acquire_many(room).await.map_err(|_| Fault::Throttled)?;
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, PAYLOAD_LIMIT).collect()).await {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), room)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Fault::RequestTooLarge),
        // The client broke off; nobody will read the answer.
        Ok(Err(_)) | Err(_) => Err(Fault::RequestTimeout),
    }
}

/// Unknown paths look like missing credentials. Fact sheet section 9.4.
fn no_route(reason: NoRoute, headers: &HeaderMap) -> Fault {
    match (reason, headers.get(AUTHORIZATION)) {
        (NoRoute::Forbidden, _) => Fault::Forbidden,
        (NoRoute::MissingAuthenticationToken, Some(value)) if !value.as_bytes().starts_with(b"AWS4-") => {
            Fault::InvalidSignature(STANDARD.encode(Sha256::digest(value.as_bytes())))
        }
        (NoRoute::MissingAuthenticationToken, _) => Fault::MissingAuthenticationToken,
    }
}

fn written(request: &Request, response: Response) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(response.body));
    *answer.status_mut() = response.status;
    for (name, value) in response.headers {
        // A value from a reply or a template may hold what HTTP does not allow; such a header is left out.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            answer.headers_mut().insert(name, value);
        }
    }
    generated(request, answer.headers_mut());
    if let Ok(trace) = HeaderValue::from_str(&request.trace_id) {
        answer.headers_mut().insert("x-amzn-trace-id", trace);
    }
    answer
}

fn refused(request: &Request, fault: &Fault) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(fault.body()));
    *answer.status_mut() = fault.status();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(fault.content_type()));
    if let Some(error_type) = fault.error_type() {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        generated(request, headers);
    }
    answer
}

/// Headers on every answer that belongs to an API. Fact sheet sections 7.3 and 10.4.
fn generated(request: &Request, headers: &mut HeaderMap) {
    for (name, value) in [("x-amzn-requestid", &request.request_id), ("x-amz-apigw-id", &request.extended_request_id)] {
        headers.insert(name, HeaderValue::from_str(value).expect("ids are plain ASCII"));
    }
}
