//! A method's `Integration` in the form that `x-amazon-apigateway-integration` has: the same with
//! other capitals, so that one reader reads both. Places are kept.

use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

/// The properties of an integration: CloudFormation's name, and OpenAPI's.
const INTEGRATION: [(&str, &str); 13] = [
    ("Type", "type"),
    ("IntegrationHttpMethod", "httpMethod"),
    ("Uri", "uri"),
    ("Credentials", "credentials"),
    ("ConnectionType", "connectionType"),
    ("ConnectionId", "connectionId"),
    ("RequestParameters", "requestParameters"),
    ("RequestTemplates", "requestTemplates"),
    ("PassthroughBehavior", "passthroughBehavior"),
    ("ContentHandling", "contentHandling"),
    ("TimeoutInMillis", "timeoutInMillis"),
    ("CacheNamespace", "cacheNamespace"),
    ("CacheKeyParameters", "cacheKeyParameters"),
];

/// The properties of an integration response: CloudFormation's name, and OpenAPI's.
const RESPONSE: [(&str, &str); 4] = [
    ("StatusCode", "statusCode"),
    ("ResponseParameters", "responseParameters"),
    ("ResponseTemplates", "responseTemplates"),
    ("ContentHandling", "contentHandling"),
];

/// An `Integration` in its OpenAPI form.
pub(super) fn in_openapi_form(integration: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
    let entries = integration
        .entries()
        .or_collect(problems)?
        .iter()
        .map(|entry| match entry.key.as_str() {
            "IntegrationResponses" => Entry {
                key: "responses".to_owned(),
                place: entry.place.clone(),
                node: responses(&entry.node, problems),
            },
            _ => renamed(entry, &INTEGRATION),
        });
    Some(integration.with(Value::Map(entries.collect())))
}

/// The list of integration responses as a mapping by selection pattern.
fn responses(list: &Node, problems: &mut Vec<Problem>) -> Node {
    let mut entries = Vec::new();
    for response in list.list().or_collect(problems).unwrap_or_default() {
        let pattern = response
            .get("SelectionPattern")
            .map_or(Ok("default"), Node::text)
            .or_collect(problems);
        let inner = response.entries().or_collect(problems).unwrap_or_default();
        let inner = inner.iter().filter(|entry| entry.key != "SelectionPattern");
        let node = response.with(Value::Map(
            inner.map(|entry| renamed(entry, &RESPONSE)).collect(),
        ));
        let key = pattern.unwrap_or("default").to_owned();
        entries.push(Entry {
            key,
            place: response.place.clone(),
            node,
        });
    }
    list.with(Value::Map(entries))
}

/// An entry under its OpenAPI name. A key that has none is kept, and reported as unknown later.
fn renamed(entry: &Entry, names: &[(&str, &str)]) -> Entry {
    let name = names
        .iter()
        .find(|(from, _)| *from == entry.key)
        .map_or(entry.key.as_str(), |(_, to)| to);
    Entry {
        key: name.to_owned(),
        ..entry.clone()
    }
}
