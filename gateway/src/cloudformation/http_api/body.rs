//! The OpenAPI body of an HTTP API.

use kit::cloudformation::Account;
use kit::document::{Entry, Node, OrCollect as _, Problem};

use super::integration;
use super::parts::is_empty;
use super::route::Routes;
use crate::api::{Access, Method};
use crate::openapi::expanded;

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

/// Adds the routes of a body. Returns the API's name.
pub(super) fn read(
    body: &Node,
    account: Option<&Account>,
    routes: &mut Routes,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let expanded = account.map(|account| expanded(body, account));
    let root = expanded.as_ref().unwrap_or(body);
    let cors = root.get("x-amazon-apigateway-cors");
    if let Some(node) = cors {
        let message = "x-amazon-apigateway-cors of an HTTP API is not supported";
        problems.push(node.problem(message).tolerable());
    }
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
        read_path(root, path, routes, problems);
    }
    let title = root.get("info")?.get("title")?;
    title.text().ok().map(ToOwned::to_owned)
}

fn read_path(root: &Node, path: &Entry, routes: &mut Routes, problems: &mut Vec<Problem>) {
    for (operation, verb) in OPERATIONS {
        let Some(node) = path.node.get(operation) else {
            continue;
        };
        let label = format!("{operation} {}", path.key);
        let key = match path.key.strip_prefix("/$default") {
            Some("") => "$default".to_owned(),
            _ => format!("{verb} {}", path.key),
        };
        let access = access(root, &label, node, problems);
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

/// Who may call an operation: everybody, unless it or the document demands something.
fn access(root: &Node, label: &str, operation: &Node, problems: &mut Vec<Problem>) -> Access {
    let demanded = operation.get("security").or_else(|| root.get("security"));
    match demanded.filter(|node| !is_empty(node)) {
        None => Access::Open,
        Some(node) => {
            let message = format!("{label}: security of an HTTP API is not supported");
            problems.push(node.problem(message).tolerable());
            Access::Closed
        }
    }
}
