//! Members of what AWS's commands print, and how templates spell them. Pure.

use crate::document::made::map;
use crate::document::{Node, Value};

pub(super) fn list<'n>(root: &'n Node, key: &str) -> &'n [Node] {
    root.get(key)
        .and_then(|node| node.list().ok())
        .unwrap_or_default()
}

pub(super) fn word<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key)?.text().ok()
}

/// The known entries of a node, by their names in templates; nothing for those that are null.
pub(super) fn properties(node: &Node, known: &[&str]) -> Vec<(String, Node)> {
    let named = known.iter().filter_map(|name| {
        let (own, property) = name.split_once('=').unwrap_or((name, ""));
        let value = node.get(own).filter(|value| value.value != Value::Null)?;
        let property = match property {
            "" => capital(own),
            property => property.to_owned(),
        };
        let value = match own {
            "tlsConfig" | "endpointConfiguration" => capitals(value),
            _ => value.clone(),
        };
        Some((property, value))
    });
    named.collect()
}

pub(super) fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// A mapping whose keys begin with capitals.
pub(super) fn capitals(node: &Node) -> Node {
    let entries = node.entries().unwrap_or_default().iter();
    map(
        node,
        entries
            .map(|entry| (capital(&entry.key), entry.node.clone()))
            .collect(),
    )
}
