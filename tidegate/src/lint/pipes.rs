//! Rules about pipes: input templates and filters. Pure.

use kit::arn::Arn;
use kit::document::{Node, Value as Data};
use kit::time::Timestamp;
use pipe::definition::{EnrichmentTarget, Pipe, Target};
use pipe::event::path::Path;
use pipe::event::{Event, UnknownField, unknown_field};
use pipe::test_invoke::test_invoke;
use pipe::transform::{Placeholder, Transform};
use serde_json::{Value, json};

use super::corrections;
use super::finding::Finding;
use super::subject::Subject;

/// An input template of a pipe, and where it stands.
struct InputTemplate<'s> {
    pipe: &'s Pipe,
    transform: &'s Transform,
    node: &'s Node,
    label: String,
    /// Whether it sees the record of a message, and not what an enrichment made of it.
    is_of_record: bool,
    /// Whether only JSON can be sent.
    needs_json: bool,
}

fn templates(subject: &Subject) -> Vec<InputTemplate<'_>> {
    let mut templates = Vec::new();
    for (pipe, declared, label) in subject.pipes() {
        let node = |parameters: &str| declared.get(parameters)?.get("InputTemplate");
        if let (Some(transform), Some(node)) = (&pipe.input, node("TargetParameters")) {
            templates.push(InputTemplate {
                pipe,
                transform,
                node,
                label: label.clone(),
                is_of_record: pipe.enrichment.is_none(),
                needs_json: matches!(pipe.target, Target::Program(_)),
            });
        }
        let enrichment = pipe.enrichment.as_ref();
        let input = enrichment.and_then(|it| Some((it, it.input.as_ref()?)));
        if let (Some((enrichment, transform)), Some(node)) = (input, node("EnrichmentParameters")) {
            templates.push(InputTemplate {
                pipe,
                transform,
                node,
                label,
                is_of_record: true,
                needs_json: matches!(enrichment.target, EnrichmentTarget::Program(_)),
            });
        }
    }
    templates
}

impl InputTemplate<'_> {
    /// A finding at a placeholder.
    fn at(&self, subject: &Subject, placeholder: &str, message: String) -> Finding {
        in_text(subject, self.node, placeholder, &self.label, message)
    }
}

/// A finding at a part of a text.
fn in_text(subject: &Subject, node: &Node, part: &str, label: &str, message: String) -> Finding {
    let finding = Finding::new(&node.place, label, message);
    let text = node.text().unwrap_or_default();
    let place = text.find(part).and_then(|at| {
        let range = subject
            .sources
            .range(&node.place, text, &(at..at + part.len()))?;
        subject.sources.place(&node.place.file, &range)
    });
    match place {
        Some((place, width)) => finding.at(place, width),
        None => finding.at(node.place.clone(), subject.sources.width(&node.place)),
    }
}

/// Placeholders within quotes whose value may be an object, which leaves no JSON.
pub(super) fn quoted_object(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in templates(subject) {
        for placeholder in template.transform.placeholders() {
            if !placeholder.is_quoted || !may_be_object(&placeholder) {
                continue;
            }
            let text = &placeholder.text;
            let message = format!(
                "{text} is within quotes, and its value may be an object: the result is no JSON"
            );
            let mut finding = template.at(subject, text, message);
            if let Some(reason) = failure(&template, r#"{"id":7}"#) {
                finding = finding.note(format!("the message {{\"id\":7}}: {reason}"));
            }
            finding.fix = corrections::unquoted(subject, template.node, text);
            findings.push(finding.help(format!(
                "write it without quotes: a text gets its own, so \"{text}\" becomes {text}"
            )));
        }
    }
    findings
}

/// Whether a placeholder stands for something that has parts.
fn may_be_object(placeholder: &Placeholder<'_>) -> bool {
    match placeholder.path {
        None => {
            placeholder.text.starts_with("<aws.pipes.event") && !placeholder.text.contains("time")
        }
        Some(path) => matches!(
            path.fields().as_slice(),
            [] | ["body" | "attributes" | "messageAttributes"]
        ),
    }
}

/// Placeholders within quotes whose value may hold a quote, and templates that leave no JSON for a
/// target that takes nothing else.
pub(super) fn broken_json(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in templates(subject) {
        let quoted = template.transform.placeholders().find(|placeholder| {
            placeholder.is_quoted
                && !may_be_object(placeholder)
                && placeholder
                    .path
                    .is_some_and(|path| path.root_field() == Some("body"))
        });
        if let Some(placeholder) = quoted
            && let Some(path) = placeholder.path
        {
            let body = body_with(path, "say \"hi\"");
            if let Some(reason) = failure(&template, &body) {
                let text = &placeholder.text;
                let message = format!(
                    "{text} is within quotes: a value with a quote, a backslash or a line break leaves no JSON"
                );
                findings.push(
                    template
                        .at(subject, text, message)
                        .note(format!("the message {body}: {reason}"))
                        .help(format!("write it without quotes: a text gets its own, so \"{text}\" becomes {text}")),
                );
                continue;
            }
        }
        let is_plain =
            !template.transform.is_json() && template.needs_json && template.is_of_record;
        if is_plain && let Some(reason) = failure(&template, r#"{"id":7}"#) {
            let message =
                "the template leaves no JSON, and the target takes nothing else".to_owned();
            let first = template
                .node
                .text()
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            findings.push(
                template
                    .at(subject, &first, message)
                    .note(format!("the message {{\"id\":7}}: {reason}"))
                    .help("make the template a JSON object, such as {\"body\": <$.body>}"),
            );
        }
    }
    findings
}

