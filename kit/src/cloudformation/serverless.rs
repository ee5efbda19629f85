//! What the SAM transform does to a template, as far as the chain is concerned: common properties
//! from `Globals`, and routes that a function declares as its events. The programs that run the
//! resources read the result.

use crate::document::{Entry, Node, OrCollect as _, Problem, Value};

/// Only its events may be ours; the rest of it belongs to Lambda.
pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
/// Only its events may be ours; the rest of it belongs to Step Functions.
pub(super) const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";

/// The resource types that `Globals` may have sections for: the SAM developer guide, "Globals
/// section".
const GLOBALS: [&str; 8] = [
    "Api",
    "CapacityProvider",
    "Function",
    "HttpApi",
    "LayerVersion",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

/// A section that is misspelt would change nothing, without a word.
pub(super) fn check_globals(globals: Option<&Node>, problems: &mut Vec<Problem>) {
    let Some(mut fields) = globals.and_then(|node| node.fields("Globals").or_collect(problems))
    else {
        return;
    };
    fields.ignore(&GLOBALS);
    problems.extend(fields.finish());
}

/// The properties of a resource as they concern the chain. Nothing is resolved yet.
pub(super) fn properties(kind: &str, declared: Node, globals: Option<&Node>) -> Node {
    if matches!(kind, FUNCTION | STATE_MACHINE) {
        return only(&declared, "Events");
    }
    let section = kind.strip_prefix("AWS::Serverless::");
    match section.and_then(|section| globals?.get(section)) {
        Some(common) => merged(common, &declared),
        None => declared,
    }
}

fn only(node: &Node, name: &str) -> Node {
    let entries = node
        .entries()
        .unwrap_or_default()
        .iter()
        .filter(|entry| entry.key == name)
        .cloned();
    node.with(Value::Map(entries.collect()))
}

/// Mappings and lists add up, single values are the resource's. Developer guide of SAM, "Globals
/// section".
fn merged(common: &Node, own: &Node) -> Node {
    match (&common.value, &own.value) {
        (Value::Map(common), Value::Map(entries)) if own.tag.is_none() => {
            let mut all = common.clone();
            for entry in entries {
                match all.iter_mut().find(|existing| existing.key == entry.key) {
                    Some(existing) => {
                        *existing = Entry {
                            node: merged(&existing.node, &entry.node),
                            ..entry.clone()
                        }
                    }
                    None => all.push(entry.clone()),
                }
            }
            own.with(Value::Map(all))
        }
        (Value::List(common), Value::List(nodes)) if own.tag.is_none() => {
            own.with(Value::List(common.iter().chain(nodes).cloned().collect()))
        }
        _ => own.clone(),
    }
}
