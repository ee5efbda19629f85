//! Rules about mapping templates that make JSON, and about names that lead nowhere. Pure.

use gateway::api::{Backend, Templates};
use gateway::example::Offer;
use gateway::load::forms::is_form_for_sqs;
use gateway::mapping::lints;
use gateway::vtl::{Error, ErrorKind, Template};
use kit::document::Node;
use kit::excerpt::offset;

use super::corrections;
use super::finding::Finding;
use super::forms::template_node;
use super::probe::{Hostile, planned, shown};
use super::subject::{MethodOf, Subject, either};

/// Values that do no harm: with one of them, a template that makes JSON does so.
const HARMLESS: [Hostile; 2] = [
    Hostile {
        value: "a",
        body: "a",
    },
    Hostile {
        value: "a",
        body: r#"{"a":"a"}"#,
    },
];

/// Values that end a string of JSON unless they are escaped.
const BREAKING: [Hostile; 3] = [
    Hostile {
        value: "say \"hi\"",
        body: r#"{"text":"say \"hi\""}"#,
    },
    Hostile {
        value: "C:\\new",
        body: r#"{"path":"C:\\new"}"#,
    },
    Hostile {
        value: "two\nlines",
        body: "{\"text\":\n\"two\\nlines\"}",
    },
];

/// What `$util.escapeJavaScript` turns into `\'`, which JSON does not know.
const APOSTROPHE: Hostile = Hostile {
    value: "it's",
    body: r#"{"text":"it's"}"#,
};

/// Templates whose JSON a client's text breaks.
pub(super) fn broken_json(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (method, offer, kind, template) in making_json(subject) {
        let breaking = BREAKING
            .iter()
            .find_map(|hostile| breaks(subject, &offer, kind, hostile));
        let Some(proof) = breaking else { continue };
        let message =
            format!("the {kind} template puts text into JSON as it is: a quote ends the string");
        findings.push(at_reference(subject, &method, kind, template, "$input", message).note(proof).help(
            "escape it: $util.escapeJavaScript(…).replaceAll(\"\\\\'\", \"'\"); or insert whole values with \
             $input.json('$.x'), which writes JSON with its own quotes",
        ));
    }
    findings
}

/// Templates that escape with `$util.escapeJavaScript` alone: it writes `\'`, which is no JSON.
pub(super) fn apostrophes(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (method, offer, kind, template) in making_json(subject) {
        if !template.source().contains("escapeJavaScript") {
            continue;
        }
        let Some(proof) = breaks(subject, &offer, kind, &APOSTROPHE) else {
            continue;
        };
        let message =
            "$util.escapeJavaScript writes an apostrophe as \\', which JSON does not know"
                .to_owned();
        let finding = at_reference(
            subject,
            &method,
            kind,
            template,
            "$util.escapeJavaScript",
            message,
        );
        let node = template_node(subject, &method, kind);
        let fix = node.and_then(|node| corrections::apostrophes(subject, node, template.source()));
        findings.push(
            Finding { fix, ..finding }
                .note(proof)
                .help("take it back: $util.escapeJavaScript(…).replaceAll(\"\\\\'\", \"'\")"),
        );
    }
    findings
}

/// What shows that a value breaks the JSON, in words.
fn breaks(subject: &Subject, offer: &Offer<'_>, kind: &str, hostile: &Hostile) -> Option<String> {
    let example = offer.example_of(kind, hostile.body, hostile.value)?;
    let call = planned(subject, &subject.apis, &example)?;
    let error = serde_json::from_str::<serde::de::IgnoredAny>(&call.body).err()?;
    let line = call.body.replace('\n', "\\n");
    Some(format!(
        "{} becomes {line}, which is no JSON: {error}",
        shown(&example)
    ))
}

/// The templates of methods that make JSON for a backend, as far as they can be reached.
fn making_json(subject: &Subject) -> Vec<(MethodOf<'_>, Offer<'_>, &str, &Template)> {
    let mut found = Vec::new();
    for method in subject.methods() {
        let Some(offer) = method.offer else { continue };
        let integration = &method.method.integration;
        if !matches!(integration.backend, Backend::Aws(_) | Backend::Http(_)) {
            continue;
        }
        for (kind, template) in &integration.request_templates.0 {
            let Some(template) = template else { continue };
            // What no request changes breaks by no client's text.
            if !template.source().contains('$') {
                continue;
            }
            if !is_form_for_sqs(integration, kind) && makes_json(subject, &offer, kind, template) {
                found.push((method, offer, kind.as_str(), template));
            }
        }
    }
    found
}

