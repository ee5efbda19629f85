//! One event as the operation that SAM makes of it.

use kit::arn::Arn;
use kit::cloudformation::Resource as Declared;
use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};
use serde_json::{Map, Value as Json, json};

use super::super::kinds::SERVERLESS_FUNCTION;
use super::guards;

/// The methods that an event can name.
const METHODS: [&str; 8] = [
    "any", "delete", "get", "head", "options", "patch", "post", "put",
];

/// The validators that SAM declares: name, whether the body is checked, whether parameters are.
pub(super) const VALIDATORS: [(&str, bool, bool); 4] = [
    ("body-and-params", true, true),
    ("body-only", true, false),
    ("params-only", false, true),
    ("no-validators", false, false),
];

/// An operation of an OpenAPI document, and where it stands there.
pub(super) struct SamRoute {
    pub path: String,
    pub method: String,
    pub operation: Json,
}

impl SamRoute {
    /// Reads an event of type `Api`.
    pub(super) fn read(
        resource: &Declared,
        event: &Entry,
        api: &Declared,
        problems: &mut Vec<Problem>,
    ) -> Option<SamRoute> {
        let label = format!("{}: event {}", resource.label(), event.key);
        let missing = || {
            let message = format!("{label}: Properties is missing");
            event.place.problem(message)
        };
        let properties = event.node.get("Properties").ok_or_else(missing);
        let properties = properties.or_collect(problems)?;
        let mut fields = properties.fields(&label).or_collect(problems)?;
        let path = fields
            .required("Path")
            .and_then(Node::text)
            .or_collect(problems);
        let method = fields
            .required("Method")
            .and_then(method)
            .or_collect(problems);
        let mut operation = Map::new();
        let mut cache_key = Vec::new();
        if let Some(list) = fields.optional("RequestParameters") {
            let parameters = parameters(&label, list, &mut cache_key, problems);
            operation.insert("parameters".to_owned(), parameters);
        }
        if let Some(model) = fields.optional("RequestModel") {
            operation.extend(request_model(&label, model, problems).into_iter().flatten());
        }
        let auth = fields.optional("Auth");
        if let Some(auth) = auth {
            let security = security(&label, auth, problems);
            operation.extend(security.map(|security| ("security".to_owned(), security)));
        }
        let (responses, integration) = if resource.kind == SERVERLESS_FUNCTION {
            let credentials = guards::credentials(api, auth);
            (json!({}), function(resource, credentials, &mut fields))
        } else {
            let responses =
                json!({"200": {"description": "OK"}, "400": {"description": "Bad Request"}});
            (responses, state_machine(resource, &mut fields, problems))
        };
        operation.insert("responses".to_owned(), responses);
        let mut integration = integration?;
        if !cache_key.is_empty() {
            integration["cacheKeyParameters"] = cache_key.into();
        }
        operation.insert("x-amazon-apigateway-integration".to_owned(), integration);
        fields.ignore(&["RestApiId"]);
        fields.unsupported(&["ResponseTransferMode"]);
        problems.extend(fields.finish());
        Some(SamRoute {
            path: path?.to_owned(),
            method: method?,
            operation: Json::Object(operation),
        })
    }
}

/// The name of the operation in a document.
fn method(node: &Node) -> Result<String, Problem> {
    let name = node.text()?.to_ascii_lowercase();
    match name.as_str() {
        "any" => Ok("x-amazon-apigateway-any-method".to_owned()),
        known if METHODS.contains(&known) => Ok(name),
        other => Err(node.problem(format!(
            "invalid Method {other}: expected {}",
            METHODS.join(", ")
        ))),
    }
}

/// The integration with the function, or with the alias that it publishes.
fn function(
    resource: &Declared,
    credentials: Option<String>,
    fields: &mut Fields<'_>,
) -> Option<Json> {
    let arn = resource.attribute("Arn")?;
    let alias = resource.properties.get("AutoPublishAlias");
    let qualifier = alias
        .and_then(|alias| alias.text().ok())
        .map(|alias| format!(":{alias}"))
        .unwrap_or_default();
    let path = format!("path/2015-03-31/functions/{arn}{qualifier}/invocations");
    let mut integration = json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": uri(&arn, "lambda", &path)?,
    });
    if let Some(timeout) = fields.optional("TimeoutInMillis") {
        integration["timeoutInMillis"] = timeout.to_json();
    }
    if let Some(credentials) = credentials {
        integration["credentials"] = credentials.into();
    }
    Some(integration)
}

