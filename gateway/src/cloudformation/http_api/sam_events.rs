//! The routes that functions declare as their events of type `HttpApi`, in the form that SAM gives
//! them: operations of the API's document. Source: the SAM developer guide, "HttpApi" under
//! "EventSource".

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};
use serde_json::{Map, Value as Json, json};

use super::super::kinds::SERVERLESS_FUNCTION;
use super::super::membership::is_declared;
use super::super::nodes::{entry_at, of_json};
use super::super::sam_authorizer::invocation_uri;

/// The logical id of the API that SAM makes for events which name none.
const IMPLICIT_API: &str = "ServerlessHttpApi";

/// The operation for every method.
const ANY: &str = "x-amazon-apigateway-any-method";

/// The other methods that an event can name.
const METHODS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];

/// The document of an API with the routes of its events; `None` when it has neither.
pub(super) fn with_events(
    stack: &Stack,
    api: &Declared,
    body: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let mut paths: Map<String, Json> = Map::new();
    let mut place = None;
    for function in stack.of_kind(SERVERLESS_FUNCTION) {
        for event in events(function) {
            if !is_of(event, api) {
                continue;
            }
            place.get_or_insert(&event.node);
            let label = format!("{}: event {}", function.label(), event.key);
            let Some((path, method, operation)) = route(&label, function, (event, api), problems)
            else {
                continue;
            };
            let path = paths.entry(path).or_insert_with(|| json!({}));
            if path.get(&method).is_some() {
                let message = format!("{label}: another event has this path and method already");
                problems.push(event.place.problem(message));
            }
            path[method] = operation;
        }
    }
    match place {
        None => body.cloned(),
        Some(place) => Some(joined(
            body.unwrap_or(place),
            body,
            &of_json(place, paths.into()),
        )),
    }
}

/// A document with further paths. Operations of the document win.
fn joined(at: &Node, body: Option<&Node>, paths: &Node) -> Node {
    let own = |node: Option<&Node>| {
        let entries = node.and_then(|node| node.entries().ok());
        entries.unwrap_or_default().to_vec()
    };
    let mut all = own(body);
    let mut known = own(body.and_then(|body| body.get("paths")));
    for path in own(Some(paths)) {
        match known.iter_mut().find(|one| one.key == path.key) {
            Some(one) => {
                let mut operations = own(Some(&one.node));
                let new = own(Some(&path.node)).into_iter();
                let new = new.filter(|operation| one.node.get(&operation.key).is_none());
                operations.extend(new.collect::<Vec<_>>());
                one.node = one.node.with(Value::Map(operations));
            }
            None => known.push(path),
        }
    }
    all.retain(|entry| entry.key != "paths");
    all.push(entry_at(at, "paths", at.with(Value::Map(known))));
    at.with(Value::Map(all))
}

/// The events of type `HttpApi`.
fn events(function: &Declared) -> impl Iterator<Item = &Entry> {
    let events = function.properties.get("Events").map(Node::entries);
    let events = events.and_then(Result::ok).unwrap_or_default().iter();
    events.filter(|event| {
        let kind = event.node.get("Type").map(Node::text);
        kind == Some(Ok("HttpApi"))
    })
}

/// The id of the API that an event names.
fn api_of(event: &Entry) -> Option<&Node> {
    event.node.get("Properties")?.get("ApiId")
}

fn is_of(event: &Entry, api: &Declared) -> bool {
    match api_of(event) {
        Some(id) => id.text() == Ok(api.physical_id.as_str()),
        None => api.logical_id == IMPLICIT_API,
    }
}

