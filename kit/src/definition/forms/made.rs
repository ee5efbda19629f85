//! Parts of a template that are made here. Pure.

use crate::cloudformation::PHYSICAL_ID;
use crate::document::Node;
use crate::document::made::{map, text};

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
