//! The endpoint of an API: whether its default host answers, and from where it can be called.

use kit::document::{Fields, Node, OrCollect as _, Problem, Value};

use crate::api::EndpointType;

/// `DisableExecuteApiEndpoint`.
pub(super) fn is_default_endpoint_disabled(
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> bool {
    let flag = fields
        .optional("DisableExecuteApiEndpoint")
        .map(Node::boolean);
    let flag = flag.transpose().or_collect(problems);
    flag.flatten().unwrap_or(false)
}

/// The endpoint type that a configuration names: `{Types: [PRIVATE]}`, SAM's `{Type: PRIVATE}`, or
/// the name alone. The VPC endpoints beside it get host names for the API, and no rights.
pub(super) fn endpoint_type(configuration: Option<&Node>) -> Option<EndpointType> {
    let configuration = configuration?;
    let named = |kind: EndpointType| mentions(configuration, kind.as_str());
    let kinds = [
        EndpointType::Private,
        EndpointType::Regional,
        EndpointType::Edge,
    ];
    kinds.into_iter().find(|kind| named(*kind))
}

/// Refuses a private custom domain. Returns whether it refused one.
pub(super) fn refuse_private(
    label: &str,
    configuration: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> bool {
    let Some(node) = configuration else {
        return false;
    };
    let is_private = endpoint_type(configuration) == Some(EndpointType::Private);
    if is_private {
        // On AWS such a name is bound to endpoints of other accounts, too, by associations that
        // no definition need hold.
        let message = format!(
            "{label}: private custom domains are not supported: the own host of a private API \
             ({{id}}.execute-api.…) answers with --vpc-endpoint"
        );
        problems.push(node.problem(message).tolerable());
    }
    is_private
}

fn mentions(node: &Node, kind: &str) -> bool {
    match &node.value {
        Value::String(text) => text.eq_ignore_ascii_case(kind),
        Value::List(nodes) => nodes.iter().any(|node| mentions(node, kind)),
        Value::Map(entries) => entries.iter().any(|entry| mentions(&entry.node, kind)),
        _ => false,
    }
}
