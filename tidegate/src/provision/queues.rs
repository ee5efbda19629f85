//! `AWS::SQS::Queue` resources to queues.

use std::collections::HashMap;

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use kit::aws;
use kit::cloudformation::{Resource, Stack};
use kit::definition::Definition;
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::{Deed, Provisioned, checks};

/// Properties that are attributes of the queue under the same name.
const ATTRIBUTES: [&str; 14] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
];

/// A queue as declared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub name: String,
    pub attributes: HashMap<Name, String>,
    tags: HashMap<String, String>,
}

impl Declared {
    /// A queue of which nothing but the name is known.
    pub(crate) fn plain(name: &str) -> Declared {
        let fifo = name.ends_with(".fifo").then(|| (Name::FifoQueue, "true".to_owned()));
        Declared { name: name.to_owned(), attributes: fifo.into_iter().collect(), tags: HashMap::new() }
    }
}

pub(super) async fn provision(queues: &[Declared], client: &Client) -> anyhow::Result<Vec<Provisioned>> {
    let mut done = Vec::new();
    // All without redrive first: a dead-letter queue must exist before it is named.
    for queue in queues {
        done.push(Provisioned { kind: "queue", name: queue.name.clone(), deed: create(client, queue).await? });
    }
    for (queue, done) in queues.iter().zip(&mut done) {
        if set(client, queue).await? && done.deed == Deed::Unchanged {
            done.deed = Deed::Updated;
        }
    }
    Ok(done)
}

/// The queues that a definition declares, with the policies that it gives them.
pub(super) fn read(definition: &Definition, problems: &mut Vec<Problem>) -> Vec<Declared> {
    let mut queues: Vec<Declared> = Vec::new();
    for resource in definition.stacks.iter().flat_map(|stack| stack.of_kind("AWS::SQS::Queue")) {
        let name = &resource.physical_id;
        if queues.iter().any(|queue| queue.name == *name) {
            problems.push(resource.properties.problem(format!("{}: {name} is declared twice", resource.label())));
            continue;
        }
        queues.extend(declared(resource, problems));
    }
    for resource in definition.stacks.iter().flat_map(Stack::all) {
        match resource.kind.as_str() {
            "AWS::SQS::QueuePolicy" => policy(resource, &mut queues, problems),
            "AWS::SQS::QueueInlinePolicy" => {
                let message = format!("{}: this type is not supported", resource.label());
                problems.push(resource.properties.problem(message).unsupported());
            }
            _ => {}
        }
    }
    queues
}

/// `AWS::SQS::QueuePolicy`: who else may use these queues. It names them by their URLs.
fn policy(resource: &Resource, queues: &mut [Declared], problems: &mut Vec<Problem>) {
    let Some(mut fields) = resource.fields().or_collect(problems) else { return };
    let document = fields.required("PolicyDocument").and_then(text).or_collect(problems);
    let named = fields.required("Queues").and_then(Node::list).or_collect(problems);
    problems.extend(fields.finish());
    for node in named.unwrap_or_default() {
        let Some(url) = node.text().or_collect(problems) else { continue };
        let name = url.rsplit('/').next().unwrap_or_default();
        match queues.iter_mut().find(|queue| queue.name == name) {
            Some(queue) => _ = queue.attributes.insert(Name::Policy, document.clone().unwrap_or_default()),
            None => {
                let message = format!("{}: no definition declares the queue {name}", resource.label());
                problems.push(node.problem(message).collected());
            }
        }
    }
}

fn declared(resource: &Resource, problems: &mut Vec<Problem>) -> Option<Declared> {
    let mut fields = resource.fields().or_collect(problems)?;
    let given = fields.optional("QueueName");
    let mut attributes = HashMap::new();
    for name in ATTRIBUTES {
        let Some(node) = fields.optional(name) else { continue };
        let Some(value) = text(node).or_collect(problems) else { continue };
        problems.extend(checks::attribute(resource, name, &value, node));
        attributes.insert(Name::from(name), normal(name, value));
    }
    if let Some((node, name)) = given.and_then(|node| Some((node, node.text().ok()?))) {
        let is_fifo = attributes.get(&Name::FifoQueue).is_some_and(|value| value == "true");
        problems.extend(checks::name(resource, name, is_fifo, node));
    }
    let mut tags = HashMap::new();
    let list = fields.optional("Tags").map(Node::list).transpose().or_collect(problems);
    for tag in list.flatten().unwrap_or_default() {
        let tag = tag.fields(format!("{}: tag", resource.label())).or_collect(problems);
        let Some(mut tag) = tag else { continue };
        let key = tag.required("Key").and_then(Node::text).or_collect(problems);
        let value = tag.required("Value").and_then(Node::text).or_collect(problems);
        tags.extend(key.zip(value).map(|(key, value)| (key.to_owned(), value.to_owned())));
        problems.extend(tag.finish());
    }
    problems.extend(fields.finish());
    Some(Declared { name: resource.physical_id.clone(), attributes, tags })
}

