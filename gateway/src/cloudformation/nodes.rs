//! Nodes that a reader makes in place of others, which keep the place.

use kit::document::{Entry, Node, Value};

/// An entry that stands where another node does.
pub(super) fn entry_at(at: &Node, key: &str, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        place: at.place.clone(),
        node,
    }
}

/// A text that stands where another node does.
pub(super) fn text_at(at: &Node, key: &str, text: &str) -> Entry {
    entry_at(at, key, at.with(Value::String(text.to_owned())))
}
