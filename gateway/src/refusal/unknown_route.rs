//! The answer for a request that reaches no method: no route is for it, or its payload cannot be
//! read.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};

use super::answer::GatewayAnswer;
use crate::api::Apis;
use crate::gateway_responses::Fault;
use crate::mapping::Context;
use crate::method_request::{Request, Sources};
use crate::stage::{self, NoRoute, unrouted};
use crate::trouble::{Trouble, printable};

/// The answer for a request that no route is for, and `$context` as the access log shows it.
pub(crate) fn unknown_route_answer(
    apis: &Apis,
    reason: NoRoute,
    request: &Request,
    account_id: &str,
) -> (GatewayAnswer, Option<Context>) {
    let host = request.header("host").unwrap_or_default();
    let fault = unknown_route(reason, host, request);
    early_answer(apis, &fault, request, account_id)
}

/// The answer for a request that reaches no method: the stage that it would have been for
/// customises it, in the account of the API's owner. With `$context`, where there is such a stage.
pub(crate) fn early_answer(
    apis: &Apis,
    fault: &Fault,
    request: &Request,
    account_id: &str,
) -> (GatewayAnswer, Option<Context>) {
    let host = &*asked_host(apis, request);
    let Some((api, stage, path)) = unrouted(apis, host, &request.path) else {
        return (GatewayAnswer::of(fault), None);
    };
    let mut context = Context::new(request.context_at(api, stage, &path, account_id));
    context.set_error(fault);
    let sources = Sources {
        request,
        path: &IndexMap::new(),
        variables: &stage.variables,
        context: &context,
    };
    let answer = GatewayAnswer::customised(fault, &api.gateway_responses, &sources)
        .spoken_by(api.protocol, fault);
    (answer, Some(context))
}

/// The host that a request is for.
pub(crate) fn asked_host<'r>(apis: &Apis, request: &'r Request) -> Cow<'r, str> {
    let host = request.header("host").unwrap_or_default();
    stage::asked_host(apis, host, request.header("x-apigw-api-id"))
}

/// Reports the request and gives its fault. Unknown paths look like missing credentials:
/// `docs/aws/api-gateway.md#unknown-routes`.
fn unknown_route(reason: NoRoute, host: &str, request: &Request) -> Fault {
    report(reason, host, request);
    match (reason, request.headers.get(AUTHORIZATION)) {
        (NoRoute::Forbidden, _) => Fault::Forbidden,
        (NoRoute::NotFound, _) => Fault::NotFound,
        (NoRoute::MissingAuthenticationToken, Some(value))
            if !value.as_bytes().starts_with(b"AWS4-") =>
        {
            Fault::InvalidSignature(STANDARD.encode(Sha256::digest(value.as_bytes())))
        }
        (NoRoute::MissingAuthenticationToken, _) => Fault::MissingAuthenticationToken,
    }
}

fn report(reason: NoRoute, host: &str, request: &Request) {
    let what = match reason {
        NoRoute::Forbidden => "no API or stage",
        NoRoute::MissingAuthenticationToken => "no resource or method",
        NoRoute::NotFound => "no route",
    };
    let status = if reason == NoRoute::NotFound {
        404
    } else {
        403
    };
    let reason = format!(
        "{what} of the definition matches {} {} at {}: the client gets {status}",
        request.method,
        printable(&request.path),
        printable(host)
    );
    Trouble::UnknownRoute.report(&request.request_id, reason);
}
