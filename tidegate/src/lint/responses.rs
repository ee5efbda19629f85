//! Rules about integration responses: what becomes of a backend's errors. Pure.

use gateway::api::{Backend, HttpMode, Integration};
use kit::document::{Entry, Node, Place};

use super::corrections;
use super::finding::Finding;
use super::subject::{MethodOf, Subject, either};

/// Statuses by which services refuse a call.
const REFUSALS: [&str; 5] = ["400", "403", "404", "500", "503"];

/// Errors that become a success: the client believes that its message is stored.
pub(super) fn success_for_errors(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in mapped(subject) {
        let integration = &method.method.integration;
        if is_function(integration) {
            continue;
        }
        let taken = REFUSALS.into_iter().find(|status| {
            let response = integration.response_for(status);
            response.is_some_and(|response| (200..300).contains(&response.status))
        });
        let Some(status) = taken else { continue };
        let answer = integration
            .response_for(status)
            .map_or(200, |response| response.status);
        let place = responses_place(subject, &method);
        let finding = Finding::new(
            &place,
            method.label(),
            format!(
                "a reply with {status} is answered with {answer}: the client believes that it was stored"
            ),
        );
        let width = subject.sources.width(&place);
        let node = subject.integration_node(&method);
        let fix = node.and_then(|node| corrections::success_only(subject, integration, node));
        let finding = Finding { fix, ..finding };
        findings.push(finding.at(place, width).help(
            "give the success a selection pattern, 2\\d{2}, and the default response, which takes every other reply, \
             a status of 500",
        ));
    }
    findings
}

/// Replies that have no response: API Gateway answers 500 whatever the backend did.
pub(super) fn none(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in mapped(subject) {
        let integration = &method.method.integration;
        let subject_of_success = if is_function(integration) { "" } else { "200" };
        if integration.response_for(subject_of_success).is_some() {
            continue;
        }
        let place = responses_place(subject, &method);
        findings.push(
            Finding::new(
                &place,
                method.label(),
                "a success of the backend has no integration response: the client gets 500, and sends again what is \
                 stored already",
            )
            .help("add a response for 2\\d{2}, or a default response"),
        );
    }
    findings
}

/// Selection patterns that no reply can match.
pub(super) fn never(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in mapped(subject) {
        let integration = &method.method.integration;
        if is_function(integration) {
            continue;
        }
        let statuses: Vec<String> = (100..600).map(|status| status.to_string()).collect();
        for response in &integration.responses {
            let Some(pattern) = &response.pattern else {
                continue;
            };
            if statuses.iter().any(|status| response.is_for(status)) {
                continue;
            }
            let text = pattern.as_str();
            let place = pattern_place(subject, &method, text);
            findings.push(
                Finding::new(&place, method.label(), format!("the selection pattern {text} matches no status"))
                    .at(place.clone(), text.chars().count())
                    .help(
                        "a pattern is matched with the whole status of the reply, such as 4\\d{2}; only for Lambda \
                         functions with the error message",
                    ),
            );
        }
    }
    findings
}

/// Methods whose replies are mapped.
fn mapped(subject: &Subject) -> impl Iterator<Item = MethodOf<'_>> {
    let is_mapped = |method: &MethodOf<'_>| match &method.method.integration.backend {
        Backend::Aws(_) => true,
        Backend::Http(endpoint) => endpoint.mode == HttpMode::Mapped,
        _ => false,
    };
    subject.methods().into_iter().filter(is_mapped)
}

fn is_function(integration: &Integration) -> bool {
    matches!(&integration.backend, Backend::Aws(uri) if uri.is_function())
}

/// The responses of a method; its integration, where it has none.
fn responses_place(subject: &Subject, method: &MethodOf<'_>) -> Place {
    let node = subject.integration_node(method);
    let responses = node
        .and_then(|node| either(node, "responses").or_else(|| node.get("IntegrationResponses")));
    match responses.or(node) {
        Some(node) => node.place.clone(),
        None => subject.place_of(method),
    }
}

/// Where a selection pattern stands: as a key, or as a property.
fn pattern_place(subject: &Subject, method: &MethodOf<'_>, pattern: &str) -> Place {
    let found = subject.integration_node(method).and_then(|node| {
        let as_key = |entry: &&Entry| entry.key == pattern;
        let keys = either(node, "responses").and_then(|node| node.entries().ok());
        let key = keys.and_then(|entries| entries.iter().find(as_key));
        let listed = node
            .get("IntegrationResponses")
            .and_then(|node| node.list().ok());
        let own = |node: &Node| {
            let own = node.get("SelectionPattern")?;
            (own.text() == Ok(pattern)).then(|| own.place.clone())
        };
        key.map(|entry| entry.place.clone())
            .or_else(|| listed?.iter().find_map(own))
    });
    found.unwrap_or_else(|| responses_place(subject, method))
}
