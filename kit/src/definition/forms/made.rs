//! Parts of a template that are made here. Pure.

use crate::cloudformation::PHYSICAL_ID;
use crate::document::{Entry, Node, Value};

/// A node made beside another.
pub(super) fn map(at: &Node, members: Vec<(String, Node)>) -> Node {
    let entry = |(key, node)| Entry {
        key,
        place: at.place.clone(),
        node,
    };
    at.with(Value::Map(members.into_iter().map(entry).collect()))
}

pub(super) fn text(at: &Node, text: &str) -> Node {
    at.with(Value::String(text.to_owned()))
}

/// A resource of a template.
pub(super) fn resource(at: &Node, kind: &str, id: Option<&str>, properties: Node) -> Node {
    let mut members = vec![
        ("Type".to_owned(), text(at, kind)),
        ("Properties".to_owned(), properties),
    ];
    members.extend(id.map(|id| (PHYSICAL_ID.to_owned(), text(at, id))));
    map(at, members)
}

/// A template with these resources.
pub(super) fn template(at: &Node, resources: Vec<(String, Node)>) -> Node {
    map(at, vec![("Resources".to_owned(), map(at, resources))])
}
