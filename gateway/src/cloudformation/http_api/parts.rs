//! What belongs to an API, and what says nothing.

use kit::cloudformation::Resource as Declared;
use kit::document::{Node, Value};

/// Whether a resource names this API in `ApiId`.
pub(super) fn is_part(resource: &Declared, api: &Declared) -> bool {
    let id = resource.properties.get("ApiId");
    id.is_some_and(|id| id.text() == Ok(api.physical_id.as_str()))
}

/// Whether a node says anything at all.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(nodes) => nodes.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}
