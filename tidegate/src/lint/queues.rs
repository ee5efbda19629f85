//! Rules about queues, and what reads them. Pure.

use std::collections::HashSet;

use kit::cloudformation::{Resource, Stack};
use kit::document::{Node, Place};
use pipe::definition::{EnrichmentTarget, Pipe, Target};

use super::finding::Finding;
use super::subject::Subject;

/// How long an API destination has to answer, in seconds: `docs/aws/pipes.md#api-destinations`.
const API_DESTINATION: i64 = 5;

/// How long API Gateway waits for a backend at most, in seconds.
const REST_API: i64 = 29;

/// How long a function may run that says nothing about it, in seconds.
const FUNCTION: i64 = 3;

/// `VisibilityTimeout`, where a queue has none of its own, in seconds.
const VISIBILITY: i64 = 30;

fn queues(subject: &Subject) -> impl Iterator<Item = &Resource> {
    let stacks = subject.declarations.stacks.iter();
    stacks.flat_map(|stack| stack.of_kind("AWS::SQS::Queue"))
}

/// The pipes that read a queue.
fn readers<'s>(subject: &'s Subject, queue: &Resource) -> Vec<&'s Pipe> {
    let arn = queue.attribute("Arn").unwrap_or_default();
    let pipes = subject.pipes.pipes.iter();
    pipes.filter(|pipe| pipe.source.arn == arn).collect()
}

/// Where a resource is declared: its name.
pub(super) fn declared_at(
    subject: &Subject,
    file: &str,
    logical_id: &str,
) -> Option<(Place, usize)> {
    let mut sources = subject.sources.0.iter();
    let root = sources
        .find(|source| *source.name == *file)?
        .root
        .as_ref()?;
    let entries = root.get("Resources")?.entries().ok()?;
    let entry = entries.iter().find(|entry| entry.key == logical_id)?;
    Some((entry.place.clone(), logical_id.chars().count()))
}

/// A finding at the name of a resource.
pub(super) fn at_name(subject: &Subject, resource: &Resource, message: String) -> Finding {
    let place = &resource.properties.place;
    let finding = Finding::new(place, resource.label(), message);
    match declared_at(subject, &place.file, &resource.logical_id) {
        Some((place, width)) => Finding {
            value: place.clone(),
            ..finding.at(place, width)
        },
        None => finding,
    }
}

/// Queues behind a pipe from which a message that never succeeds is never taken.
pub(super) fn without_dead_letters(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for queue in queues(subject) {
        let readers = readers(subject, queue);
        let Some(first) = readers.first() else {
            continue;
        };
        if redrive(queue).is_some() {
            continue;
        }
        let message = format!(
            "the pipe {} reads this queue, and it has no dead-letter queue: a message that its target never takes comes \
             back until it is too old, and is lost then",
            first.name
        );
        findings.push(
            at_name(subject, queue, message).help(
                "add a RedrivePolicy with deadLetterTargetArn and maxReceiveCount, such as 5",
            ),
        );
    }
    findings
}

/// Queues that nothing reads.
pub(super) fn unread(subject: &Subject) -> Vec<Finding> {
    let dead_letters: HashSet<String> = dead_letter_queues(subject);
    let mut findings = Vec::new();
    for queue in queues(subject) {
        let arn = queue.attribute("Arn").unwrap_or_default();
        let is_read = !readers(subject, queue).is_empty()
            || dead_letters.contains(&arn)
            || is_used(subject, queue)
            || is_shown(subject, queue);
        if !is_read {
            let message = "nothing in this definition reads the queue".to_owned();
            findings.push(at_name(subject, queue, message).help(
                "add a pipe with the queue as its Source; or turn the rule off where the consumer is elsewhere",
            ));
        }
    }
    findings
}

/// The ARNs of all dead-letter queues, of queues and of others.
fn dead_letter_queues(subject: &Subject) -> HashSet<String> {
    let stacks = subject.declarations.stacks.iter();
    let mut found = HashSet::new();
    for resource in stacks.flat_map(Stack::all) {
        found.extend(redrive(resource).and_then(|policy| policy.target));
    }
    found
}

/// Whether something that is not run here works on the queue.
fn is_used(subject: &Subject, queue: &Resource) -> bool {
    let stacks = subject.declarations.stacks.iter();
    let mut others = stacks.flat_map(|stack| &stack.not_run);
    others.any(|other| {
        let works = !matches!(other.verb(), "sends to" | "watches");
        works && other.queues.contains(&queue.logical_id)
    })
}

