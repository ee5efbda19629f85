//! Door: HTTP in, HTTP out. Reads a request within its limits, has its integration request planned,
//! sends it, and writes the answer.

mod admission;
mod backends;
mod compression;
mod forwarded;
mod host;
mod http_senders;
mod port;
mod request_head;
#[cfg(test)]
mod tests;
mod unpacking;

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use aws_config::SdkConfig;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::Response as HttpResponse;
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use http::request::Parts;
use kit::aws::Reachability;
use kit::network::Network;
use kit::serve::Peer;
use kit::time::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::api::Apis;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::outbound::Outbound;
use crate::refusal::{GatewayAnswer, unknown_route_answer};
use crate::request_ids::{RequestIds, new_extended_id};
use crate::serving::ServingArgs;
use crate::stage::{AccessLine, route};
use crate::trouble::printable;
use crate::usage::UsageGate;
use crate::{authorization, integration_request, integration_response, validation};
use admission::{Admission, Limits};
use backends::Backends;
use compression::compressed;
pub(crate) use port::port;
use unpacking::unpacked;

/// The gateway behind its port.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// What is served now; a reload puts others in their place. A request keeps those that it
    /// began with.
    apis: ArcSwap<Apis>,
    account_id: String,
    backends: Backends,
    admission: Admission,
    /// Networks of proxies whose forwarded headers are believed.
    trusted: Vec<Network>,
    usage: Arc<UsageGate>,
}

impl Gateway {
    /// A gateway for these APIs, whose integrations reach what `outbound` says. `account_id` is what `$context.accountId` shows.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(crate) fn new(
        apis: Apis,
        account_id: String,
        sdk: &SdkConfig,
        outbound: Outbound,
        usage: Arc<UsageGate>,
    ) -> std::io::Result<Gateway> {
        Ok(Gateway {
            apis: ArcSwap::from_pointee(apis),
            account_id,
            backends: Backends::new(sdk, outbound)?,
            admission: Admission::new(Limits::default()),
            trusted: Vec::new(),
            usage,
        })
    }

    /// The same with these settings of its public port.
    pub(crate) fn with_serving(self, args: &ServingArgs) -> Gateway {
        let limits = port::limits(&args.limits);
        Gateway {
            admission: Admission::with_spool(limits, args.limits.spool.clone()),
            trusted: args.trusted_proxy.clone(),
            ..self
        }
    }

    /// The APIs that it serves now.
    pub(crate) fn apis(&self) -> Arc<Apis> {
        self.apis.load_full()
    }

    /// Serves `apis` from the next request on.
    pub(crate) fn replace_apis(&self, apis: Apis) {
        if let Err(error) = self.usage.serve(&apis) {
            tracing::error!("API keys and usage plans stay as they were: {error:#}");
        }
        self.apis.store(Arc::new(apis));
    }

    /// Whether SQS answers at its endpoint.
    pub(crate) fn sqs(&self) -> &Reachability {
        self.backends.sqs()
    }

    /// The public port: every path belongs to the APIs. No panic leaves a request without an
    /// answer. There is no span for a request: each line about one names its id.
    pub(crate) fn router(self: Arc<Gateway>) -> Router {
        Router::new()
            .fallback(handle)
            .with_state(self)
            .layer(CatchPanicLayer::custom(panicked))
    }

    /// Answers a request that has its body.
    async fn answer<'a>(
        &self,
        apis: &'a Apis,
        request: &Request,
        outline: &mut Outline<'a>,
    ) -> Result<MethodResponse, GatewayAnswer> {
        let host = request.header("host").unwrap_or_default();
        let route = route(apis, host, &request.method, &request.path)
            .map_err(|reason| unknown_route_answer(apis, reason, request, &self.account_id))?
            .with_draw(fastrand::f64() * 100.0);
        outline.resource = &route.resource.path;
        let mut exchange = Exchange::new(&route, request, &self.account_id);
        let response = self.serve(&mut exchange, outline).await;
        response.map_err(|fault| exchange.refuse(&fault))
    }

    /// The way of a request that has its route, to its backend and back.
    async fn serve(
        &self,
        exchange: &mut Exchange<'_>,
        outline: &mut Outline<'_>,
    ) -> Result<MethodResponse, Fault> {
        authorization::check(exchange)?;
        self.usage.admit(exchange)?;
        validation::check(exchange)?;
        let plan = integration_request::plan(exchange)?;
        let timeout = exchange.route.method.integration.timeout;
        let received = self
            .backends
            .send(plan, timeout, &exchange.request.request_id)
            .await?;
        outline.message_id = received.message_id;
        let response = integration_response::respond(exchange, &received.reply)?;
        let encoding = &exchange.route.api.encoding;
        Ok(compressed(response, &received.reply, exchange.request, encoding).await)
    }
}