fn makes_json(subject: &Subject, offer: &Offer<'_>, kind: &str, template: &Template) -> bool {
    let is_json = |hostile: &Hostile| {
        let example = offer.example_of(kind, hostile.body, hostile.value)?;
        let call = planned(subject, &subject.apis, &example)?;
        Some(
            serde_json::from_str::<serde_json::Value>(&call.body)
                .is_ok_and(|json| json.is_object() || json.is_array()),
        )
    };
    let rendered: Vec<bool> = HARMLESS.iter().filter_map(is_json).collect();
    // One that begins as JSON and never is any is broken for every body.
    rendered.contains(&true)
        || (!rendered.is_empty() && template.source().trim_start().starts_with(['{', '[']))
}

fn at_reference(
    subject: &Subject,
    method: &MethodOf<'_>,
    kind: &str,
    template: &Template,
    part: &str,
    message: String,
) -> Finding {
    let node = template_node(subject, method, kind);
    let place = node.map_or_else(|| subject.place_of(method), |node| node.place.clone());
    let finding = Finding::new(&place, method.label(), message);
    let source = template.source();
    let found = source.find(part).and_then(|at| {
        let range = subject
            .sources
            .range(&place, source, &(at..at + part.len()))?;
        subject.sources.place(&place.file, &range)
    });
    match found {
        Some((place, width)) => finding.at(place, width),
        None => finding,
    }
}

/// Names in templates that lead nowhere: they render nothing, without an error.
pub(super) fn unknown_names(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in subject.methods() {
        let integration = &method.method.integration;
        let node = subject.integration_node(&method);
        let request = node.and_then(|node| either(node, "requestTemplates"));
        collect(
            subject,
            &method,
            &integration.request_templates,
            request,
            &mut findings,
        );
        for response in &integration.responses {
            let templates = node.and_then(|node| response_templates(node, response.status));
            collect(
                subject,
                &method,
                &response.templates,
                templates,
                &mut findings,
            );
        }
    }
    findings
}

/// The templates of the response with a status, as they are declared.
fn response_templates(integration: &Node, status: u16) -> Option<&Node> {
    let status = status.to_string();
    let has_status = |node: &&Node| {
        either(node, "statusCode").is_some_and(|own| own.text() == Ok(status.as_str()))
    };
    let keyed = integration
        .get("responses")
        .and_then(|node| node.entries().ok());
    let listed = integration
        .get("IntegrationResponses")
        .and_then(|node| node.list().ok());
    let mut keyed = keyed.unwrap_or_default().iter().map(|entry| &entry.node);
    let response = keyed
        .find(has_status)
        .or_else(|| listed?.iter().find(has_status))?;
    either(response, "responseTemplates")
}

fn collect(
    subject: &Subject,
    method: &MethodOf<'_>,
    templates: &Templates,
    declared: Option<&Node>,
    findings: &mut Vec<Finding>,
) {
    let declared = declared
        .and_then(|node| node.entries().ok())
        .unwrap_or_default();
    for (kind, template) in &templates.0 {
        let Some(template) = template else { continue };
        let node = declared
            .iter()
            .find(|entry| entry.key.eq_ignore_ascii_case(kind));
        let place = node.map_or_else(
            || subject.place_of(method),
            |entry| entry.node.place.clone(),
        );
        let unknown = lints(template)
            .into_iter()
            .filter(|lint| lint.kind == ErrorKind::Lint);
        findings.extend(unknown.map(|lint| {
            let mut finding = Finding::new(&place, method.label(), lint.message.clone());
            if let Some((place, width)) = place_of(subject, &finding, template, &lint) {
                finding = finding.at(place, width);
            }
            finding.help(lint.hint.unwrap_or_default())
        }));
    }
}

/// Where a lint of a template stands in the file.
fn place_of(
    subject: &Subject,
    finding: &Finding,
    template: &Template,
    lint: &Error,
) -> Option<(kit::document::Place, usize)> {
    let source = template.source();
    let start = offset(source, lint.line, lint.column);
    let word = source[start..].trim_start_matches(['.', '$', '!', '{', '#']);
    let start = source.len() - word.len();
    let end = word
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(word.len());
    let place = &finding.value;
    let range = subject
        .sources
        .range(place, source, &(start..start + end))?;
    subject.sources.place(&place.file, &range)
}
