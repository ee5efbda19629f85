//! One request through a definition, as API Gateway's "Test" button plays it (`TestInvokeMethod`):
//! route, checks, integration request, and the response that a reply would become.
//!
//! Nobody's access is checked, and no API key, quota or throttle: API Gateway leaves them out of a
//! test, too. What would guard the method is told. Nothing is sent unless [`ReplySource::Send`] says so.

mod outcome;
#[cfg(test)]
mod tests;

use http::Uri;
use http::request::Parts;
use kit::call::Reply;
use kit::serve::Peer;
use kit::time::Timestamp;
use serde_json::{Map, Value as Json};
use std::time::Instant;

use aws_config::SdkConfig;
use bytes::Bytes;

use crate::api::{Apis, ServiceUri};
use crate::exchange::Exchange;
use crate::execution_log::{self, Recording};
use crate::gateway_responses::Fault;
use crate::integration_request::{self, Plan};
use crate::integration_response::{self, Received, of_call, of_http};
use crate::method_response::MethodResponse;
use crate::outbound::Outbound;
use crate::refusal::{GatewayAnswer, unknown_route_answer};
use crate::server::{Backends, read_head};
use crate::stage::route;
use crate::validation;
pub use outcome::{Outcome, PlannedCall, Refusal, RouteFound, Shown, StoredMessage};

/// A request to play.
#[derive(Debug)]
pub struct TestRequest {
    /// Method, path with query, and headers.
    pub head: Parts,
    /// The body.
    pub body: Bytes,
    /// `$context.authorizer`: what an authorizer would have added.
    pub authorizer: Map<String, Json>,
}

/// Where the reply of the backend comes from.
#[derive(Debug)]
pub enum ReplySource {
    /// Nowhere: the way ends with the integration request.
    Nothing,
    /// Somebody knows it already.
    Given(Reply),
    /// The integration request is sent, as far as [`Outbound`] allows.
    Send(Box<SdkConfig>, Outbound),
}

/// Plays a request as far as the integration request, at `now`. Pure; nothing is logged.
pub fn test_plan(apis: &Apis, account_id: &str, test: TestRequest, now: Timestamp) -> Outcome {
    let peer = Peer::plain(([127, 0, 0, 1], 0).into());
    let mut request = read_head(test.head, &peer, &[], now);
    request.body = test.body;
    let host = request.header("host").unwrap_or_default();
    let Ok(route) = route(apis, host, &request.method, &request.path) else {
        return Outcome::default();
    };
    let mut exchange = Exchange::new(&route, &request, account_id);
    let mut outcome = Outcome::of_route(&route);
    let built =
        validation::check(&exchange).and_then(|()| integration_request::build(&mut exchange));
    match built {
        Ok(built) => outcome.call = PlannedCall::of(&built),
        Err(fault) => outcome.refusal = Some(Refusal::of(&fault)),
    }
    outcome
}

/// Plays a request. `account_id` is what `$context.accountId` shows.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub async fn test_invoke(
    apis: &Apis,
    account_id: &str,
    test: TestRequest,
    source: ReplySource,
) -> std::io::Result<Outcome> {
    let replier = Replier::new(source)?;
    let peer = Peer::plain(([127, 0, 0, 1], 0).into());
    let mut request = read_head(test.head, &peer, &[], Timestamp::wall());
    request.body = test.body;
    let host = request.header("host").unwrap_or_default();
    let route = match route(apis, host, &request.method, &request.path) {
        Ok(route) => route,
        Err(reason) => {
            let (answer, _) = unknown_route_answer(apis, reason, &request, account_id);
            return Ok(Outcome::unrouted(&answer));
        }
    };
    let mut exchange = Exchange::new(&route, &request, account_id);
    exchange.recording = Recording::of(&request.request_id, true);
    execution_log::begun(&mut exchange.recording, &route, &request);
    for (name, value) in test.authorizer {
        exchange
            .context_mut()
            .insert_into("authorizer", &name, value);
    }
    let mut outcome = Outcome::of_route(&route);
    let played = play(&mut exchange, &replier, &mut outcome).await;
    let played = played.transpose();
    if let Some(response) = &played {
        execution_log::ended(&mut exchange.recording, response);
    }
    let recording = std::mem::take(&mut exchange.recording);
    outcome.log = recording.finish().unwrap_or_default();
    match played {
        None => {}
        Some(Ok(response)) => outcome.response = Some(Shown::of_response(&response)),
        Some(Err(fault)) => {
            let answer: GatewayAnswer = exchange.refuse(&fault);
            outcome.refusal = Some(Refusal::of(&fault));
            outcome.response = Some(Shown::of_answer(&answer));
        }
    }
    Ok(outcome)
}

