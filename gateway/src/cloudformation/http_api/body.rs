//! The OpenAPI body of an HTTP API.

use kit::cloudformation::Account;
use kit::document::{Entry, Node, OrCollect as _, Problem};

use super::route::Routes;
use super::{cors, integration};
use crate::api::{ApiProtocol, Cors, DEFAULT_ROUTE, Method};
use crate::openapi::{SecurityReader, expanded};

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const ANY: &str = "x-amazon-apigateway-any-method";

/// Operations of a path, by their names in documents and in route keys.
const OPERATIONS: [(&str, &str); 8] = [
    ("delete", "DELETE"),
    ("get", "GET"),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
    ("patch", "PATCH"),
    ("post", "POST"),
    ("put", "PUT"),
    (ANY, "ANY"),
];

/// What a body says of its API, beside its routes.
#[derive(Default)]
pub(super) struct Body {
    /// `info.title`: the API's name.
    pub title: Option<String>,
    /// `x-amazon-apigateway-cors`
    pub cors: Option<Cors>,
}

/// Adds the routes of a body.
pub(super) fn read(
    body: &Node,
    account: Option<&Account>,
    routes: &mut Routes,
    problems: &mut Vec<Problem>,
) -> Body {
    let expanded = account.map(|account| expanded(body, account));
    let root = expanded.as_ref().unwrap_or(body);
    let cors = root.get("x-amazon-apigateway-cors");
    let cors = cors.and_then(|node| cors::of_body(node, problems));
    let mut security = SecurityReader::new(root, root.get("security"), ApiProtocol::Http);
    let paths = root.get("paths");
    if paths.is_none() {
        problems.push(root.problem("the OpenAPI document: paths is missing"));
    }
    let paths = paths
        .map(Node::entries)
        .transpose()
        .or_collect(problems)
        .flatten();
    for path in paths.unwrap_or_default() {
        read_path(root, path, &mut security, routes, problems);
    }
    let title = root.get("info").and_then(|info| info.get("title"));
    let title = title.and_then(|title| title.text().ok());
    Body {
        title: title.map(ToOwned::to_owned),
        cors,
    }
}

fn read_path<'n>(
    root: &'n Node,
    path: &Entry,
    security: &mut SecurityReader<'n>,
    routes: &mut Routes,
    problems: &mut Vec<Problem>,
) {
    for (operation, verb) in OPERATIONS {
        let Some(node) = path.node.get(operation) else {
            continue;
        };
        let label = format!("{operation} {}", path.key);
        let key = match path.key.trim_start_matches('/') {
            DEFAULT_ROUTE => DEFAULT_ROUTE.to_owned(),
            _ => format!("{verb} {}", path.key),
        };
        let (own, auth) = (node.get("security"), node.get("x-amazon-apigateway-auth"));
        let access = security.demands(&label, own, auth, problems).access;
        let Some(found) = integration_of(root, &label, node, problems) else {
            let message = format!("{label}: {INTEGRATION} is missing");
            problems.push(node.problem(message).tolerable());
            continue;
        };
        let region = routes.region.clone();
        let made = integration::of_body(&label, found, &region, problems);
        let method = Method {
            access,
            integration: made.unwrap_or_default(),
            ..Method::default()
        };
        routes.add(&key, &path.place, method, problems);
    }
}

/// The integration of an operation, which may stand in the components:
/// `$ref: '#/components/x-amazon-apigateway-integrations/name'`.
fn integration_of<'n>(
    root: &'n Node,
    label: &str,
    operation: &'n Node,
    problems: &mut Vec<Problem>,
) -> Option<&'n Node> {
    let node = operation.get(INTEGRATION)?;
    let Some(reference) = node.get("$ref") else {
        return Some(node);
    };
    let text = reference.text().or_collect(problems)?;
    let mut parts = text.strip_prefix("#/").unwrap_or_default().split('/');
    let found = parts.try_fold(root, |node, part| node.get(part));
    if found.is_none() {
        let message = format!("{label}: {text} leads nowhere");
        problems.push(reference.problem(message));
    }
    found
}
