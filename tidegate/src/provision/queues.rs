//! `AWS::SQS::Queue` resources, read as queues. Pure.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use kit::cloudformation::{Resource, Stack};
use kit::definition::{Declarations, QUEUE_SETTINGS};
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::checks;

/// A queue as declared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DeclaredQueue {
    pub name: String,
    pub attributes: HashMap<Name, String>,
    pub tags: HashMap<String, String>,
}

impl DeclaredQueue {
    /// A queue with only the attributes that its name implies.
    pub(crate) fn plain(name: &str) -> DeclaredQueue {
        let fifo = name
            .ends_with(".fifo")
            .then(|| (Name::FifoQueue, "true".to_owned()));
        DeclaredQueue {
            name: name.to_owned(),
            attributes: fifo.into_iter().collect(),
            tags: HashMap::new(),
        }
    }

    /// The same queue without its redrive policy.
    pub(super) fn without_redrive(&self) -> DeclaredQueue {
        let mut attributes = self.attributes.clone();
        attributes.remove(&Name::RedrivePolicy);
        DeclaredQueue {
            name: self.name.clone(),
            attributes,
            tags: self.tags.clone(),
        }
    }
}

/// The queues that a definition declares, with the policies that it gives them.
pub(super) fn read(definition: &Declarations, problems: &mut Vec<Problem>) -> Vec<DeclaredQueue> {
    let mut queues: Vec<DeclaredQueue> = Vec::new();
    // Their indices, by name: there may be thousands.
    let mut names: HashMap<&str, usize> = HashMap::new();
    for resource in definition
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind("AWS::SQS::Queue"))
    {
        let name = &resource.physical_id;
        if names.contains_key(name.as_str()) {
            problems.push(
                resource
                    .properties
                    .problem(format!("{}: {name} is declared twice", resource.label()))
                    .tolerable(),
            );
            continue;
        }
        if let Some(queue) = declared(resource, problems) {
            names.insert(name, queues.len());
            queues.push(queue);
        }
    }
    for resource in definition.stacks.iter().flat_map(Stack::all) {
        match resource.kind.as_str() {
            "AWS::SQS::QueuePolicy" | "AWS::SQS::QueueInlinePolicy" => {
                policy(resource, &names, &mut queues, problems);
            }
            _ => {}
        }
    }
    queues
}

/// `AWS::SQS::QueuePolicy` and `QueueInlinePolicy`: sets the policy of the queues that it names by their URLs.
fn policy(
    resource: &Resource,
    names: &HashMap<&str, usize>,
    queues: &mut [DeclaredQueue],
    problems: &mut Vec<Problem>,
) {
    let Some(mut fields) = resource.fields().or_collect(problems) else {
        return;
    };
    let document = fields
        .required("PolicyDocument")
        .and_then(text)
        .or_collect(problems);
    let named = match fields.optional("Queue") {
        // An inline policy has one queue.
        Some(queue) => Some(std::slice::from_ref(queue)),
        None => fields
            .required("Queues")
            .and_then(Node::list)
            .or_collect(problems),
    };
    problems.extend(fields.finish());
    for node in named.unwrap_or_default() {
        let Some(url) = node.text().or_collect(problems) else {
            continue;
        };
        let name = url.rsplit('/').next().unwrap_or_default();
        match names.get(name) {
            Some(&at) => {
                _ = queues[at]
                    .attributes
                    .insert(Name::Policy, document.clone().unwrap_or_default());
            }
            None => {
                let message = format!(
                    "{}: no definition declares the queue {name}",
                    resource.label()
                );
                problems.push(node.problem(message));
            }
        }
    }
}

fn declared(resource: &Resource, problems: &mut Vec<Problem>) -> Option<DeclaredQueue> {
    let mut fields = resource.fields().or_collect(problems)?;
    let given = fields.optional("QueueName");
    let mut attributes = HashMap::new();
    for name in QUEUE_SETTINGS {
        let Some(node) = fields.optional(name) else {
            continue;
        };
        let Some(value) = text(node).or_collect(problems) else {
            continue;
        };
        problems.extend(checks::attribute(resource, name, &value, node));
        attributes.insert(Name::from(name), normal(name, value));
    }
    if let Some((node, name)) = given.and_then(|node| Some((node, node.text().ok()?))) {
        let is_fifo = attributes
            .get(&Name::FifoQueue)
            .is_some_and(|value| value == "true");
        problems.extend(checks::name(resource, name, is_fifo, node));
    }
    let mut tags = HashMap::new();
    let list = fields
        .optional("Tags")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    for tag in list.flatten().unwrap_or_default() {
        let tag = tag
            .fields(format!("{}: tag", resource.label()))
            .or_collect(problems);
        let Some(mut tag) = tag else { continue };
        let key = tag
            .required("Key")
            .and_then(Node::text)
            .or_collect(problems);
        let value = tag
            .required("Value")
            .and_then(Node::text)
            .or_collect(problems);
        tags.extend(
            key.zip(value)
                .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        problems.extend(tag.finish());
    }
    problems.extend(fields.finish());
    Some(DeclaredQueue {
        name: resource.physical_id.clone(),
        attributes,
        tags,
    })
}

/// Attributes are text: policies as JSON, everything else as written.
fn text(node: &Node) -> Result<String, Problem> {
    match node.value {
        Value::Map(_) => Ok(node.to_json().to_string()),
        _ => Ok(node.text()?.to_owned()),
    }
}

/// A value as SQS returns it, so that an existing queue does not seem to differ: booleans in lower
/// case, enumerations in AWS's spelling. Invalid values are left for SQS to refuse.
fn normal(name: &str, value: String) -> String {
    let values: &[&str] = match name {
        "FifoQueue" | "ContentBasedDeduplication" | "SqsManagedSseEnabled" => &["true", "false"],
        "DeduplicationScope" => &["queue", "messageGroup"],
        "FifoThroughputLimit" => &["perQueue", "perMessageGroupId"],
        _ => &[],
    };
    values
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&value))
        .map_or(value, |known| (*known).to_owned())
}

/// Whether two values are equal. Policies are compared as data: a service may return them with
/// other spacing, or a count as text.
pub(super) fn same(a: &str, b: &str) -> bool {
    let normal = |text: &str| {
        let mut json: serde_json::Value = serde_json::from_str(text).ok()?;
        if let Some(count) = json.get_mut("maxReceiveCount") {
            *count = count.to_string().trim_matches('"').into();
        }
        if let Some(permission) = json.get_mut("redrivePermission") {
            *permission = permission
                .to_string()
                .trim_matches('"')
                .to_ascii_lowercase()
                .into();
        }
        Some(json)
    };
    a == b || (normal(a).is_some() && normal(a) == normal(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_compared_as_data() {
        assert!(same(
            r#"{"a":1,"maxReceiveCount":"5"}"#,
            r#"{"a": 1, "maxReceiveCount": 5}"#
        ));
        assert!(!same(
            r#"{"maxReceiveCount":5}"#,
            r#"{"maxReceiveCount":6}"#
        ));
        assert!(same("30", "30"));
        assert!(same(
            r#"{"redrivePermission":"denyAll"}"#,
            r#"{"redrivePermission": "DenyAll"}"#
        ));
    }
}