/// What the access log shows of a request beside the request itself.
#[derive(Debug, Default)]
struct Outline<'a> {
    resource: &'a str,
    message_id: Option<String>,
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    peer: Option<Extension<Peer>>,
    incoming: http::Request<Body>,
) -> HttpResponse {
    let begun = Instant::now();
    let (parts, body) = incoming.into_parts();
    let peer = peer.map_or_else(|| Peer::plain(address), |Extension(peer)| peer);
    let mut request = request_head::read(&parts, &peer, &gateway.trusted, Timestamp::wall());
    tracing::debug!(
        request_id = request.request_id,
        method = request.method.as_str(),
        path = printable(parts.uri.path()),
        "received"
    );
    let apis = gateway.apis();
    let mut outline = Outline::default();
    let answer = async {
        // The permit is held for as long as the payload is in memory.
        let admission = &gateway.admission;
        let admitted = async {
            host::check(&parts)?;
            host::check_mutual(&apis, request.header("host").unwrap_or_default(), &peer)?;
            let (body, mut permit) = admission.read(&parts.uri, &parts.headers, body).await?;
            let body = unpacked(admission, &parts.headers, body, &mut permit).await?;
            Ok((body, permit))
        };
        let admitted = admitted.await.map_err(|fault| GatewayAnswer::of(&fault));
        let (body, _permit) = admitted?;
        request.body = body;
        gateway.answer(&apis, &request, &mut outline).await
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Err(GatewayAnswer::of(&bug(&parts, &request))));
    let ids = RequestIds {
        request: &request.request_id,
        extended: &request.extended_request_id,
    };
    let answer = match answer {
        Ok(response) => response.into_http(ids),
        Err(answer) => answer.into_http(ids),
    };
    let status = answer.status().as_u16();
    let line = AccessLine {
        request_id: &request.request_id,
        method: &request.method,
        resource: outline.resource,
        message_id: outline.message_id,
    };
    line.write(status, begun);
    metrics::counter!("gateway_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("gateway_latency_seconds").record(begun.elapsed());
    answer
}

/// Logs that a request ended in a panic; the panic hook has logged the panic itself. The path is in
/// the line, the query string is not: clients put secrets there.
fn bug(parts: &Parts, request: &Request) -> Fault {
    tracing::error!(
        request_id = request.request_id,
        method = parts.method.as_str(),
        path = printable(parts.uri.path()),
        "a request ended in a panic"
    );
    Fault::ConfigurationError
}

/// Answers for a panic outside of a request's own code, so that it does not look like a broken
/// connection. The panic hook has logged the panic itself.
fn panicked(_: Box<dyn Any + Send>) -> HttpResponse {
    let request = Uuid::new_v4().to_string();
    tracing::error!(request_id = %request, "a request ended in a panic");
    let ids = RequestIds {
        request: &request,
        extended: &new_extended_id(),
    };
    GatewayAnswer::of(&Fault::ConfigurationError).into_http(ids)
}