/// Whether the template gives the queue to others.
fn is_shown(subject: &Subject, queue: &Resource) -> bool {
    let outputs = subject
        .sources
        .0
        .iter()
        .filter_map(|source| source.root.as_ref()?.get("Outputs"));
    outputs.into_iter().any(|outputs| {
        let text = outputs.to_json().to_string();
        let id = &queue.logical_id;
        text.contains(&format!("\"{id}\""))
            || text.contains(&format!("{id}."))
            || text.contains(&format!("{{{id}}}"))
    })
}

/// The redrive policy of a queue.
struct Redrive {
    target: Option<String>,
    count: Option<(i64, Place)>,
}

fn redrive(queue: &Resource) -> Option<Redrive> {
    let node = queue.properties.get("RedrivePolicy")?;
    // It may be JSON in a text.
    let parsed = node
        .text()
        .ok()
        .and_then(|text| Node::parse("policy", text).ok());
    let policy = parsed.as_ref().unwrap_or(node);
    let target = policy.get("deadLetterTargetArn");
    let count = policy.get("maxReceiveCount").and_then(|count| {
        let place = if parsed.is_some() {
            &node.place
        } else {
            &count.place
        };
        Some((count.integer().ok()?, place.clone()))
    });
    Some(Redrive {
        target: target
            .and_then(|node| node.text().ok())
            .map(ToOwned::to_owned),
        count,
    })
}

/// Queues that give up on a message at its first failure.
pub(super) fn one_receive(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for queue in queues(subject) {
        let Some((1, place)) = redrive(queue).and_then(|policy| policy.count) else {
            continue;
        };
        let width = subject.sources.width(&place);
        findings.push(
            Finding::new(
                &place,
                queue.label(),
                "maxReceiveCount 1: one timeout, one restart of a consumer, and a good message is dead",
            )
            .at(place.clone(), width)
            .help("allow some receives, such as 5"),
        );
    }
    findings
}

/// Queues whose messages appear again while their target still works on them.
pub(super) fn short_visibility(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for queue in queues(subject) {
        let declared = queue.properties.get("VisibilityTimeout");
        let seconds = declared
            .and_then(|node| node.integer().ok())
            .unwrap_or(VISIBILITY);
        for pipe in readers(subject, queue) {
            let needed = needed(subject, pipe);
            if seconds >= needed {
                continue;
            }
            let message = format!(
                "messages appear again after {seconds} s, and the pipe {} may work on one for {needed} s: on AWS it is \
                 delivered twice",
                pipe.name
            );
            let finding = match declared {
                Some(node) => {
                    let width = subject.sources.width(&node.place);
                    Finding::new(&node.place, queue.label(), message).at(node.place.clone(), width)
                }
                None => at_name(subject, queue, message),
            };
            findings.push(finding.help(format!(
                "set VisibilityTimeout to more than {needed}; AWS advises six times the time of a function"
            )));
        }
    }
    findings
}

/// How long a pipe may work on a message, in seconds.
fn needed(subject: &Subject, pipe: &Pipe) -> i64 {
    let function = |arn: &str| timeout_of_function(subject, arn).unwrap_or(FUNCTION);
    let enrichment = pipe
        .enrichment
        .as_ref()
        .map_or(0, |enrichment| match enrichment.target {
            EnrichmentTarget::Http(_) => API_DESTINATION,
            EnrichmentTarget::Api(_) => REST_API,
            EnrichmentTarget::Program(_) => function(&pipe.names.enrichment_arn),
        });
    let target = match pipe.target {
        Target::Http(_) => API_DESTINATION,
        Target::Api(_) => REST_API,
        Target::Program(_) => function(&pipe.names.target_arn),
        Target::Queue(_) | Target::Feed(_) => 0,
    };
    enrichment + target
}

/// The `Timeout` of a function of the same template, by the ARN that the pipe has.
fn timeout_of_function(subject: &Subject, arn: &str) -> Option<i64> {
    let name = arn.strip_prefix("arn:")?.split(':').nth(5)?;
    let roots = subject
        .sources
        .0
        .iter()
        .filter_map(|source| source.root.as_ref());
    let resources = roots
        .filter_map(|root| root.get("Resources")?.entries().ok())
        .flatten();
    let mut functions = resources.filter(|entry| {
        let kind = entry.node.get("Type").and_then(|kind| kind.text().ok());
        matches!(
            kind,
            Some("AWS::Lambda::Function" | "AWS::Serverless::Function")
        )
    });
    let function = functions.find(|entry| {
        let own = entry
            .node
            .get("Properties")
            .and_then(|node| node.get("FunctionName"));
        // Without a name of its own, it is called after the stack and itself.
        own.map_or_else(|| name.ends_with(&entry.key), |own| own.text() == Ok(name))
    })?;
    function
        .node
        .get("Properties")?
        .get("Timeout")?
        .integer()
        .ok()
}