/// Path, method and operation of one event. Without both, it is the route for everything else.
fn route(
    label: &str,
    function: &Declared,
    (event, api): (&Entry, &Declared),
    problems: &mut Vec<Problem>,
) -> Option<(String, String, Json)> {
    let empty = event.node.with(Value::Map(Vec::new()));
    let properties = event.node.get("Properties").unwrap_or(&empty);
    let mut fields = properties.fields(label).or_collect(problems)?;
    let path = fields.optional("Path").map(Node::text).transpose();
    let path = path.or_collect(problems)?.unwrap_or("/$default");
    let method = fields.optional("Method").map_or(Ok(ANY.to_owned()), method);
    let method = method.or_collect(problems);
    let integration = integration(function, &mut fields)?;
    let mut operation = json!({"x-amazon-apigateway-integration": integration});
    if let Some(auth) = fields.optional("Auth") {
        let security = security(label, auth, api, problems)?;
        if let Some(security) = security {
            operation["security"] = security;
        }
    }
    fields.ignore(&["ApiId"]);
    fields.unsupported(&["RouteSettings"]);
    problems.extend(fields.finish());
    Some((path.to_owned(), method?, operation))
}

/// The name of the operation in a document.
fn method(node: &Node) -> Result<String, Problem> {
    let name = node.text()?.to_ascii_lowercase();
    match name.as_str() {
        "any" | ANY => Ok(ANY.to_owned()),
        known if METHODS.contains(&known) => Ok(name),
        other => {
            let known = METHODS.join(", ");
            Err(node.problem(format!("invalid Method {other}: expected any, {known}")))
        }
    }
}

/// The integration with the function, or with the alias that it publishes.
fn integration(function: &Declared, fields: &mut Fields<'_>) -> Option<Json> {
    let arn = function.attribute("Arn")?;
    let alias = function.properties.get("AutoPublishAlias");
    let alias = alias.and_then(|alias| alias.text().ok());
    let qualifier = alias.map(|alias| format!(":{alias}")).unwrap_or_default();
    let mut integration = json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": invocation_uri(&format!("{arn}{qualifier}")),
        "payloadFormatVersion": "2.0",
    });
    for (name, written) in [
        ("PayloadFormatVersion", "payloadFormatVersion"),
        ("TimeoutInMillis", "timeoutInMillis"),
    ] {
        if let Some(node) = fields.optional(name) {
            integration[written] = node.to_json();
        }
    }
    Some(integration)
}

/// The `security` of an operation; `Some(None)` when the API's own holds.
fn security(
    label: &str,
    auth: &Node,
    api: &Declared,
    problems: &mut Vec<Problem>,
) -> Option<Option<Json>> {
    let mut fields = auth.fields(format!("{label}: Auth")).or_collect(problems)?;
    let name = fields.optional("Authorizer").map(Node::text).transpose();
    let scopes = fields.optional("AuthorizationScopes").map(Node::to_json);
    problems.extend(fields.finish());
    Some(match name.or_collect(problems)? {
        None => None,
        Some("NONE") => Some(json!([])),
        Some(name) => {
            let scopes = scopes.or_else(|| scopes_of(api, name));
            Some(json!([{name: scopes.unwrap_or_else(|| json!([]))}]))
        }
    })
}

/// The scopes that an authorizer of the API asks for where nothing else is said.
fn scopes_of(api: &Declared, name: &str) -> Option<Json> {
    let authorizers = api.properties.get("Auth")?.get("Authorizers")?;
    let scopes = authorizers.get(name)?.get("AuthorizationScopes")?;
    Some(scopes.to_json())
}

/// Reports events on an API that the template does not declare: nothing would serve them.
pub(in super::super) fn report_orphans(stack: &Stack, problems: &mut Vec<Problem>) {
    for function in stack.of_kind(SERVERLESS_FUNCTION) {
        for event in events(function) {
            let id = api_of(event).and_then(|id| id.text().ok());
            if id.is_some_and(|id| !is_declared(stack, id)) {
                let message = format!(
                    "{}: event {}: ApiId is not an API of this template, so it is not served",
                    function.label(),
                    event.key
                );
                problems.push(event.place.problem(message).tolerable());
            }
        }
    }
}
