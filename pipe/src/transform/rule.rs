//! The variables of a rule's input transformer: those of its `InputPathsMap`, and those that
//! EventBridge defines. The template language is that of pipes
//! (`docs/aws/events.md#input-transformation`).

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::event::path::Path;

/// `InputPathsMap`: the paths by the names of the variables.
pub(crate) type InputPaths = HashMap<String, Path>;

/// The variables that EventBridge defines for rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfRule {
    /// `aws.events.rule-arn`
    Arn,
    /// `aws.events.rule-name`
    Name,
    /// `aws.events.event.ingestion-time`
    IngestionTime,
    /// `aws.events.event`: the event without its detail
    Event,
    /// `aws.events.event.json`: the whole event
    EventJson,
}

const OF_RULES: [(&str, OfRule); 5] = [
    ("aws.events.rule-arn", OfRule::Arn),
    ("aws.events.rule-name", OfRule::Name),
    ("aws.events.event.ingestion-time", OfRule::IngestionTime),
    ("aws.events.event", OfRule::Event),
    ("aws.events.event.json", OfRule::EventJson),
];

impl OfRule {
    /// The variable of this name.
    pub(super) fn named(name: &str) -> Option<OfRule> {
        let found = OF_RULES.iter().find(|(known, _)| *known == name);
        found.map(|(_, variable)| *variable)
    }

    /// The name in templates.
    pub(super) fn name(self) -> &'static str {
        let found = OF_RULES.iter().find(|(_, known)| *known == self);
        found
            .map(|(name, _)| *name)
            .expect("the table names them all")
    }
}

/// Whether a name is one that EventBridge keeps for itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("aws.")
}

/// The name that begins a template's rest, if that is a placeholder: `name` of `<name> …`.
pub(super) fn name_at(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix('<')?.split_once('>')?.0;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!name.is_empty() && name.chars().all(is_word)).then_some(name)
}

/// The event without its detail, as `aws.events.event` has it.
pub(super) fn without_detail(event: &Value) -> Value {
    let Value::Object(members) = event else {
        return event.clone();
    };
    let kept = members.iter().filter(|(name, _)| *name != "detail");
    let renamed = kept.map(|(name, value)| {
        let name = if name == "detail-type" {
            "detailType"
        } else {
            name
        };
        (name.to_owned(), value.clone())
    });
    Value::Object(renamed.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests;
