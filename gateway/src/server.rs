//! Door: HTTP in, HTTP out. Reads a request within its limits, has the call planned, sends it,
//! writes the answer.

mod answer;
mod arrival;
mod intake;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::Response as HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use http::header::{AUTHORIZATION, HeaderMap};
use kit::aws::{Endpoint, Reachability};
use kit::call::{Call, Reply};
use kit::service::{ServiceError, Services};
use kit::time::Timestamp;
use sha2::{Digest as _, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::api::{Apis, Backend};
use crate::fault::Fault;
use crate::integration::sqs::{Outcome, Refusal, SendMessage, names_its_request};
use crate::integration::{Exchange, Plan, Response};
use crate::request::Request;
use crate::route::{NoRoute, route};
use crate::sqs::{Messages, NoAnswer};
use crate::trouble::{Trouble, fit};
use answer::Ids;
use intake::{Intake, Limits};

/// The gateway behind its port.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) apis: Apis,
    account_id: String,
    messages: Messages,
    services: Services,
    sqs: Reachability,
    intake: Intake,
}

impl Gateway {
    /// A gateway for these APIs. `account_id` is what `$context.accountId` shows.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(apis: Apis, account_id: String, sdk: &SdkConfig) -> std::io::Result<Gateway> {
        let (messages, services) = (Messages::new(sdk.clone()), Services::new(sdk.clone())?);
        let sqs = Reachability::of(Endpoint::of(sdk, "SQS"));
        Ok(Gateway {
            apis,
            account_id,
            messages,
            services,
            sqs,
            intake: Intake::new(Limits::default()),
        })
    }

    /// Whether SQS gives answers where the environment says that it is.
    pub fn sqs(&self) -> &Reachability {
        &self.sqs
    }

    /// The public port: every path belongs to the APIs. No panic leaves a request without an
    /// answer. There is no span for a request: each line about one names its id.
    pub fn router(self: Arc<Gateway>) -> Router {
        Router::new()
            .fallback(handle)
            .with_state(self)
            .layer(CatchPanicLayer::custom(panicked))
    }

    /// A request that has its body: route, plan, call, respond.
    async fn answer<'g>(&'g self, request: &Request, hop: &mut Hop<'g>) -> Result<Response, Fault> {
        let host = request.header("host").unwrap_or_default();
        let route = route(&self.apis, host, &request.method, &request.path).map_err(|reason| {
            unrouted(reason, host, request);
            no_route(reason, &request.headers)
        })?;
        hop.resource = &route.resource.path;
        let mut exchange = Exchange::new(&route, request, &self.account_id);
        let reply = match exchange.plan()? {
            Plan::Reply(reply) => reply,
            Plan::Call(call) => {
                let integration = &route.method.integration;
                let begun = Instant::now();
                let sent = self
                    .call(
                        call,
                        &integration.backend,
                        integration.timeout,
                        &request.request_id,
                    )
                    .await;
                metrics::histogram!("gateway_integration_latency_seconds").record(begun.elapsed());
                let (reply, message_id) = sent?;
                hop.message_id = message_id;
                reply
            }
        };
        exchange.respond(&reply)
    }

    /// The reply, and the id of the message that it is about, if there is one.
    async fn call(
        &self,
        call: Call,
        backend: &Backend,
        timeout: Duration,
        request_id: &str,
    ) -> Result<Sent, Fault> {
        let Backend::Aws(uri) = backend else {
            return Err(Fault::ConfigurationError);
        };
        if let Some(message) = SendMessage::read(&call) {
            return self.send(message, timeout, request_id).await;
        }
        let reply = self
            .services
            .send(call, &uri.service, &uri.region, timeout)
            .await;
        let reply = reply.map_err(|error| match error {
            ServiceError::Send(error) if error.is_timeout() => {
                Trouble::TimedOut.report(
                    request_id,
                    format!("{} does not answer in time, clients get 504", uri.service),
                );
                Fault::IntegrationTimeout
            }
            ServiceError::Send(error) => {
                let reason = format!("{} does not answer, clients get 504: {error}", uri.service);
                Trouble::Unreachable.report(request_id, reason);
                Fault::IntegrationFailure
            }
            error => {
                let reason = format!(
                    "execution failed due to configuration error, clients get 500: {error}"
                );
                Trouble::NoCredentials.report(request_id, reason);
                Fault::ConfigurationError
            }
        })?;
        if uri.service == "sqs" && reply.status.is_success() && !names_its_request(&reply) {
            let reason = "the answer is not SQS's: it names no request; clients get 504. Is the endpoint right?";
            Trouble::NotTheService.report(request_id, reason);
            return Err(Fault::IntegrationFailure);
        }
        let message_id = if uri.service == "sqs" {
            message_id(&reply)
        } else {
            None
        };
        Ok((reply, message_id))
    }

    /// The fast lane for what can share a request with others.
    async fn send(
        &self,
        message: SendMessage,
        timeout: Duration,
        request_id: &str,
    ) -> Result<Sent, Fault> {
        let protocol = message.protocol;
        let queue = message.queue_url.clone();
        let sent = tokio::time::timeout(timeout, self.messages.send(message)).await;
        let no_answer = match sent.unwrap_or(Err(NoAnswer::TimedOut)) {
            Ok(outcome) => {
                self.sqs.answered();
                let reply = outcome.reply(protocol);
                let message_id = match outcome {
                    Outcome::Sent(sent) => Some(sent.message_id),
                    Outcome::Refused(refusal) => {
                        refused(&refusal, &queue, request_id);
                        None
                    }
                };
                return Ok((reply, message_id));
            }
            Err(no_answer) => no_answer,
        };
        match &no_answer {
            NoAnswer::TimedOut => self.sqs.failed(&format!("no answer within {timeout:?}")),
            NoAnswer::Unreachable(reason) => self.sqs.failed(reason),
            NoAnswer::NoCredentials(_) => {}
        }
        Err(unanswered(no_answer, &queue, request_id))
    }
}

