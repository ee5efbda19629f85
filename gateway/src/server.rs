//! Door: HTTP in, HTTP out. Reads a request within its limits, has its integration request planned,
//! sends it, and writes the answer.

mod access;
mod admission;
mod answering;
mod backends;
mod compression;
mod forwarded;
mod host;
mod http_senders;
mod issuer_keys;
mod logs;
mod meters;
mod outline;
mod port;
mod request_head;
#[cfg(test)]
mod tests;
mod unpacking;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use aws_config::SdkConfig;
use axum::body::Body;
use axum::response::Response as HttpResponse;
use futures_util::FutureExt as _;
use http::header::CONTENT_ENCODING;
use kit::aws::Reachability;
use kit::network::Network;
use kit::serve::{Answering, App, Peer};
use kit::time::Timestamp;
use uuid::Uuid;

use crate::access_log::AccessLog;
use crate::api::Apis;
use crate::authorization::Owner;
use crate::cache::ResponseCache;
use crate::config::AccessArgs;
use crate::execution_log::ExecutionLogs;
use crate::gateway_responses::Fault;
use crate::http_api::cors;
use crate::method_request::Request;
use crate::outbound::Outbound;
use crate::refusal::GatewayAnswer;
use crate::request_ids::{RequestIds, as_of_http_api, new_extended_id};
use crate::serving::ServingArgs;
use crate::trouble::printable;
use crate::usage::UsageGate;
use crate::vpc_endpoints::VpcEndpoint;
use access::AccessControl;
use admission::{Admission, Limits};
pub(crate) use backends::Backends;
use issuer_keys::IssuerKeys;
use meters::Meters;
use outline::Outline;
pub(crate) use port::port;
pub(crate) use request_head::read as read_head;
use unpacking::unpacked;

/// Bytes for cached responses, where nothing is set.
const CACHE_MEMORY: usize = 64 << 20;

/// The gateway behind its port.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// What is served now; a reload puts others in their place. A request keeps those that it
    /// began with.
    apis: ArcSwap<Apis>,
    account_id: String,
    access: AccessControl,
    backends: Backends,
    admission: Admission,
    /// Networks of proxies whose forwarded headers are believed.
    trusted: Vec<Network>,
    /// By which private APIs are reached.
    vpc_endpoints: Vec<VpcEndpoint>,
    usage: Arc<UsageGate>,
    cache: Arc<ResponseCache>,
    execution_logs: Arc<ExecutionLogs>,
    access_log: Option<AccessLog>,
    meters: Meters,
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
        args: &AccessArgs,
        usage: Arc<UsageGate>,
    ) -> std::io::Result<Gateway> {
        let allowed = outbound.allowed.clone();
        let backends = Backends::new(sdk, outbound)?;
        let owner = Owner {
            region: sdk.region().map(ToString::to_string).unwrap_or_default(),
            account: account_id.clone(),
        };
        let keys = IssuerKeys::by(args, allowed, sdk)?;
        let services = backends.services().clone();
        Ok(Gateway {
            apis: ArcSwap::from_pointee(apis),
            account_id,
            access: AccessControl::new(owner, services, keys, args),
            backends,
            admission: Admission::new(Limits::default()),
            trusted: Vec::new(),
            vpc_endpoints: args.vpc_endpoint.clone(),
            usage,
            cache: Arc::new(ResponseCache::new(CACHE_MEMORY)),
            execution_logs: Arc::default(),
            access_log: None,
            meters: Meters::new(),
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

    /// Lets in the callers of `--iam-callers`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn with_callers(self) -> anyhow::Result<Gateway> {
        self.access.read_callers()?;
        Ok(self)
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
        self.access.reload();
    }

    /// The bytes of payloads in memory: of those that are being received, and of whole ones.
    pub(crate) fn payload_bytes(&self) -> [usize; 2] {
        self.admission.taken()
    }

    /// Whether SQS answers at its endpoint.
    pub(crate) fn sqs(&self) -> &Reachability {
        self.backends.sqs()
    }
}

/// The public port: every path belongs to the APIs. No panic leaves a request without an answer.
/// There is no span for a request: each line about one names its id.
impl App for Gateway {
    fn answer(self: Arc<Gateway>, incoming: http::Request<Body>, peer: Peer) -> Answering {
        Box::pin(guarded(async move { handle(&self, incoming, &peer).await }))
    }
}

/// The answer, also if making it panics. An async function would have room for `answer` twice.
fn guarded(answer: impl Future<Output = HttpResponse>) -> impl Future<Output = HttpResponse> {
    let answer = AssertUnwindSafe(answer).catch_unwind();
    answer.map(|answer| answer.unwrap_or_else(panicked))
}

async fn handle(gateway: &Gateway, incoming: http::Request<Body>, peer: &Peer) -> HttpResponse {
    let begun = Instant::now();
    let _under_way = gateway.meters.begin();
    let (parts, body) = incoming.into_parts();
    let is_right = host::check(&parts).and_then(|()| gateway.admission.check_head(&parts));
    let mut request = request_head::read(parts, peer, &gateway.trusted, Timestamp::wall());
    let endpoint = VpcEndpoint::of(&gateway.vpc_endpoints, request.source_ip);
    request.vpc_endpoint = endpoint.cloned();
    tracing::debug!(
        request_id = request.request_id,
        method = request.method.as_str(),
        path = printable(&request.path),
        "received"
    );
    let apis = gateway.apis.load();
    let mut outline = Outline::default();
    let answer = async {
        // The permit is held for as long as the payload is in memory.
        let admission = &gateway.admission;
        let admitted = async {
            is_right?;
            host::check_mutual(&apis, request.header("host").unwrap_or_default(), peer)?;
            let (body, mut permit) = admission.read(body).await?;
            // A signature covers the body as it was sent.
            let is_packed = request.headers.contains_key(CONTENT_ENCODING);
            let sent = is_packed.then(|| body.clone());
            let body = unpacked(admission, &request.headers, body, &mut permit).await?;
            Ok((body, sent, permit))
        };
        let (body, sent, _permit) = match admitted.await {
            Ok(admitted) => admitted,
            Err(fault) => {
                return Err(gateway.refuse_early(&apis, &request, &fault, &mut outline));
            }
        };
        (request.body, request.sent_body) = (body, sent);
        gateway.answer(&apis, &request, &mut outline).await
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let answer = answer.unwrap_or_else(|_| Err(GatewayAnswer::of(&bug(&request))));
    let ids = RequestIds {
        request: &request.request_id,
        extended: &request.extended_request_id,
    };
    let mut answer = match answer {
        Ok(response) => response.into_http(ids),
        Err(answer) => answer.into_http(ids),
    };
    if let Some(api) = outline.http_api() {
        as_of_http_api(answer.headers_mut());
        cors::apply(api, &request, answer.headers_mut());
    }
    let (log, meters) = (gateway.access_log.as_ref(), &gateway.meters);
    outline.record(&request, &answer, begun, log, meters);
    answer
}

/// Logs that a request ended in a panic; the panic hook has logged the panic itself. The path is in
/// the line, the query string is not: clients put secrets there.
fn bug(request: &Request) -> Fault {
    tracing::error!(
        request_id = request.request_id,
        method = request.sent_method.as_str(),
        path = printable(&request.path),
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
