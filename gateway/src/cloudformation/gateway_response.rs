//! `AWS::ApiGateway::GatewayResponse`, and SAM's `GatewayResponses`.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

use super::kinds::GATEWAY_RESPONSE;
use super::membership::is_part;
use crate::api::{GatewayResponses, ResponseType};
use crate::openapi::{gateway_response_type, read_gateway_response, read_gateway_responses};

/// The properties of a gateway response: CloudFormation's name, and OpenAPI's.
const NAMES: [(&str, &str); 3] = [
    ("StatusCode", "statusCode"),
    ("ResponseParameters", "responseParameters"),
    ("ResponseTemplates", "responseTemplates"),
];

/// Adds the gateway responses that a template declares one by one for an API.
pub(super) fn read(
    stack: &Stack,
    api: &Declared,
    responses: &mut GatewayResponses,
    problems: &mut Vec<Problem>,
) {
    let all = stack.of_kind(GATEWAY_RESPONSE);
    for declared in all.filter(|declared| is_part(declared, api)) {
        let label = declared.label();
        let kind = kind(&label, declared).or_collect(problems);
        let Some(entries) = declared.properties.entries().or_collect(problems) else {
            continue;
        };
        let own = ["RestApiId", "ResponseType"];
        let rest = entries
            .iter()
            .filter(|entry| !own.contains(&entry.key.as_str()));
        let node = declared
            .properties
            .with(Value::Map(rest.map(in_openapi_form).collect()));
        let response = read_gateway_response(&label, &node, problems);
        if let (Some(kind), Some(response)) = (kind, response) {
            responses.0.insert(kind, response);
        }
    }
}

fn kind(label: &str, declared: &Declared) -> Result<ResponseType, Problem> {
    let node = declared.fields()?.required("ResponseType")?;
    gateway_response_type(label, node.text()?, node)
}

/// Adds what SAM's `GatewayResponses` says: by type, with header names instead of keys.
pub(super) fn of_sam(
    node: Option<&Node>,
    responses: &mut GatewayResponses,
    problems: &mut Vec<Problem>,
) {
    let Some(node) = node else { return };
    let entries = node.entries().or_collect(problems).unwrap_or_default();
    let types = entries.iter().map(|entry| Entry {
        node: sam_response(&entry.node, problems),
        ..entry.clone()
    });
    let node = node.with(Value::Map(types.collect()));
    let read = read_gateway_responses(Some(&node), problems);
    responses.0.extend(read.0);
}

/// One response of SAM in its OpenAPI form.
fn sam_response(node: &Node, problems: &mut Vec<Problem>) -> Node {
    let Value::Map(entries) = &node.value else {
        return node.clone();
    };
    let entries = entries.iter().map(|entry| match entry.key.as_str() {
        "ResponseParameters" => Entry {
            node: sam_parameters(&entry.node, problems),
            ..in_openapi_form(entry)
        },
        _ => in_openapi_form(entry),
    });
    node.with(Value::Map(entries.collect()))
}

/// `Headers` as `gatewayresponse.header.N`. SAM also writes `Paths` and `QueryStrings`, which no
/// answer has.
fn sam_parameters(node: &Node, problems: &mut Vec<Problem>) -> Node {
    let fields = node.fields("ResponseParameters").or_collect(problems);
    let Some(mut fields) = fields else {
        return node.with(Value::Map(Vec::new()));
    };
    let headers = fields.optional("Headers").map(Node::entries).transpose();
    let headers = headers.or_collect(problems).flatten().unwrap_or_default();
    fields.ignore(&["Paths", "QueryStrings"]);
    problems.extend(fields.finish());
    let named = headers.iter().map(|entry| Entry {
        key: format!("gatewayresponse.header.{}", entry.key),
        ..entry.clone()
    });
    node.with(Value::Map(named.collect()))
}

fn in_openapi_form(entry: &Entry) -> Entry {
    let name = NAMES.iter().find(|(from, _)| *from == entry.key);
    Entry {
        key: name.map_or_else(|| entry.key.clone(), |(_, to)| (*to).to_owned()),
        ..entry.clone()
    }
}