/// A reply, and the id of the message that it is about.
type Sent = (Reply, Option<String>);

/// What a line about a request tells.
#[derive(Debug, Default)]
struct Hop<'g> {
    /// The path of the resource; empty where there is none.
    resource: &'g str,
    message_id: Option<String>,
}

impl Hop<'_> {
    /// The ids of gateway and queue stand in one line, so that a message can be followed from its
    /// request on.
    fn log(&self, request: &Request, status: u16, begun: Instant) {
        if !kit::hops::are_logged() {
            return;
        }
        let (request_id, method, route) = (
            request.request_id.as_str(),
            request.method.as_str(),
            self.resource,
        );
        let ms = begun.elapsed().as_millis() as u64;
        match &self.message_id {
            Some(message_id) => {
                tracing::info!(target: "gateway", request_id, message_id, method, route, status, ms, "queued");
            }
            None => {
                tracing::info!(target: "gateway", request_id, method, route, status, ms, "answered");
            }
        }
    }
}

/// The id in an answer to a SendMessage that did not take the fast lane: in JSON or XML.
fn message_id(reply: &Reply) -> Option<String> {
    let text = std::str::from_utf8(&reply.body).ok()?;
    let rest = ["\"MessageId\":\"", "<MessageId>"]
        .iter()
        .find_map(|mark| text.split_once(mark))?
        .1;
    let end = rest.find(['"', '<'])?;
    (end <= 100).then(|| rest[..end].to_owned())
}

fn unrouted(reason: NoRoute, host: &str, request: &Request) {
    let what = match reason {
        NoRoute::Forbidden => "no API or stage",
        NoRoute::MissingAuthenticationToken => "no resource or method",
    };
    let reason = format!(
        "{what} of the definition answers to {} {} at {}, clients get 403",
        request.method,
        fit(&request.path),
        fit(host)
    );
    Trouble::UnknownRoute.report(&request.request_id, reason);
}

