//! Parameter mappings of integrations: `RequestParameters`, and `ResponseParameters` in the three
//! forms that they are written in.

use http::StatusCode;
use kit::document::{Node, OrCollect as _, Problem, Value};

use crate::api::{HttpMapping, MappingSide};

/// Reads the mappings of a request.
pub(super) fn of_request(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Vec<HttpMapping> {
    pairs(label, MappingSide::Request, node, problems)
}

/// Reads the mappings of responses, by status.
pub(super) fn of_responses(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Vec<(StatusCode, Vec<HttpMapping>)> {
    let entries = node.entries().or_collect(problems).unwrap_or_default();
    let mut read = Vec::new();
    for entry in entries {
        let status = entry.key.parse::<u16>().ok();
        let status = status.filter(|status| (200..600).contains(status));
        let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) else {
            let message = format!(
                "{label}: invalid status {}: expected a number from 200 to 599",
                entry.key
            );
            problems.push(entry.place.problem(message));
            continue;
        };
        // CloudFormation has a list in a mapping of the same name.
        let list = entry.node.get("ResponseParameters").unwrap_or(&entry.node);
        read.push((status, pairs(label, MappingSide::Response, list, problems)));
    }
    read
}

/// Reads mappings: keys with values, or a list of `Destination` and `Source`.
fn pairs(
    label: &str,
    side: MappingSide,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Vec<HttpMapping> {
    let mut given: Vec<(&str, &str, &Node)> = Vec::new();
    if let Value::List(items) = &node.value {
        for item in items {
            let fields = item.fields(label).or_collect(problems);
            let Some(mut fields) = fields else { continue };
            let [key, value] = ["Destination", "Source"].map(|name| {
                let text = fields.required(name).and_then(Node::text);
                text.or_collect(problems)
            });
            problems.extend(fields.finish());
            given.extend(key.zip(value).map(|(key, value)| (key, value, item)));
        }
    } else {
        let entries = node.entries().or_collect(problems).unwrap_or_default();
        for entry in entries {
            let text = entry.node.text().or_collect(problems);
            given.extend(text.map(|text| (entry.key.as_str(), text, &entry.node)));
        }
    }
    let mut mappings = Vec::new();
    for (key, value, at) in given {
        let read = HttpMapping::parse(side, key, value);
        let read = read.map_err(|reason| at.problem(format!("{label}: {reason}")));
        mappings.extend(read.or_collect(problems));
    }
    mappings.sort_by_key(|mapping| mapping.operation);
    mappings
}
