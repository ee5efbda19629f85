//! Resources of other services, and which of them use a queue that runs here.
//!
//! Tidegate does not run them, and the programs log that. A function that polls a queue, a topic
//! that writes to one, an alarm that watches one: on AWS they act on the messages that are here.

use super::bus_rules;
use super::function::function;
use super::intrinsic::{Resolver, kind_of};
use super::keys::NESTED_TEMPLATE;
use super::types::{self, Standing};
use crate::document::{Entry, Node, Place, Value};

/// A resource that is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// The name in the template.
    pub logical_id: String,
    /// For example `AWS::Lambda::Function`.
    pub kind: String,
    /// The queues of the template that it would work on, by their names in the template.
    pub queues: Vec<String>,
    /// The ARN of what a web ACL is associated with, and where it stands: of WebACLAssociation.
    pub protects: Option<(String, Place)>,
}

const QUEUE: &str = "AWS::SQS::Queue";

/// What only permits something mentions queues without working on them.
const PERMISSIONS: [&str; 3] = ["AWS::IAM::", "AWS::KMS::", "AWS::Lambda::Permission"];

impl NotRun {
    /// What it would do with its queues.
    pub fn verb(&self) -> &'static str {
        match self.kind.as_str() {
            "AWS::Lambda::EventSourceMapping" => "reads",
            "AWS::SNS::Subscription" | "AWS::Scheduler::Schedule" => "sends to",
            "AWS::CloudWatch::Alarm" => "watches",
            _ => "uses",
        }
    }
}

/// Those of `resources` whose conditions hold.
pub(super) fn read(resolver: &Resolver<'_>, resources: &[Entry]) -> Vec<NotRun> {
    let queues: Vec<(&str, String)> = resources
        .iter()
        .filter(|entry| kind_of(&entry.node).is_ok_and(|kind| kind == QUEUE))
        .map(|entry| {
            (
                entry.key.as_str(),
                resolver
                    .physical_id(&entry.key, &entry.node)
                    .unwrap_or_default(),
            )
        })
        .collect();
    resources
        .iter()
        .filter_map(|entry| resource(resolver, &queues, entry))
        .collect()
}

fn resource(resolver: &Resolver<'_>, queues: &[(&str, String)], entry: &Entry) -> Option<NotRun> {
    if entry.node.get(NESTED_TEMPLATE).is_some() {
        return None;
    }
    let kind = entry.node.get("Type")?.text().ok()?;
    let is_program = matches!(
        kind,
        super::serverless::FUNCTION | super::serverless::STATE_MACHINE
    );
    let is_foreign = !bus_rules::is_ours(resolver, kind, entry);
    if !is_program && !is_foreign && types::standing(kind) != Standing::NotRun {
        return None;
    }
    let holds = |condition| resolver.condition(condition).unwrap_or(true);
    if !entry.node.get("Condition").is_none_or(holds) {
        return None;
    }
    let mut found = Vec::new();
    if !PERMISSIONS
        .iter()
        .any(|permission| kind.starts_with(permission))
        && let Some(properties) = entry.node.get("Properties")
    {
        Search {
            resolver,
            queues,
            is_metric: kind.starts_with("AWS::CloudWatch::"),
        }
        .node(properties, &mut found);
    }
    found.sort_by_key(|name| queues.iter().position(|(queue, _)| queue == name));
    found.dedup();
    Some(NotRun {
        logical_id: format!("{}{}", resolver.path(), entry.key),
        kind: kind.to_owned(),
        queues: found,
        protects: protects(resolver, kind, entry),
    })
}

fn protects(resolver: &Resolver<'_>, kind: &str, entry: &Entry) -> Option<(String, Place)> {
    if !kind.ends_with("::WebACLAssociation") {
        return None;
    }
    let arn = entry.node.get("Properties")?.get("ResourceArn")?;
    let resolved = resolver.resolve(arn).ok()??;
    Some((resolved.text().ok()?.to_owned(), arn.place.clone()))
}

struct Search<'s, 'a> {
    resolver: &'s Resolver<'a>,
    /// By logical id, with the queue's name.
    queues: &'s [(&'s str, String)],
    /// Metrics have queues by their plain names; elsewhere a name alone may be that of anything.
    is_metric: bool,
}

impl Search<'_, '_> {
    fn node(&self, node: &Node, found: &mut Vec<String>) {
        if let Some((name, argument)) = function(node) {
            self.function(&name, &argument, found);
            // A parameter may hold the name of a queue.
            if let Ok(Some(resolved)) = self.resolver.resolve(node) {
                self.value(&resolved, found);
            }
            return;
        }
        self.value(node, found);
    }

    fn value(&self, node: &Node, found: &mut Vec<String>) {
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|node| self.node(node, found)),
            Value::Map(entries) => entries
                .iter()
                .for_each(|entry| self.node(&entry.node, found)),
            Value::String(text) => {
                let named = self
                    .queues
                    .iter()
                    .filter(|(_, queue)| self.names(text, queue));
                found.extend(named.map(|(name, _)| (*name).to_owned()));
            }
            _ => {}
        }
    }

    fn function(&self, name: &str, argument: &Node, found: &mut Vec<String>) {
        let referred = match (name, &argument.value) {
            ("Ref", Value::String(text)) => vec![text.as_str()],
            ("Fn::GetAtt", Value::String(text)) => text.split('.').take(1).collect(),
            ("Fn::GetAtt", Value::List(parts)) => parts
                .iter()
                .take(1)
                .filter_map(|part| part.text().ok())
                .collect(),
            ("Fn::Sub", Value::String(text)) => variables(text),
            ("Fn::Sub", Value::List(parts)) => {
                parts
                    .iter()
                    .skip(1)
                    .for_each(|values| self.value(values, found));
                parts
                    .first()
                    .and_then(|text| text.text().ok())
                    .map(variables)
                    .unwrap_or_default()
            }
            _ => return self.value(argument, found),
        };
        let is_queue = |name: &&str| self.queues.iter().any(|(queue, _)| queue == name);
        found.extend(referred.into_iter().filter(is_queue).map(ToOwned::to_owned));
    }

    /// Whether a text is the ARN or the URL of a queue, or where that may be, its name.
    fn names(&self, text: &str, queue: &str) -> bool {
        let Some(front) = text.strip_suffix(queue).filter(|_| !queue.is_empty()) else {
            return false;
        };
        match front.chars().last() {
            None => self.is_metric,
            Some(':') => front.contains(":sqs:"),
            Some('/') => front.contains("://"),
            Some(_) => false,
        }
    }
}

/// The resources that a `Fn::Sub` names.
fn variables(text: &str) -> Vec<&str> {
    let inner = text
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    inner
        .filter_map(|(name, _)| name.trim().split('.').next())
        .collect()
}