/// The way of a request that has its route. `None` where it ends with the integration request.
async fn play(
    exchange: &mut Exchange<'_>,
    replier: &Replier,
    outcome: &mut Outcome,
) -> Result<Option<MethodResponse>, Fault> {
    validation::check(exchange)?;
    let built = integration_request::recorded(exchange)?;
    outcome.call = PlannedCall::of(&built);
    let plan = Plan::of(built);
    let begun = Instant::now();
    let Some(received) = replier.reply(plan, exchange).await else {
        return Ok(None);
    };
    let received = received?;
    execution_log::received(&mut exchange.recording, &received.reply, begun.elapsed());
    outcome.reply = Some(Shown::of_reply(&received.reply));
    integration_response::respond(exchange, &received.reply).map(Some)
}

/// [`ReplySource`], ready to be asked.
enum Replier {
    Nothing,
    Given(Reply),
    Send(Box<Backends>),
}

impl Replier {
    fn new(source: ReplySource) -> std::io::Result<Replier> {
        Ok(match source {
            ReplySource::Nothing => Replier::Nothing,
            ReplySource::Given(reply) => Replier::Given(reply),
            ReplySource::Send(sdk, outbound) => {
                Replier::Send(Box::new(Backends::new(&sdk, outbound)?))
            }
        })
    }

    /// The reply to a plan, judged as the gateway judges it. `None` where nobody knows it.
    async fn reply(
        &self,
        plan: Plan<'_>,
        exchange: &Exchange<'_>,
    ) -> Option<Result<Received, Fault>> {
        let request_id = exchange.request_id();
        match (self, plan) {
            (_, Plan::Reply(reply)) => Some(Ok(Received {
                reply,
                message_id: None,
            })),
            (Replier::Nothing, _) => None,
            (Replier::Given(reply), Plan::Message(..)) => {
                Some(of_call(Ok(reply.clone()), "sqs", request_id))
            }
            (Replier::Given(reply), Plan::Call(_, signing)) => {
                let ServiceUri { service, .. } = signing.uri;
                Some(of_call(Ok(reply.clone()), service, request_id))
            }
            (Replier::Given(reply), Plan::Http(call, _)) => {
                let host = call.url.host_str().unwrap_or_default();
                Some(of_http(Ok(reply.clone()), host, request_id))
            }
            (Replier::Send(backends), plan) => {
                let timeout = exchange.route.method.integration.timeout;
                Some(backends.send(plan, timeout, request_id).await)
            }
        }
    }
}

impl TestRequest {
    /// A request with this method, path (and query) and headers.
    ///
    /// # Errors
    /// One of them is not allowed in HTTP; the text says which.
    pub fn new(
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: impl Into<Bytes>,
    ) -> Result<TestRequest, String> {
        let uri: Uri = path
            .parse()
            .ok()
            .filter(|uri: &Uri| uri.path().starts_with('/'))
            .ok_or_else(|| format!("invalid path {path}: expected /path or /path?name=value"))?;
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .body(())
            .map_err(|error| format!("the request is not allowed in HTTP: {error}"))?;
        Ok(TestRequest {
            head: request.into_parts().0,
            body: body.into(),
            authorizer: Map::new(),
        })
    }
}
