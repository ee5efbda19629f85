//! Endpoint configurations: private APIs are not supported.

use kit::document::{Node, Problem, Value};

/// Refuses a private API: on AWS it answers inside a VPC only, here it would answer every client that
/// reaches the port.
pub(super) fn refuse_private(
    label: &str,
    configuration: Option<&Node>,
    problems: &mut Vec<Problem>,
) {
    let Some(node) = configuration else { return };
    if mentions_private(node) {
        problems.push(
            node.problem(format!("{label}: private endpoints are not supported"))
                .tolerable(),
        );
    }
}

fn mentions_private(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.eq_ignore_ascii_case("PRIVATE"),
        Value::List(nodes) => nodes.iter().any(mentions_private),
        Value::Map(entries) => entries.iter().any(|entry| mentions_private(&entry.node)),
        _ => false,
    }
}
