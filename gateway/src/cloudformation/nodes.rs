//! Nodes that a reader makes in place of others, which keep the place.

use kit::document::{Entry, Node, Value};
use serde_json::Value as Json;

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

/// A mapping with other names for its entries, and without those that say nothing. The same holds
/// for mappings within it.
pub(super) fn renamed(node: &Node, names: &[(&str, &str)], passive: &[&str]) -> Node {
    let Value::Map(entries) = &node.value else {
        return node.clone();
    };
    let kept = entries
        .iter()
        .filter(|entry| !passive.contains(&entry.key.as_str()));
    let renamed_one = |entry: &Entry| {
        let name = names.iter().find(|(from, _)| *from == entry.key);
        Entry {
            key: name.map_or(entry.key.clone(), |(_, to)| (*to).to_owned()),
            node: renamed(&entry.node, names, passive),
            ..entry.clone()
        }
    };
    node.with(Value::Map(kept.map(renamed_one).collect()))
}

/// Data as a node that stands where `place` stands.
pub(super) fn of_json(place: &Node, json: Json) -> Node {
    place.with(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::String(text),
        Json::Array(items) => {
            Value::List(items.into_iter().map(|json| of_json(place, json)).collect())
        }
        Json::Object(members) => Value::Map(
            members
                .into_iter()
                .map(|(key, json)| Entry {
                    key,
                    place: place.place.clone(),
                    node: of_json(place, json),
                })
                .collect(),
        ),
    })
}
