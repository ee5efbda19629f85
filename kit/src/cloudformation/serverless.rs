//! What the SAM transform does to a template, as far as the chain is concerned: common properties
//! from `Globals`, and routes that a function declares as its events. The programs that run the
//! resources read the result.

use std::borrow::Cow;

use crate::document::{Entry, Node, OrCollect as _, Problem, Value};

/// Only its events, and the alias that they call, may be ours; the rest of it belongs to Lambda.
pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
/// Only its events, and the role that they need, may be ours; the rest of it belongs to Step
/// Functions.
pub(super) const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";

/// An API that SAM makes itself.
struct ImplicitApi {
    /// Its logical id.
    name: &'static str,
    kind: &'static str,
    stage: &'static str,
    /// The type of the events that need it, and the property by which they would name another.
    event: &'static str,
    reference: &'static str,
}

const IMPLICIT_APIS: [ImplicitApi; 2] = [
    ImplicitApi {
        name: "ServerlessRestApi",
        kind: "AWS::Serverless::Api",
        stage: "Prod",
        event: "Api",
        reference: "RestApiId",
    },
    ImplicitApi {
        name: "ServerlessHttpApi",
        kind: "AWS::Serverless::HttpApi",
        stage: "$default",
        event: "HttpApi",
        reference: "ApiId",
    },
];

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
pub(super) fn properties(kind: &str, declared: &Node, globals: Option<&Node>) -> Node {
    let section = kind.strip_prefix("AWS::Serverless::");
    let common = section.and_then(|section| globals?.get(section));
    let part: &[&str] = match kind {
        FUNCTION => &["Events", "AutoPublishAlias"],
        STATE_MACHINE => &["Events", "Role"],
        _ => return common.map_or_else(|| declared.clone(), |common| merged(common, declared)),
    };
    match common {
        Some(common) => merged(&only(common, part), &only(declared, part)),
        None => only(declared, part),
    }
}

fn only(node: &Node, names: &[&str]) -> Node {
    let entries = node
        .entries()
        .unwrap_or_default()
        .iter()
        .filter(|entry| names.contains(&entry.key.as_str()))
        .cloned();
    node.with(Value::Map(entries.collect()))
}

/// The resources, and the APIs that SAM makes for events which name none: `ServerlessRestApi`, with
/// a stage `Prod`, and `ServerlessHttpApi`.
pub(super) fn with_implicit_apis(resources: &[Entry]) -> Cow<'_, [Entry]> {
    let apis: Vec<Entry> = IMPLICIT_APIS
        .iter()
        .filter_map(|implicit| implicit_api(resources, implicit))
        .collect();
    match apis.is_empty() {
        true => resources.into(),
        false => resources.iter().cloned().chain(apis).collect(),
    }
}

/// [`None`] when there is no such event, or the template declares a resource of that name itself.
fn implicit_api(resources: &[Entry], implicit: &ImplicitApi) -> Option<Entry> {
    if resources.iter().any(|entry| entry.key == implicit.name) {
        return None;
    }
    let event = resources.iter().find_map(|entry| {
        let kind = entry.node.get("Type")?.text().ok()?;
        let events = entry
            .node
            .get("Properties")?
            .get("Events")?
            .entries()
            .ok()?;
        let is_ours = matches!(kind, FUNCTION | STATE_MACHINE);
        events
            .iter()
            .find(|event| is_ours && implicit.is_meant_by(&event.node))
    })?;
    let entry = |key: &str, node: Node| Entry {
        key: key.to_owned(),
        place: event.place.clone(),
        node,
    };
    let text = |text: &str| event.node.with(Value::String(text.to_owned()));
    let map = |entries: Vec<Entry>| event.node.with(Value::Map(entries));
    let properties = map(vec![entry("StageName", text(implicit.stage))]);
    let resource = map(vec![
        entry("Type", text(implicit.kind)),
        entry("Properties", properties),
    ]);
    Some(entry(implicit.name, resource))
}

impl ImplicitApi {
    /// Whether an event makes this API necessary: one of its type that names none.
    fn is_meant_by(&self, event: &Node) -> bool {
        let kind = event.get("Type").and_then(|kind| kind.text().ok());
        let properties = event.get("Properties");
        kind == Some(self.event) && properties.is_none_or(|node| node.get(self.reference).is_none())
    }
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