fn refused(refusal: &Refusal, queue: &str, request_id: &str) {
    let trouble = Trouble::of(refusal);
    let advice = match trouble {
        Trouble::QueueMissing => {
            ": create it (`tidegate provision` does), or see whether the endpoint is right"
        }
        Trouble::AccessDenied => ": see the credentials and what they may do",
        _ => "",
    };
    let Refusal {
        status,
        code,
        message,
        ..
    } = refusal;
    trouble.report(
        request_id,
        format!("SQS refused a message for {queue} with {status} {code}: {message}{advice}"),
    );
}

fn unanswered(no_answer: NoAnswer, queue: &str, request_id: &str) -> Fault {
    match no_answer {
        NoAnswer::TimedOut => {
            Trouble::TimedOut.report(
                request_id,
                format!("SQS does not answer in time for {queue}, clients get 504"),
            );
            Fault::IntegrationTimeout
        }
        NoAnswer::Unreachable(reason) => {
            let reason = format!("SQS does not answer for {queue}, clients get 504: {reason}");
            Trouble::Unreachable.report(request_id, reason);
            Fault::IntegrationFailure
        }
        NoAnswer::NoCredentials(reason) => {
            let reason =
                format!("execution failed due to configuration error, clients get 500: {reason}");
            Trouble::NoCredentials.report(request_id, reason);
            Fault::ConfigurationError
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
    tracing::debug!(
        request_id = request.request_id,
        method = request.method.as_str(),
        path = fit(parts.uri.path()),
        "received"
    );
    let mut hop = Hop::default();
    let answer = async {
        // The place is taken for as long as the payload is in memory.
        let (body, _place) = gateway
            .intake
            .read(&parts.uri, &parts.headers, body)
            .await?;
        request.body = body;
        gateway.answer(&request, &mut hop).await
    };
    let answer = AssertUnwindSafe(answer)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            // What it was, the panic hook has told already. The path belongs here, the query string
            // does not: clients put secrets there.
            let (method, path) = (parts.method.as_str(), fit(parts.uri.path()));
            tracing::error!(
                request_id = request.request_id,
                method,
                path,
                "a request ended in a panic"
            );
            Err(Fault::ConfigurationError)
        });
    let ids = Ids {
        request: &request.request_id,
        extended: &request.extended_request_id,
    };
    let answer = match answer {
        Ok(response) => answer::written(ids, response),
        Err(fault) => answer::refused(ids, &fault),
    };
    let status = answer.status().as_u16();
    hop.log(&request, status, begun);
    metrics::counter!("gateway_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("gateway_latency_seconds").record(begun.elapsed());
    answer
}

/// A bug must not look like a broken connection, wherever it is. What it was, the panic hook has
/// told already.
fn panicked(_: Box<dyn Any + Send>) -> HttpResponse {
    let (request, extended) = (Uuid::new_v4().to_string(), arrival::new_extended_id());
    tracing::error!(request_id = %request, "a request ended in a panic");
    answer::refused(
        Ids {
            request: &request,
            extended: &extended,
        },
        &Fault::ConfigurationError,
    )
}

/// Unknown paths look like missing credentials: `docs/aws/api-gateway.md#unknown-routes`.
fn no_route(reason: NoRoute, headers: &HeaderMap) -> Fault {
    match (reason, headers.get(AUTHORIZATION)) {
        (NoRoute::Forbidden, _) => Fault::Forbidden,
        (NoRoute::MissingAuthenticationToken, Some(value))
            if !value.as_bytes().starts_with(b"AWS4-") =>
        {
            Fault::InvalidSignature(STANDARD.encode(Sha256::digest(value.as_bytes())))
        }
        (NoRoute::MissingAuthenticationToken, _) => Fault::MissingAuthenticationToken,
    }
}