/// The integration that starts an execution of the state machine.
fn state_machine(
    resource: &Declared,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Json> {
    let arn = resource.attribute("Arn")?;
    let unescape = fields
        .optional("UnescapeMappingTemplate")
        .map(Node::boolean);
    let input = match unescape.transpose().or_collect(problems).flatten() {
        Some(true) => r#"$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\",\"'\")"#,
        _ => "$util.escapeJavaScript($input.json('$'))",
    };
    let template = format!(r#"{{"input": "{input}", "stateMachineArn": "{arn}"}}"#);
    Some(json!({
        "type": "aws",
        "httpMethod": "POST",
        "uri": uri(&arn, "states", "action/StartExecution")?,
        "requestTemplates": {"application/json": template},
        "responses": {"200": {"statusCode": 200}, "400": {"statusCode": 400}},
    }))
}

/// The URI of an integration in the region of a resource.
fn uri(arn: &str, service: &str, operation: &str) -> Option<String> {
    let Arn {
        partition, region, ..
    } = Arn::parse(arn)?;
    Some(format!(
        "arn:{partition}:apigateway:{region}:{service}:{operation}"
    ))
}

/// `RequestParameters`: names, or names with their settings. Those that are part of a cache's key
/// are added to `cache_key`.
fn parameters(
    label: &str,
    list: &Node,
    cache_key: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Json {
    let mut parameters = Vec::new();
    for item in list.list().or_collect(problems).unwrap_or_default() {
        let (name, required) = match &item.value {
            Value::Map(entries) => {
                let Some(entry) = entries.first() else {
                    continue;
                };
                if is_set(&entry.node, "Caching", problems) {
                    cache_key.push(entry.key.clone());
                }
                let required = is_set(&entry.node, "Required", problems);
                (entry.key.as_str(), required)
            }
            _ => match item.text().or_collect(problems) {
                Some(name) => (name, false),
                None => continue,
            },
        };
        let place = name
            .strip_prefix("method.request.")
            .and_then(|rest| rest.split_once('.'));
        let Some((place, name)) = place else {
            problems.push(item.problem(format!(
                "{label}: invalid parameter {name}: expected method.request.{{header|querystring|path}}.NAME"
            )));
            continue;
        };
        let place = if place == "querystring" {
            "query"
        } else {
            place
        };
        parameters.push(json!({
            "name": name, "in": place, "required": required, "schema": {"type": "string"},
        }));
    }
    parameters.into()
}

fn is_set(node: &Node, name: &str, problems: &mut Vec<Problem>) -> bool {
    let flag = node.get(name).map(Node::boolean);
    flag.transpose().or_collect(problems).flatten() == Some(true)
}

/// `RequestModel`: the body's schema, and the validator.
fn request_model(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<[(String, Json); 2]> {
    let mut fields = node
        .fields(format!("{label}: RequestModel"))
        .or_collect(problems)?;
    let model = fields.required("Model").and_then(Node::text);
    let model = model.or_collect(problems);
    fields.ignore(&["Required", "ValidateBody", "ValidateParameters"]);
    problems.extend(fields.finish());
    let schema = format!("#/components/schemas/{}", model?.to_lowercase());
    let body = json!({
        "content": {"application/json": {"schema": {"$ref": schema}}},
        "required": is_set(node, "Required", problems),
    });
    let checks = (
        is_set(node, "ValidateBody", problems),
        is_set(node, "ValidateParameters", problems),
    );
    let validator = VALIDATORS
        .iter()
        .find(|(_, body, parameters)| (*body, *parameters) == checks)?;
    Some([
        ("requestBody".to_owned(), body),
        (
            "x-amazon-apigateway-request-validator".to_owned(),
            validator.0.into(),
        ),
    ])
}

/// The `security` of an operation; [`None`] when the API's own counts.
fn security(label: &str, auth: &Node, problems: &mut Vec<Problem>) -> Option<Json> {
    let mut fields = auth.fields(format!("{label}: Auth")).or_collect(problems)?;
    let authorizer = fields.optional("Authorizer").map(Node::text);
    let authorizer = authorizer.transpose().or_collect(problems).flatten();
    let scopes = fields.optional("AuthorizationScopes").map(Node::to_json);
    let key = fields.optional("ApiKeyRequired").map(Node::boolean);
    let key = key.transpose().or_collect(problems).flatten();
    // Those are read beside: they are not about the operation's security.
    fields.ignore(&["InvokeRole", "OverrideApiAuth", "ResourcePolicy"]);
    let mut needed = Map::new();
    problems.extend(fields.finish());
    if let Some(name) = authorizer.filter(|name| *name != "NONE") {
        needed.insert(name.to_owned(), scopes.unwrap_or_else(|| json!([])));
    }
    if key == Some(true) {
        needed.insert("api_key".to_owned(), json!([]));
    }
    match (authorizer, needed.is_empty()) {
        (None, true) => None,
        (Some(_), true) => Some(json!([])),
        (_, false) => Some(json!([needed])),
    }
}