/// Attributes are text: policies as JSON, everything else as written.
fn text(node: &Node) -> Result<String, Problem> {
    match node.value {
        Value::Map(_) => Ok(node.to_json().to_string()),
        _ => Ok(node.text()?.to_owned()),
    }
}

/// A value as SQS gives it back, so that what is there is not taken for something else: booleans in small letters,
/// enumerations in AWS's spelling. Anything else is SQS's to refuse.
fn normal(name: &str, value: String) -> String {
    let values: &[&str] = match name {
        "FifoQueue" | "ContentBasedDeduplication" | "SqsManagedSseEnabled" => &["true", "false"],
        "DeduplicationScope" => &["queue", "messageGroup"],
        "FifoThroughputLimit" => &["perQueue", "perMessageGroupId"],
        _ => &[],
    };
    values.iter().find(|known| known.eq_ignore_ascii_case(&value)).map_or(value, |known| (*known).to_owned())
}

/// Creates a queue that is not there, with everything but its policies.
pub(crate) async fn create(client: &Client, queue: &Declared) -> anyhow::Result<Deed> {
    if client.get_queue_url().queue_name(&queue.name).send().await.is_ok() {
        return Ok(Deed::Unchanged);
    }
    let policies = [Name::RedrivePolicy, Name::RedriveAllowPolicy, Name::Policy];
    let plain = queue.attributes.iter().filter(|(name, _)| !policies.contains(name));
    let plain: HashMap<_, _> = plain.map(|(name, value)| (name.clone(), value.clone())).collect();
    let request = client.create_queue().queue_name(&queue.name).set_attributes(Some(plain));
    let request = if queue.tags.is_empty() { request } else { request.set_tags(Some(queue.tags.clone())) };
    match request.send().await {
        Ok(_) => Ok(Deed::Created),
        Err(error) => anyhow::bail!("cannot create queue {}: {}", queue.name, aws::explain(&error)),
    }
}

/// Brings attributes and tags up to date; true when some differed. What is there and not declared stays.
async fn set(client: &Client, queue: &Declared) -> anyhow::Result<bool> {
    let url = client.get_queue_url().queue_name(&queue.name).send().await.map_err(|error| refused(queue, &error))?;
    let url = url.queue_url.with_context(|| format!("queue {} has no URL", queue.name))?;
    Ok(set_attributes(client, queue, &url).await? | set_tags(client, queue, &url).await?)
}

async fn set_attributes(client: &Client, queue: &Declared, url: &str) -> anyhow::Result<bool> {
    let current = client.get_queue_attributes().queue_url(url).attribute_names(Name::All).send().await;
    let current = current.map_err(|error| refused(queue, &error))?.attributes.unwrap_or_default();
    let differs = |name: &Name, value: &String| current.get(name).is_none_or(|now| !same(now, value));
    let changed: HashMap<_, _> = queue
        .attributes
        .iter()
        .filter(|(name, value)| **name != Name::FifoQueue && differs(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if changed.is_empty() {
        return Ok(false);
    }
    let request = client.set_queue_attributes().queue_url(url).set_attributes(Some(changed));
    request.send().await.map_err(|error| refused(queue, &error))?;
    Ok(true)
}

async fn set_tags(client: &Client, queue: &Declared, url: &str) -> anyhow::Result<bool> {
    if queue.tags.is_empty() {
        return Ok(false);
    }
    let current = client.list_queue_tags().queue_url(url).send().await.map_err(|error| refused(queue, &error))?;
    let current = current.tags.unwrap_or_default();
    let mut changed = queue.tags.clone();
    changed.retain(|key, value| current.get(key) != Some(value));
    if changed.is_empty() {
        return Ok(false);
    }
    let request = client.tag_queue().queue_url(url).set_tags(Some(changed));
    request.send().await.map_err(|error| refused(queue, &error))?;
    Ok(true)
}

fn refused(queue: &Declared, error: &dyn std::error::Error) -> anyhow::Error {
    anyhow::anyhow!("queue {}: {}", queue.name, aws::explain(error))
}

/// Policies are compared as data: a service may write them with other spacing, or a count as text.
fn same(a: &str, b: &str) -> bool {
    let normal = |text: &str| {
        let mut json: serde_json::Value = serde_json::from_str(text).ok()?;
        if let Some(count) = json.get_mut("maxReceiveCount") {
            *count = count.to_string().trim_matches('"').into();
        }
        if let Some(permission) = json.get_mut("redrivePermission") {
            *permission = permission.to_string().trim_matches('"').to_ascii_lowercase().into();
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
        assert!(same(r#"{"a":1,"maxReceiveCount":"5"}"#, r#"{"a": 1, "maxReceiveCount": 5}"#));
        assert!(!same(r#"{"maxReceiveCount":5}"#, r#"{"maxReceiveCount":6}"#));
        assert!(same("30", "30"));
        assert!(same(r#"{"redrivePermission":"denyAll"}"#, r#"{"redrivePermission": "DenyAll"}"#));
    }
}
