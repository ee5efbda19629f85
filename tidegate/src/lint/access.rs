//! Rules about who may call a method. Pure.

use gateway::api::{Access, Backend, Effect, EndpointType, Policy, Principals, Statement, Verb};

use super::finding::Finding;
use super::subject::{MethodOf, Subject};

/// Methods that anybody can call, and that do something.
pub(super) fn open(subject: &Subject) -> Vec<Finding> {
    let methods = subject.methods().into_iter();
    let open = methods.filter(|method| {
        let is_open = matches!(method.method.access, Access::Open) && !method.method.needs_api_key;
        is_open && !is_guarded(method) && does_something(method)
    });
    let finding = |method: MethodOf<'_>| {
        let place = subject.place_of(&method);
        Finding::new(&place, method.label(), "anybody can call this method: nothing asks who they are").help(
            "set an authorizer, AWS_IAM, an API key or a resource policy; or turn the rule off where it is meant so",
        )
    };
    open.map(finding).collect()
}

/// Whether the API as a whole lets only some in.
fn is_guarded(method: &MethodOf<'_>) -> bool {
    let api = method.api;
    // One that allows everything and denies some callers is a guard.
    let is_guard = |policy: &Policy| {
        let mut statements = policy.statements.iter();
        let denies = statements.any(|statement| statement.effect == Effect::Deny);
        denies || !policy.statements.iter().any(lets_all_in)
    };
    let by_policy = api.policy.as_ref().is_some_and(is_guard);
    by_policy || api.is_closed || api.endpoint_type == EndpointType::Private
}

/// Whether a statement of a policy lets everybody in, whatever else the policy says.
fn lets_all_in(statement: &Statement) -> bool {
    let is_all = |principals: &Principals| match principals {
        Principals::In(names) => names.iter().any(|name| name == "*"),
        Principals::Unnamed | Principals::NotIn(_) => false,
    };
    statement.effect == Effect::Allow
        && statement.conditions.is_empty()
        && is_all(&statement.principals)
}

fn does_something(method: &MethodOf<'_>) -> bool {
    let is_preflight = *method.verb == Verb::One(http::Method::OPTIONS);
    let backend = &method.method.integration.backend;
    !is_preflight
        && !matches!(
            backend,
            Backend::Mock | Backend::Unsupported | Backend::Absent(_)
        )
}
