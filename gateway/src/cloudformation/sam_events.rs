//! The routes that functions and state machines declare as their events of type `Api`, in the form
//! that SAM gives them: an OpenAPI document, which the API's own reader reads. Facts: the SAM
//! developer guide, "Api" under "EventSource".

mod guards;
mod route;

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};
use serde_json::{Map, Value as Json, json};

use super::kinds::{SERVERLESS_FUNCTION, SERVERLESS_STATE_MACHINE};
use super::nodes::{entry_at, of_json};
use route::SamRoute;

/// The logical id of the API that SAM makes for events which name none.
const IMPLICIT_API: &str = "ServerlessRestApi";

/// Whether an API is the one that SAM makes itself.
pub(super) fn is_implicit(api: &Declared) -> bool {
    api.logical_id == IMPLICIT_API
}

/// An OpenAPI document of the routes that events declare on this API; [`None`] when there are none.
pub(super) fn document(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut paths: Map<String, Json> = Map::new();
    let mut statements = Vec::new();
    let mut place = None;
    for resource in sources(stack) {
        for event in events(resource, problems) {
            if api_of(event).as_deref() != Some(&api.physical_id)
                && !(api_of(event).is_none() && is_implicit(api))
            {
                continue;
            }
            let Some(route) = SamRoute::read(resource, event, api, problems) else {
                continue;
            };
            place.get_or_insert(&event.node);
            let path = paths
                .entry(route.path.clone())
                .or_insert_with(|| Json::Object(Map::new()));
            let operations = path.as_object_mut()?;
            let label = format!("{}: event {}", resource.label(), event.key);
            if operations.contains_key(&route.method) {
                let message = format!("{label}: another event has this path and method already");
                problems.push(event.place.problem(message));
                continue;
            }
            operations.insert(route.method, route.operation);
            let auth = event.node.get("Properties")?.get("Auth");
            if let Some(auth) = auth {
                let methods: Vec<&str> = operations.keys().map(String::as_str).collect();
                let path = (route.path.as_str(), methods.as_slice());
                let own = guards::statements(&label, api, auth, path, problems);
                statements.extend(own.into_iter().flatten());
            }
        }
    }
    let place = place?;
    let document = of_json(place, document_of(&paths, api));
    Some(match statements.is_empty() {
        true => document,
        false => with_policy(&document, guards::policy(place, statements)),
    })
}

fn with_policy(document: &Node, policy: Node) -> Node {
    let mut entries = document
        .entries()
        .map(<[Entry]>::to_vec)
        .unwrap_or_default();
    entries.push(entry_at(document, "x-amazon-apigateway-policy", policy));
    document.with(Value::Map(entries))
}

/// The document of an API with these paths.
fn document_of(paths: &Map<String, Json>, api: &Declared) -> Json {
    let schemes = json!({
        "AWS_IAM": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    });
    let validators: Map<String, Json> = route::VALIDATORS
        .iter()
        .map(|(name, body, parameters)| {
            let checks =
                json!({"validateRequestBody": body, "validateRequestParameters": parameters});
            ((*name).to_owned(), checks)
        })
        .collect();
    json!({
        "openapi": "3.0.1",
        "x-amazon-apigateway-request-validators": validators,
        "paths": paths,
        "components": {"securitySchemes": schemes, "schemas": models(api)},
    })
}

/// The API's `Models`, under the names that SAM gives them.
fn models(api: &Declared) -> Json {
    let models = api.properties.get("Models").map(Node::entries);
    let models = models.and_then(Result::ok).unwrap_or_default().iter();
    Json::Object(
        models
            .map(|entry| (entry.key.to_lowercase(), entry.node.to_json()))
            .collect(),
    )
}

/// Reports events on an API that the template does not declare: nothing would serve them.
pub(super) fn report_orphans(stack: &Stack, problems: &mut Vec<Problem>) {
    for resource in sources(stack) {
        for event in events(resource, problems) {
            let is_declared = |id: &str| super::membership::is_declared(stack, id);
            if api_of(event).is_some_and(|id| !is_declared(&id)) {
                let message = format!(
                    "{}: event {}: RestApiId is not an API of this template, so it is not served",
                    resource.label(),
                    event.key
                );
                problems.push(event.place.problem(message).tolerable());
            }
        }
    }
}

fn sources(stack: &Stack) -> impl Iterator<Item = &Declared> {
    let functions = stack.of_kind(SERVERLESS_FUNCTION);
    functions.chain(stack.of_kind(SERVERLESS_STATE_MACHINE))
}

/// The events of type `Api`. Others have nothing to do with REST APIs.
fn events<'a>(resource: &'a Declared, problems: &mut Vec<Problem>) -> Vec<&'a Entry> {
    let events = resource.properties.get("Events").map(Node::entries);
    let events = events.transpose().or_collect(problems).flatten();
    let is_api = |event: &&Entry| {
        let kind = event.node.get("Type").map(Node::text);
        kind.is_some_and(|kind| kind == Ok("Api"))
    };
    events.unwrap_or_default().iter().filter(is_api).collect()
}

/// The id of the API that an event names.
fn api_of(event: &Entry) -> Option<String> {
    let id = event.node.get("Properties")?.get("RestApiId")?;
    id.text().ok().map(ToOwned::to_owned)
}
