//! The resource policy of an API: `docs/aws/api-gateway.md#access`.

use super::facts::{Caller, Facts, INVOKE};
use super::method_arn::Owner;
use super::policy::{Verdict, evaluate};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::stage::Route;

/// What allows a request beside the resource policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing: the policy itself must allow it.
    Nothing,
    /// The caller's own policies allow it, or an authorizer is asked later.
    Another,
}

/// What the API's policy says of a request; `None` when it has no policy.
pub(super) fn verdict(route: &Route<'_>, facts: &Facts<'_>) -> Option<Verdict> {
    let policy = route.api.policy.as_ref()?;
    Some(evaluate(policy, facts))
}

/// Checks a request against the API's policy.
///
/// # Errors
/// The policy denies it, or allows it not and nothing else does.
pub(super) fn check(
    exchange: &Exchange<'_>,
    owner: &Owner,
    caller: &Caller,
    beside: Beside,
) -> Result<(), Fault> {
    let tail = match (verdict_on(INVOKE, exchange, owner, caller), beside) {
        (Some(Verdict::Denied), _) => " with an explicit deny",
        (Some(Verdict::Silent), Beside::Nothing) => "",
        _ => return Ok(()),
    };
    Err(denied(exchange, owner, caller, tail))
}

/// What the API's policy says of an action of a caller; `None` when it has no policy.
pub(super) fn verdict_on(
    action: &'static str,
    exchange: &Exchange<'_>,
    owner: &Owner,
    caller: &Caller,
) -> Option<Verdict> {
    let policy = exchange.route.api.policy.as_ref()?;
    Some(evaluate(policy, &facts(action, exchange, owner, caller)))
}

/// What policies ask of an action of a caller.
pub(super) fn facts<'a>(
    action: &'static str,
    exchange: &'a Exchange<'_>,
    owner: &'a Owner,
    caller: &'a Caller,
) -> Facts<'a> {
    Facts {
        action,
        resource: owner.method_arn(exchange.route, &exchange.request.method),
        caller,
        region: &owner.region,
        request: exchange.request,
        endpoint: exchange.request.endpoint_of(exchange.route.api),
    }
}

/// The fault of a caller that may not call a method.
pub(super) fn denied(exchange: &Exchange<'_>, owner: &Owner, caller: &Caller, tail: &str) -> Fault {
    let arn = owner.method_arn(exchange.route, &exchange.request.method);
    Fault::AccessDenied(format!(
        "User: {} is not authorized to perform: {INVOKE} on resource: {}{tail}",
        caller.shown(),
        owner.masked(&arn)
    ))
}
