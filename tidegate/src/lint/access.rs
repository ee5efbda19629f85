//! Rules about who may call a method. Pure.

use gateway::api::Verb;
use gateway::api::{Access, Backend, EndpointType};

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
    api.policy.is_some() || api.is_closed || api.endpoint_type == EndpointType::Private
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
