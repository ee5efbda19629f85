//! Nodes that readers make beside others. Pure.

use super::node::{Entry, Node, Value};

/// A mapping made beside another node.
pub(crate) fn map(at: &Node, members: Vec<(String, Node)>) -> Node {
    let entry = |(key, node)| Entry {
        key,
        place: at.place.clone(),
        node,
    };
    at.with(Value::Map(members.into_iter().map(entry).collect()))
}

/// A text made beside another node.
pub(crate) fn text(at: &Node, text: &str) -> Node {
    at.with(Value::String(text.to_owned()))
}
