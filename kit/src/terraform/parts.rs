//! Resources of Terraform that are parts of one resource in CloudFormation: the integration of a
//! method, the settings of a stage, the versioning of a bucket. Pure.

use std::collections::HashMap;

use super::translate::Draft;
use crate::document::made::map;
use crate::document::{Entry, Node, Problem, Value};

/// Puts the parts into the resources that they belong to.
pub(super) fn joined<'a>(drafts: Vec<Draft<'a>>, problems: &mut Vec<Problem>) -> Vec<Draft<'a>> {
    let (mut whole, parts): (Vec<Draft<'_>>, Vec<Draft<'_>>) = drafts
        .into_iter()
        .partition(|draft| draft.kind.part.is_none());
    // An integration comes before its responses, whatever their names.
    let depth = |draft: &Draft<'_>| {
        draft
            .kind
            .part
            .as_ref()
            .map(|part| part.under.matches('.').count())
    };
    let mut parts = parts;
    parts.sort_by_key(depth);
    let mut places: HashMap<String, usize> = HashMap::new();
    for part in parts {
        let Some(of) = &part.kind.part else { continue };
        let found = match of.keys.as_slice() {
            [key] if key.starts_with('@') => {
                let named = part.property(&key[1..]);
                named.and_then(|named| {
                    whole
                        .iter()
                        .position(|draft| draft.kind.kind == part.kind.kind && is_of(draft, named))
                })
            }
            keys => {
                index(&mut places, &whole, part.kind.kind, keys);
                places.get(&identity(&part, keys)).copied()
            }
        };
        let Some(found) = found else {
            let kind = part.kind.kind;
            let message = format!("{}: it belongs to no {kind} of this plan", part.address);
            problems.push(part.at.problem(message).tolerable());
            continue;
        };
        put(&mut whole[found], part);
    }
    whole
}

/// Notes where the resources of a kind are, by the properties that parts share with them.
fn index(places: &mut HashMap<String, usize>, whole: &[Draft<'_>], kind: &str, keys: &[&str]) {
    for (at, draft) in whole
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.kind.kind == kind)
    {
        places.entry(identity(draft, keys)).or_insert(at);
    }
}

fn identity(draft: &Draft<'_>, keys: &[&str]) -> String {
    let values = keys
        .iter()
        .map(|key| draft.property(key).map(|node| node.to_json().to_string()));
    let values: Vec<String> = values.map(Option::unwrap_or_default).collect();
    format!("{} {}", draft.kind.kind, values.join(" "))
}

/// Whether a value refers to a resource: as a reference, by its id, or by its name.
fn is_of(draft: &Draft<'_>, named: &Node) -> bool {
    if let Some(id) = named.get("Ref") {
        return id.text() == Ok(draft.address);
    }
    let text = named.text().unwrap_or_default();
    let id = draft.id.as_ref().and_then(|id| id.text().ok());
    let names = ["BucketName", "QueueName", "Name"]
        .iter()
        .filter_map(|name| draft.property(name)?.text().ok());
    id == Some(text)
        || names
            .into_iter()
            .any(|name| text == name || text.ends_with(&format!("/{name}")))
}

/// Puts a part where it belongs.
fn put(whole: &mut Draft<'_>, part: Draft<'_>) {
    let Some(of) = &part.kind.part else { return };
    let is_key = |entry: &Entry| {
        of.keys
            .iter()
            .any(|key| key.trim_start_matches('@') == entry.key)
    };
    let at = part.at;
    let mut own: Vec<Entry> = part
        .properties
        .into_iter()
        .filter(|entry| !is_key(entry))
        .collect();
    if of.under == "+" {
        whole.properties.extend(own);
        return;
    }
    if of.under.starts_with("MethodSettings") {
        own = settings(own);
    }
    let node = at.with(Value::Map(own));
    let path: Vec<&str> = of.under.trim_end_matches("[]").split('.').collect();
    let is_item = of.under.ends_with("[]");
    let mut entries = &mut whole.properties;
    for name in &path[..path.len() - 1] {
        entries = within(entries, name, at);
    }
    let last = path[path.len() - 1];
    match (is_item, entries.iter_mut().find(|entry| entry.key == last)) {
        (
            true,
            Some(Entry {
                node:
                    Node {
                        value: Value::List(nodes),
                        ..
                    },
                ..
            }),
        ) => nodes.push(node),
        (_, found) => {
            let node = if is_item {
                at.with(Value::List(vec![node]))
            } else {
                node
            };
            match found {
                Some(entry) => entry.node = node,
                None => entries.push(Entry {
                    key: last.to_owned(),
                    place: at.place.clone(),
                    node,
                }),
            }
        }
    }
}

/// The entries of a mapping within, which is made when there is none.
fn within<'e>(entries: &'e mut Vec<Entry>, name: &str, at: &Node) -> &'e mut Vec<Entry> {
    let found = entries
        .iter()
        .position(|entry| entry.key == name && matches!(entry.node.value, Value::Map(_)));
    let index = found.unwrap_or_else(|| {
        let node = map(at, Vec::new());
        entries.push(Entry {
            key: name.to_owned(),
            place: at.place.clone(),
            node,
        });
        entries.len() - 1
    });
    match &mut entries[index].node.value {
        Value::Map(inner) => inner,
        _ => unreachable!("it was made a mapping"),
    }
}

/// The settings of a method: `orders/POST` and a block, as one mapping.
fn settings(own: Vec<Entry>) -> Vec<Entry> {
    let mut made = Vec::new();
    for entry in own {
        match (entry.key.as_str(), &entry.node.value) {
            ("MethodPath", Value::String(path)) => {
                let (path, method) = path.rsplit_once('/').unwrap_or((path, "*"));
                // Slashes within are written ~1, and a path may begin with one.
                let path = path.trim_start_matches('/').replace("~1", "/");
                let path = path.trim_start_matches('/');
                let text = |text: String| entry.node.with(Value::String(text));
                let pairs = [
                    ("ResourcePath", format!("/{path}")),
                    ("HttpMethod", method.to_owned()),
                ];
                made.extend(pairs.map(|(key, value)| Entry {
                    key: key.to_owned(),
                    node: text(value),
                    ..entry.clone()
                }));
            }
            ("Settings", Value::Map(inner)) => made.extend(inner.iter().cloned()),
            _ => made.push(entry),
        }
    }
    made
}
