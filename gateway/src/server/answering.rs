//! Door: the way of a request that has its body: its route, the cache, its backend, and back.

use std::time::Instant;

use http::header::CONTENT_ENCODING;
use kit::time::Timestamp;

use super::Gateway;
use super::compression::compressed;
use super::outline::{Outline, declared_verb};
use crate::access_log::{LogFields, Served};
use crate::api::Apis;
use crate::cache;
use crate::exchange::Exchange;
use crate::execution_log;
use crate::gateway_responses::Fault;
use crate::http_api::cors;
use crate::integration_request::{self, Plan};
use crate::integration_response::{self, Received};
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::refusal::asked_host;
use crate::refusal::{GatewayAnswer, early_answer, unknown_route_answer};
use crate::server::meters::CacheUse;
use crate::stage::{route, unrouted};
use crate::validation;

impl Gateway {
    /// Answers a request that has its body.
    pub(super) async fn answer<'a>(
        &self,
        apis: &'a Apis,
        request: &Request,
        outline: &mut Outline<'a>,
    ) -> Result<MethodResponse, GatewayAnswer> {
        let host = &*asked_host(apis, request);
        if let Some((response, served)) = preflight(apis, host, request) {
            outline.served = Some(served);
            return Ok(response);
        }
        let route = match route(apis, host, &request.method, &request.path) {
            Ok(route) => route.with_draw(fastrand::f64() * 100.0),
            Err(reason) => {
                outline.served = unrouted(apis, host, &request.path)
                    .map(|(api, stage, _)| Served::without_resource(api, stage));
                let account_id = &self.account_id;
                let (answer, context) = unknown_route_answer(apis, reason, request, account_id);
                outline.context = context;
                return Err(answer);
            }
        };
        outline.served = Some(Served::by(&route));
        outline.verb = declared_verb(route.resource, &request.method);
        let mut exchange = Exchange::new(&route, request, &self.account_id);
        let (recording, wanted) = self.execution_logs.begin(&route, request);
        exchange.recording = recording;
        if let Some(base_path) = route.base_path {
            let name = "customDomain.basePathMatched";
            exchange.log.set(name, base_path);
        }
        execution_log::begun(&mut exchange.recording, &route, request);
        let response = self.serve(&mut exchange, outline).await;
        execution_log::ended(&mut exchange.recording, &response);
        let recording = std::mem::take(&mut exchange.recording);
        self.execution_logs
            .end(recording, wanted, request, &response);
        let response = response.map_err(|fault| exchange.refuse(&fault));
        if self.access_log.is_some() && route.stage.access_log.is_some() {
            outline.context = Some(exchange.context().clone());
            outline.fields = exchange.log;
        }
        response
    }

    /// The answer for a request whose head or payload is refused: that of its stage, where it may
    /// be customised.
    pub(super) fn refuse_early<'a>(
        &self,
        apis: &'a Apis,
        request: &Request,
        fault: &Fault,
        outline: &mut Outline<'a>,
    ) -> GatewayAnswer {
        if fault.kind().is_none() {
            return GatewayAnswer::of(fault);
        }
        let host = &*asked_host(apis, request);
        outline.served = unrouted(apis, host, &request.path)
            .map(|(api, stage, _)| Served::without_resource(api, stage));
        let (answer, context) = early_answer(apis, fault, request, &self.account_id);
        outline.context = context;
        answer
    }

    /// The way of a request that has its route: to the cache, or to its backend and back.
    async fn serve(
        &self,
        exchange: &mut Exchange<'_>,
        outline: &mut Outline<'_>,
    ) -> Result<MethodResponse, Fault> {
        self.access.check(exchange).await?;
        self.usage.admit(exchange)?;
        validation::check(exchange)?;
        let trace_id = &exchange.request.trace_id;
        let caching = cache::plan(exchange, exchange.may_invalidate)?;
        let cached = caching
            .as_ref()
            .and_then(|plan| self.cache.get(plan, Timestamp::now(), trace_id));
        let (mut response, is_encoded) = match cached {
            Some(found) => {
                outline.cache = CacheUse::Hit;
                found
            }
            None => {
                let integrated = self.integrate(exchange, outline).await?;
                if let Some(plan) = &caching {
                    outline.cache = CacheUse::Miss;
                    let (response, is_encoded) = &integrated;
                    self.cache
                        .put(plan, Timestamp::now(), (response, *is_encoded), trace_id);
                }
                integrated
            }
        };
        if let Some(plan) = &caching {
            cache::warn(plan, &mut response);
        }
        let encoding = &exchange.route.api.encoding;
        Ok(compressed(response, is_encoded, exchange.request, encoding).await)
    }

    /// The way to the backend and back: the response, and whether the backend encoded it.
    async fn integrate(
        &self,
        exchange: &mut Exchange<'_>,
        outline: &mut Outline<'_>,
    ) -> Result<(MethodResponse, bool), Fault> {
        let plan = integration_request::plan(exchange)?;
        let timeout = exchange.route.method.integration.timeout;
        let calls = !matches!(plan, Plan::Reply(_));
        let begun = Instant::now();
        let received = self
            .backends
            .send(plan, timeout, exchange.request_id())
            .await;
        let latency = begun.elapsed();
        outline.integration_latency = calls.then_some(latency);
        if self.access_log.is_some() {
            note_reply(&mut exchange.log, &received);
        }
        let received = received?;
        execution_log::received(&mut exchange.recording, &received.reply, latency);
        outline.message_id = received.message_id;
        let response = integration_response::respond(exchange, &received.reply)?;
        let is_encoded = received.reply.headers.contains_key(CONTENT_ENCODING);
        Ok((response, is_encoded))
    }
}

/// The answer to a preflight that the gateway itself gives, and where it is served.
fn preflight<'a>(
    apis: &'a Apis,
    host: &str,
    request: &Request,
) -> Option<(MethodResponse, Served<'a>)> {
    if request.method != http::Method::OPTIONS {
        return None;
    }
    let (api, stage, _) = unrouted(apis, host, &request.path)?;
    let response = cors::preflight(api, request)?;
    Some((response, Served::without_resource(api, stage)))
}

/// Adds to the access log what a backend answered.
fn note_reply(log: &mut LogFields, received: &Result<Received, Fault>) {
    match received {
        Ok(Received { reply, .. }) => {
            for name in [
                "integrationStatus",
                "integration.status",
                "integration.integrationStatus",
            ] {
                log.set(name, reply.status.as_str());
            }
            let id = ["x-amzn-requestid", "x-amz-request-id"].iter();
            let mut id = id.filter_map(|name| reply.headers.get(*name)?.to_str().ok());
            if let Some(id) = id.next() {
                log.set("integration.requestId", id);
                log.set("awsEndpointRequestId", id);
            }
        }
        Err(fault) => {
            for name in ["integrationErrorMessage", "integration.error"] {
                log.set(name, fault.message());
            }
        }
    }
}
