//! What a caller that signs may do: its own policies beside that of the API. Facts: the API Gateway
//! developer guide, "How API Gateway resource policies affect authorization workflow".

use super::credentials::Credentials;
use super::facts::{Caller, INVALIDATE, INVOKE};
use super::method_arn::Owner;
use super::policy::{Verdict, evaluate};
use super::resource_policy::{self, Beside};
use super::signature::Signer;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// Checks that a caller may call its method, and whether it may have a cached response replaced.
///
/// # Errors
/// A policy denies the call, or none that counts allows it.
pub(super) fn check(
    exchange: &mut Exchange<'_>,
    owner: &Owner,
    signer: &Signer<'_>,
) -> Result<(), Fault> {
    let caller = &signer.caller;
    let denied = |tail| Err(resource_policy::denied(exchange, owner, caller, tail));
    let is_foreign = match caller {
        Caller::Principal { account, .. } => *account != owner.account,
        Caller::Anonymous => false,
    };
    let has_policy = exchange.route.api.policy.is_some();
    let own = verdict(signer.credentials, exchange, owner, caller, INVOKE);
    let beside = match own {
        Verdict::Denied => return denied(" with an explicit deny"),
        // A caller of another account needs a resource policy, too.
        Verdict::Allowed if is_foreign && !has_policy => return denied(""),
        Verdict::Silent if is_foreign || !has_policy => return denied(""),
        Verdict::Allowed if !is_foreign => Beside::Another,
        Verdict::Allowed | Verdict::Silent => Beside::Nothing,
    };
    resource_policy::check(exchange, owner, caller, beside)?;
    let own = verdict(signer.credentials, exchange, owner, caller, INVALIDATE);
    let of_api = resource_policy::verdict_on(INVALIDATE, exchange, owner, caller);
    exchange.may_invalidate = match (own, of_api) {
        (Verdict::Denied, _) | (_, Some(Verdict::Denied)) => false,
        (Verdict::Allowed, Some(Verdict::Allowed)) => true,
        (Verdict::Allowed, _) | (_, Some(Verdict::Allowed)) => !is_foreign,
        (Verdict::Silent, _) => false,
    };
    Ok(())
}

/// What a caller's own policies say of an action; without any, everything is allowed.
fn verdict(
    credentials: &Credentials,
    exchange: &Exchange<'_>,
    owner: &Owner,
    caller: &Caller,
    action: &'static str,
) -> Verdict {
    let Some(policies) = credentials.policies() else {
        return Verdict::Allowed;
    };
    let facts = resource_policy::facts(action, exchange, owner, caller);
    let mut verdict = Verdict::Silent;
    for policy in policies {
        match evaluate(policy, &facts) {
            Verdict::Denied => return Verdict::Denied,
            Verdict::Allowed => verdict = Verdict::Allowed,
            Verdict::Silent => {}
        }
    }
    verdict
}
