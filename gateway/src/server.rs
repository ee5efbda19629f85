//! Door: HTTP in, HTTP out. Reads a request within its limits, has the call planned, sends it, writes the answer.

mod answer;
mod arrival;
mod intake;
#[cfg(test)]
mod tests;

use std::any::Any;
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
use http::header::{AUTHORIZATION, HeaderMap};
use kit::aws::{Endpoint, Reach};
use kit::call::{Call, Reply};
use kit::service::{ServiceError, Services};
use kit::time::Timestamp;
use sha2::{Digest as _, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;
use uuid::Uuid;

use crate::api::{Apis, Backend};
use crate::fault::Fault;
use crate::integration::sqs::{SendMessage, names_its_request};
use crate::integration::{Exchange, Plan, Response};
use crate::request::Request;
use crate::route::{NoRoute, route};
use crate::sqs::{Messages, NoAnswer};
use answer::Ids;
use intake::{Intake, Limits};

/// The gateway behind its port.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) apis: Apis,
    account_id: String,
    messages: Messages,
    services: Services,
    sqs: Reach,
    intake: Intake,
}

impl Gateway {
    /// A gateway for these APIs. `account_id` is what `$context.accountId` shows.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(apis: Apis, account_id: String, sdk: &SdkConfig) -> std::io::Result<Gateway> {
        let (messages, services) = (Messages::new(sdk.clone()), Services::new(sdk.clone())?);
        let sqs = Reach::of(Endpoint::of(sdk, "SQS"));
        Ok(Gateway { apis, account_id, messages, services, sqs, intake: Intake::new(Limits::default()) })
    }

    /// Whether SQS gives answers where the environment says that it is.
    pub fn sqs(&self) -> &Reach {
        &self.sqs
    }

    /// The public port: every path belongs to the APIs. Each request has a span, and no panic leaves it without an answer.
    pub fn router(self: Arc<Gateway>) -> Router {
        let trace = TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(()).on_failure(());
        Router::new().fallback(handle).with_state(self).layer(CatchPanicLayer::custom(panicked)).layer(trace)
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
            return self.send(message, timeout).await;
        }
        let reply = self.services.send(call, &uri.service, &uri.region, timeout).await;
        let reply = reply.map_err(|error| match error {
            ServiceError::Send(error) if error.is_timeout() => Fault::IntegrationTimeout,
            ServiceError::Send(error) => {
                tracing::warn!("{} does not answer: {error}", uri.service);
                Fault::IntegrationFailure
            }
            error => {
                tracing::error!("execution failed due to configuration error: {error}");
                Fault::ConfigurationError
            }
        })?;
        if uri.service == "sqs" && reply.status.is_success() && !names_its_request(&reply) {
            tracing::warn!("the answer is not SQS's: it names no request");
            return Err(Fault::IntegrationFailure);
        }
        Ok(reply)
    }

    /// The fast lane for what can share a request with others.
    async fn send(&self, message: SendMessage, timeout: Duration) -> Result<Reply, Fault> {
        let protocol = message.protocol;
        let sent = tokio::time::timeout(timeout, self.messages.send(message)).await;
        match sent.unwrap_or(Err(NoAnswer::TimedOut)) {
            Ok(outcome) => {
                self.sqs.found();
                Ok(outcome.reply(protocol))
            }
            Err(NoAnswer::TimedOut) => {
                self.sqs.lost(&format!("no answer within {timeout:?}"));
                Err(Fault::IntegrationTimeout)
            }
            Err(NoAnswer::Unreachable(reason)) => {
                self.sqs.lost(&reason);
                Err(Fault::IntegrationFailure)
            }
            Err(NoAnswer::NoCredentials(reason)) => {
                tracing::error!("execution failed due to configuration error: {reason}");
                Err(Fault::ConfigurationError)
            }
        }
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    incoming: http::Request<Body>,
) -> HttpResponse {
    let begun = Instant::now();
    let (parts, body) = incoming.into_parts();
    let mut request = arrival::request(&parts, peer, Timestamp::wall());
    Span::current().record("request_id", request.request_id.as_str());
    let answer = match gateway.intake.read(&parts.uri, &parts.headers, body).await {
        // The place is taken for as long as the payload is in memory.
        Ok((body, _place)) => {
            request.body = body;
            gateway.answer(&request).await
        }
        Err(fault) => Err(fault),
    };
    let ids = Ids { request: &request.request_id, extended: &request.extended_request_id };
    let answer = match answer {
        Ok(response) => answer::written(ids, response),
        Err(fault) => answer::refused(ids, &fault),
    };
    let status = answer.status().as_u16();
    tracing::debug!(request_id = %request.request_id, method = %request.method, path = %request.path, status, "answered");
    metrics::counter!("gateway_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("gateway_latency_seconds").record(begun.elapsed());
    answer
}

/// The path belongs into it, the query string does not: clients put secrets there.
fn span(request: &http::Request<Body>) -> Span {
    let (method, path) = (request.method(), request.uri().path());
    tracing::info_span!("request", %method, path, request_id = tracing::field::Empty)
}

/// A bug must not look like a broken connection. What it was, the panic hook has told already.
fn panicked(_: Box<dyn Any + Send>) -> HttpResponse {
    let (request, extended) = (Uuid::new_v4().to_string(), arrival::new_extended_id());
    tracing::error!(request_id = %request, "a request ended in a panic");
    answer::refused(Ids { request: &request, extended: &extended }, &Fault::ConfigurationError)
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