/// A body in which a path below `body` leads to a value.
fn body_with(path: &Path, value: &str) -> String {
    let names = path.fields();
    let body = names.iter().skip(1).rev().fold(
        Value::from(value),
        |inner, name| json!({ (*name).to_owned(): inner }),
    );
    body.to_string()
}

/// Why nothing can be sent for a message with this body.
fn failure(template: &InputTemplate<'_>, body: &str) -> Option<String> {
    let event = event(template.pipe, body);
    let now = Timestamp::from_millis(1_700_000_000_000);
    if !template.is_of_record {
        let time = "2023-11-14T22:13:20Z";
        let names = &template.pipe.names;
        let rendered = template.transform.render(&event, names, time);
        return rendered.err().map(|reason| reason.to_string());
    }
    let outcome = test_invoke(template.pipe, event, None, now).ok()?;
    let of_enrichment = outcome.enrichment.and_then(|invocation| invocation.failure);
    let mut deliveries = outcome.deliveries.into_iter();
    let of_target = || deliveries.find_map(|delivery| delivery.target.failure);
    of_enrichment.or_else(of_target)
}

/// The record of a message as the queue of a pipe gives it.
fn event(pipe: &Pipe, body: &str) -> Event {
    let attributes = json!({
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1700000000000",
        "SenderId": "AIDAEXAMPLE",
        "ApproximateFirstReceiveTimestamp": "1700000000000",
    });
    Event::from_record(json!({
        "messageId": "00000000-0000-0000-0000-000000000000",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": "0",
        "eventSource": "aws:sqs",
        "eventSourceARN": pipe.source.arn,
        "awsRegion": Arn::parse(&pipe.source.arn).map_or("", |arn| arn.region),
    }))
}

/// Paths to fields that no record of a message has.
pub(super) fn unknown_fields(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in templates(subject)
        .iter()
        .filter(|template| template.is_of_record)
    {
        for placeholder in template.transform.placeholders() {
            if let Some(unknown) = placeholder.path.and_then(unknown_field) {
                let message = leads_nowhere(&placeholder.text, &unknown);
                findings.push(
                    template
                        .at(subject, &placeholder.text, message)
                        .help(known(&unknown)),
                );
            }
        }
    }
    for (pipe, node, label) in subject.pipes() {
        if pipe.enrichment.is_none()
            && let Some(parameters) = node.get("TargetParameters")
        {
            dynamic(subject, parameters, &label, &mut findings);
        }
    }
    findings
}

/// Parameters that are paths: `MessageGroupId: $.bdy.id`.
fn dynamic(subject: &Subject, node: &Node, label: &str, findings: &mut Vec<Finding>) {
    match &node.value {
        Data::String(text) if text.starts_with("$.") => {
            let path = Path::parse(text).ok();
            if let Some(unknown) = path.as_ref().and_then(unknown_field) {
                let message = leads_nowhere(text, &unknown);
                findings.push(in_text(subject, node, text, label, message).help(known(&unknown)));
            }
        }
        Data::List(nodes) => {
            nodes
                .iter()
                .for_each(|node| dynamic(subject, node, label, findings));
        }
        Data::Map(entries) => {
            let others = entries.iter().filter(|entry| entry.key != "InputTemplate");
            others.for_each(|entry| dynamic(subject, &entry.node, label, findings));
        }
        _ => {}
    }
}

fn leads_nowhere(path: &str, unknown: &UnknownField) -> String {
    format!(
        "{path} leads nowhere: no message from SQS has the field {}",
        unknown.name
    )
}

fn known(unknown: &UnknownField) -> String {
    match unknown.meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("expected one of {}", unknown.known.join(", ")),
    }
}

/// Filters that no message can pass, in whole or by one of their ways.
pub(super) fn never_matching(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pipe, declared, label) in subject.pipes() {
        let is_fifo = pipe.source.queue.ends_with(".fifo");
        let filters = || {
            let parameters = declared.get("SourceParameters")?;
            parameters
                .get("FilterCriteria")?
                .get("Filters")?
                .list()
                .ok()
        };
        let filters = filters().unwrap_or_default();
        for never in pipe.filter.never_met(is_fifo) {
            let Some(node) = filters
                .get(never.filter)
                .and_then(|filter| filter.get("Pattern"))
            else {
                continue;
            };
            let name = never.field.rsplit('.').next().unwrap_or_default();
            let message = format!(
                "no message matches {} {}: {}",
                never.field, never.expected, never.reason
            );
            findings.push(
                in_text(subject, node, &format!("\"{name}\""), &label, message)
                    .note("a message that matches no filter is deleted")
                    .help("tidegate match shows what an event does with a pattern"),
            );
        }
    }
    findings
}
