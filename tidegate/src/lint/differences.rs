//! Rules about what AWS does otherwise than Tidegate: from the table of properties, and from what
//! the readers know. Pure.

use gateway::LogArgs;
use gateway::api::{Backend, IntegrationIdentity};
use gateway::load::notices::notices;
use kit::cloudformation::{Resource, Stack};
use kit::document::{Entry, Node, Rule, Value};

use super::finding::Finding;
use super::queues::{at_name, declared_at};
use super::subject::{Subject, either};

/// Resources and properties that do something on AWS and nothing here, with what the table says of
/// them.
pub(super) fn properties(subject: &Subject) -> Vec<Finding> {
    let stacks = subject.declarations.stacks.iter();
    let mut findings: Vec<Finding> = Vec::new();
    for resource in stacks.flat_map(Stack::all) {
        if let Some(Rule::Nothing(reason)) = resource.rule()
            && !reason.is_empty()
        {
            let message = format!("it does nothing here: {reason}");
            findings.push(at_name(subject, resource, message));
            continue;
        }
        findings.extend(without_effect(resource));
    }
    findings.extend(stage_settings(subject));
    findings
}

/// The properties of a resource without effect here, as far as the table gives a reason.
fn without_effect(resource: &Resource) -> Vec<Finding> {
    let (rules, entries) = (resource.rules(), resource.properties.entries());
    let entries = entries.unwrap_or_default().iter();
    let found = entries.filter_map(|entry| match rules?.get(entry.key.as_str())? {
        Rule::Nothing(reason) if !reason.is_empty() => {
            let message = format!("{} does nothing here: {reason}", entry.key);
            Some(at_key(entry, resource.label(), message))
        }
        _ => None,
    });
    found.collect()
}

fn at_key(entry: &Entry, label: String, message: String) -> Finding {
    let width = entry.key.chars().count();
    Finding::new(&entry.place, label, message).at(entry.place.clone(), width)
}

/// Settings of stages without effect here, or only with a setting of the gateway.
fn stage_settings(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for notice in notices(&subject.apis, &LogArgs::default()) {
        let stacks = subject.declarations.stacks.iter();
        for resource in stacks.flat_map(Stack::all) {
            let mut entries = Vec::new();
            if STAGES.contains(&resource.kind.as_str()) {
                named(&resource.properties, notice.property, &mut entries);
            }
            findings.extend(entries.into_iter().map(|entry| {
                let message = format!("{}: {}", notice.property, notice.text);
                at_key(entry, resource.label(), message)
            }));
        }
    }
    findings
}

/// Types that declare stages.
const STAGES: [&str; 5] = [
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

/// Every entry of this name, wherever it is.
fn named<'n>(node: &'n Node, name: &str, found: &mut Vec<&'n Entry>) {
    match &node.value {
        Value::List(nodes) => nodes.iter().for_each(|node| named(node, name, found)),
        Value::Map(entries) => {
            for entry in entries {
                if entry.key == name {
                    found.push(entry);
                }
                named(&entry.node, name, found);
            }
        }
        _ => {}
    }
}

/// Resources that work on queues of the definition on AWS, and are not run here.
pub(super) fn not_run(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stack in &subject.declarations.stacks {
        for other in stack
            .not_run
            .iter()
            .filter(|other| !other.queues.is_empty())
        {
            let label = format!("{} ({})", other.logical_id, other.kind);
            let message = format!(
                "it is not run here; on AWS it {} {}",
                other.verb(),
                other.queues.join(" and ")
            );
            let mut sources = subject.sources.0.iter();
            let place =
                sources.find_map(|source| declared_at(subject, &source.name, &other.logical_id));
            let Some((place, width)) = place else {
                continue;
            };
            findings.push(Finding::new(&place, label, message).at(place.clone(), width));
        }
    }
    findings
}

/// API destinations without TLS, which AWS does not take.
pub(super) fn http_endpoint(subject: &Subject) -> Vec<Finding> {
    let stacks = subject.declarations.stacks.iter();
    let resources = stacks.flat_map(|stack| stack.of_kind("AWS::Events::ApiDestination"));
    let declared = resources.map(|resource| (resource.label(), &resource.properties));
    let described = subject.declarations.api_destinations.iter();
    let described = described.map(|node| ("the API destination".to_owned(), node));
    let mut findings = Vec::new();
    for (label, node) in declared.chain(described) {
        let Some(endpoint) = node.get("InvocationEndpoint") else {
            continue;
        };
        let text = endpoint.text().unwrap_or_default();
        if text.starts_with("http://") {
            let message = format!(
                "AWS takes https only for an API destination: {text} works here and not there"
            );
            let width = subject.sources.width(&endpoint.place);
            findings.push(
                Finding::new(&endpoint.place, label, message).at(endpoint.place.clone(), width),
            );
        }
    }
    findings
}

/// Integrations that call a service as nobody: here, as the gateway itself.
pub(super) fn no_credentials(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in subject.methods() {
        let integration = &method.method.integration;
        let service = match &integration.backend {
            // A function has a policy of its own that lets API Gateway in.
            Backend::Aws(uri) if !uri.is_function() => &uri.service,
            Backend::Subtype(uri) => &uri.service,
            _ => continue,
        };
        if integration.identity != IntegrationIdentity::Gateway {
            continue;
        }
        let place = subject.place_of(&method);
        findings.push(
            Finding::new(
                &place,
                method.label(),
                format!("the integration has no credentials: on AWS, {service} refuses the call; here it is made as the gateway itself"),
            )
            .help("set credentials to the ARN of a role that API Gateway may assume and that may make the call"),
        );
    }
    findings
}

/// Headers that no integration request can have: every request is answered with 500.
pub(super) fn reserved_headers(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in subject.methods() {
        let integration = &method.method.integration;
        for parameter in &integration.request_parameters {
            if !parameter.is_reserved(&integration.backend) {
                continue;
            }
            let name = &parameter.name;
            let node = subject
                .integration_node(&method)
                .and_then(|node| mapping(node, name));
            let place = node.map_or_else(|| subject.place_of(&method), |node| node.place.clone());
            let message =
                format!("the header {name} is reserved: every request is answered with 500");
            let width = subject.sources.width(&place);
            findings.push(
                Finding::new(&place, method.label(), message)
                    .at(place.clone(), width)
                    .help("leave the mapping out"),
            );
        }
    }
    findings
}

/// The mapping of a header, as it is declared.
fn mapping<'n>(integration: &'n Node, name: &str) -> Option<&'n Node> {
    let entries = either(integration, "requestParameters")?.entries().ok()?;
    let key = format!("integration.request.header.{name}");
    let mut entries = entries.iter();
    Some(
        &entries
            .find(|entry| entry.key.eq_ignore_ascii_case(&key))?
            .node,
    )
}

/// Mappings that name what their method does not declare: API Gateway refuses them.
pub(super) fn undeclared(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in subject.methods() {
        for problem in &method.method.undeclared {
            let message = problem
                .message
                .split_once(": ")
                .map_or(problem.message.as_str(), |(_, rest)| rest);
            let width = subject.sources.width(&problem.place);
            findings.push(
                Finding::new(&problem.place, method.label(), message)
                    .at(problem.place.clone(), width)
                    .help(
                        "declare it in the method's parameters, or in the headers of its responses",
                    ),
            );
        }
    }
    findings
}
