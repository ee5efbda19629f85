//! Resources that nothing reads although they would matter on AWS.

use kit::cloudformation::{Resource, Stack};
use kit::document::{OrCollect as _, Problem};

use super::kinds;
use super::membership::is_declared;

/// Reports a resource that would answer requests on AWS and is not supported.
pub(super) fn report_unsupported(resource: &Resource, problems: &mut Vec<Problem>) {
    let kind = resource.kind.as_str();
    if kinds::READ.contains(&kind) || kinds::PASSIVE.contains(&kind) {
        return;
    }
    let Some(reason) = resource.refusal() else {
        return;
    };
    let reason = format!("this resource type is not supported ({reason})");
    problems.push(
        resource
            .properties
            .problem(format!("{}: {reason}", resource.label()))
            .tolerable(),
    );
}

/// Reports a part of an API that this template does not declare, for nothing would read it.
pub(super) fn report_orphan(stack: &Stack, resource: &Resource, problems: &mut Vec<Problem>) {
    let parts = [
        kinds::AUTHORIZER,
        kinds::RESOURCE,
        kinds::METHOD,
        kinds::STAGE,
        kinds::DEPLOYMENT,
        kinds::GATEWAY_RESPONSE,
        kinds::MODEL,
        kinds::REQUEST_VALIDATOR,
    ];
    if !parts.contains(&resource.kind.as_str()) {
        return;
    }
    let Some(mut fields) = resource.fields().or_collect(problems) else {
        return;
    };
    let id = fields
        .required("RestApiId")
        .and_then(|node| Ok((node, node.text()?)))
        .or_collect(problems);
    if let Some((node, _)) = id.filter(|(_, id)| !is_declared(stack, id)) {
        let message = format!(
            "{}: RestApiId is not an API of this template, so it is not served",
            resource.label()
        );
        problems.push(node.problem(message).tolerable());
    }
}
