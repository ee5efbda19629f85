//! Rules about forms for SQS: what clients send must arrive as it was sent, and must not become a
//! request of its own. Each finding is proved with the gateway's own templates. Pure.

use gateway::api::Backend;
use gateway::example::Offer;
use gateway::load::forms::{ChosenBy, is_form_for_sqs};
use gateway::mapping::encoded_form;
use gateway::vtl::Template;
use indexmap::IndexMap;
use kit::document::{Node, Place};

use super::finding::{Finding, Fix};
use super::probe::{self, DELAYED, LOST, OTHER_QUEUE};
use super::subject::{MethodOf, Subject, either};

/// Templates that put text of the client into a form as it is, with the first body that does not
/// come back.
pub(super) fn unencoded(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in subject.methods() {
        let Some(offer) = &method.offer else { continue };
        let integration = &method.method.integration;
        for (kind, template) in &integration.request_templates.0 {
            let Some(template) = template
                .as_ref()
                .filter(|_| is_form_for_sqs(integration, kind))
            else {
                continue;
            };
            let proof = prove(subject, offer, kind);
            if !proof.is_empty() {
                findings.extend(finding(subject, &method, kind, template, proof));
            }
        }
    }
    findings
}

/// What is lost, and what a client can do, in sentences; empty when everything comes back.
fn prove(subject: &Subject, offer: &Offer<'_>, kind: &str) -> Vec<String> {
    let lost = LOST.iter().find_map(|hostile| {
        let (example, actual, meant) =
            probe::forms(subject, offer, kind, hostile.body, hostile.value)?;
        let (name, found) = actual.differs(&meant)?;
        let found = match found {
            Some(found) => format!("is {found}"),
            None => "is missing".to_owned(),
        };
        Some(format!("{}: {name} {found}", probe::shown(&example)))
    });
    let mut proof: Vec<String> = lost.into_iter().collect();
    if proof.is_empty() {
        return proof;
    }
    let first = |values: &[String], name: &str, is_meant: &dyn Fn(&str) -> bool| {
        values.iter().find_map(|value| {
            let (example, actual, _) = probe::forms(subject, offer, kind, value, value)?;
            let is_taken = actual.get(name).is_some_and(is_meant);
            is_taken.then(|| probe::shown(&example))
        })
    };
    let is_other = |url: &str| url.ends_with(OTHER_QUEUE);
    let lands = first(&probe::to_other_queue(subject), "QueueUrl", &is_other);
    proof.extend(
        lands.map(|shown| format!("{shown}: the message lands in another queue, {OTHER_QUEUE}")),
    );
    let is_delayed = |seconds: &str| seconds == "900";
    let delayed = first(&DELAYED.map(str::to_owned), "DelaySeconds", &is_delayed);
    proof.extend(delayed.map(|shown| format!("{shown}: the message is delayed by 900 seconds")));
    proof
}

fn finding(
    subject: &Subject,
    method: &MethodOf<'_>,
    kind: &str,
    template: &Template,
    proof: Vec<String>,
) -> Option<Finding> {
    let form = encoded_form(template)?;
    let source = template.source();
    let first = form.references.first()?;
    let message = format!(
        "the {kind} template puts {} into the form as it is",
        source.get(first.clone())?
    );
    let declared = template_node(subject, method, kind);
    let place = declared.map_or_else(|| subject.place_of(method), |node| node.place.clone());
    let mut finding = Finding::new(&place, method.label(), message);
    finding.notes = proof;
    finding.help = format!(
        "encode what clients send: {}",
        form.template.source().trim_end()
    );
    let edits = edits(subject, &place, source, &form.references);
    if let Some((range, _)) = edits.as_ref().and_then(|edits| edits.first())
        && let Some((place, width)) = subject.sources.place(&place.file, range)
    {
        finding = finding.at(place, width);
    }
    finding.fix = edits.map(|edits| Fix {
        file: place.file.clone(),
        edits,
    });
    Some(finding)
}

/// The template of a method as it is declared.
pub(super) fn template_node<'s>(
    subject: &'s Subject,
    method: &MethodOf<'_>,
    kind: &str,
) -> Option<&'s Node> {
    let templates = either(subject.integration_node(method)?, "requestTemplates")?;
    let mut entries = templates.entries().ok()?.iter();
    let declared = entries.find(|entry| entry.key.eq_ignore_ascii_case(kind))?;
    Some(&declared.node)
}

/// The changes of the file that encode these references.
fn edits(
    subject: &Subject,
    value: &Place,
    source: &str,
    references: &[std::ops::Range<usize>],
) -> Option<Vec<(std::ops::Range<usize>, String)>> {
    let text = subject.sources.text(&value.file)?;
    let edit = |span| {
        let range = subject.sources.range(value, source, span)?;
        let spelt = text.get(range.clone())?;
        Some((range, format!("$util.urlEncode({spelt})")))
    };
    references.iter().map(edit).collect()
}

/// Integrations by which a client chooses what SQS does.
pub(super) fn chosen_action(subject: &Subject) -> Vec<Finding> {
    let none = IndexMap::new();
    let mut findings = Vec::new();
    for method in subject.methods() {
        let integration = &method.method.integration;
        if !matches!(integration.backend, Backend::Aws(_)) {
            continue;
        }
        let stage = method.api.stages.first();
        let variables = stage.map_or(&none, |stage| &stage.variables);
        let Some(chosen) = gateway::load::forms::chosen_action(integration, variables) else {
            continue;
        };
        let (what, entry, help) = match chosen.way {
            ChosenBy::Mapping => (
                "a mapping gives the action to the client",
                "requestParameters",
                "map a fixed text such as 'SendMessage'",
            ),
            ChosenBy::Passthrough => (
                "bodies that no template is for are passed to SQS as they are",
                "passthroughBehavior",
                "set passthroughBehavior to never, so that only bodies with a template pass",
            ),
            ChosenBy::Template => (
                "a template takes the action from the client",
                "requestTemplates",
                "write the action into the template, and encode what clients send with $util.urlEncode",
            ),
        };
        let node = subject.integration_node(&method);
        let place = node.and_then(|node| Some(&either(node, entry)?.place));
        let place = place.cloned().unwrap_or_else(|| subject.place_of(&method));
        let width = subject.sources.width(&place);
        findings.push(
            Finding::new(
                &place,
                method.label(),
                format!("clients can choose the action of SQS: {what}"),
            )
            .at(place.clone(), width)
            .note(format!(
                "{} deletes the queue, if the role may",
                chosen.request
            ))
            .help(help),
        );
    }
    findings
}
