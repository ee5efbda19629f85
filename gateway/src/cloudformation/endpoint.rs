//! The endpoint of an API: whether its default host answers, and that it is not private.

use kit::document::{Fields, Node, OrCollect as _, Problem, Value};

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

/// Refuses a private API: on AWS it answers inside a VPC only, here it would answer every client
/// that reaches the port. Returns whether it refused one.
pub(super) fn refuse_private(
    label: &str,
    configuration: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> bool {
    let Some(node) = configuration else {
        return false;
    };
    let is_private = mentions_private(node);
    if is_private {
        problems.push(
            node.problem(format!("{label}: private endpoints are not supported"))
                .tolerable(),
        );
    }
    is_private
}

fn mentions_private(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.eq_ignore_ascii_case("PRIVATE"),
        Value::List(nodes) => nodes.iter().any(mentions_private),
        Value::Map(entries) => entries.iter().any(|entry| mentions_private(&entry.node)),
        _ => false,
    }
}
