//! `AWS::ApiGateway::Resource` and `Method`: APIs that are built part by part, as CDK and the console build them.
//!
//! A method's `Integration` says the same as `x-amazon-apigateway-integration` with other capitals, so it is rewritten
//! into that form, places kept, and read by the one reader there is.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Node, Problem, Value};

use crate::api::{Integration, Method, Resource, Segment, Verb};
use crate::openapi::{Declared as Parameters, read_integration};

pub(super) const RESOURCE: &str = "AWS::ApiGateway::Resource";
pub(super) const METHOD: &str = "AWS::ApiGateway::Method";

/// CloudFormation's name of an integration's property, and OpenAPI's.
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

/// The same for an integration response.
const RESPONSE: [(&str, &str); 4] = [
    ("StatusCode", "statusCode"),
    ("ResponseParameters", "responseParameters"),
    ("ResponseTemplates", "responseTemplates"),
    ("ContentHandling", "contentHandling"),
];

/// The resources of one API that have methods, by the order of their methods.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Result<Vec<Resource>, Problem> {
    let paths = paths(stack, api, problems)?;
    let mut resources: IndexMap<&str, Resource> = IndexMap::new();
    for declared in stack.of_kind(METHOD) {
        let mut fields = declared.fields()?;
        if fields.required("RestApiId")?.text()? != api.physical_id {
            continue;
        }
        let id_node = fields.required("ResourceId")?;
        let id = id_node.text()?;
        let path =
            paths.get(id).ok_or_else(|| id_node.problem(format!("{}: there is no resource {id}", declared.label())))?;
        let verb = verb(fields.required("HttpMethod")?)?;
        let method = match method(declared, path, fields, problems) {
            Ok(method) => method,
            Err(problem) => {
                problems.push(problem.collected());
                continue;
            }
        };
        let resource = match resources.entry(id) {
            indexmap::map::Entry::Occupied(entry) => entry.into_mut(),
            indexmap::map::Entry::Vacant(entry) => {
                let segments = Segment::parse_path(path).map_err(|message| declared.properties.problem(message))?;
                entry.insert(Resource { path: path.clone(), id: id.to_owned(), segments, methods: Vec::new() })
            }
        };
        resource.methods.push((verb, method));
    }
    Ok(resources.into_values().collect())
}

/// The path of every resource of an API, by id; the root among them.
fn paths(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Result<IndexMap<String, String>, Problem> {
    let mut parts = Vec::new();
    for declared in stack.of_kind(RESOURCE) {
        let mut fields = declared.fields()?;
        if fields.required("RestApiId")?.text()? != api.physical_id {
            continue;
        }
        let (parent, part) = (fields.required("ParentId")?, fields.required("PathPart")?.text()?);
        problems.extend(fields.finish());
        parts.push((declared, parent, part));
    }
    let mut paths = IndexMap::from([(api.attribute("RootResourceId").unwrap_or_default(), "/".to_owned())]);
    // Parents may stand behind their children in the template: go round until nothing is left or nothing moves.
    while !parts.is_empty() {
        let before = parts.len();
        parts.retain(|(declared, parent, part)| {
            let Some(above) = parent.text().ok().and_then(|id| paths.get(id)) else { return true };
            let path = format!("{}/{part}", above.trim_end_matches('/'));
            paths.insert(declared.physical_id.clone(), path);
            false
        });
        if parts.len() == before {
            let (declared, parent, _) = parts[0];
            return Err(parent.problem(format!("{}: its parent is not a resource of this API", declared.label())));
        }
    }
    Ok(paths)
}

fn verb(node: &Node) -> Result<Verb, Problem> {
    match node.text()?.to_ascii_uppercase().as_str() {
        "ANY" => Ok(Verb::Any),
        verb => verb.parse().map(Verb::One).map_err(|_| node.problem(format!("{verb} is not an HTTP method"))),
    }
}

fn method(
    declared: &Declared,
    path: &str,
    mut fields: kit::document::Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Method, Problem> {
    let label = declared.label();
    if let Some(kind) = fields.optional("AuthorizationType")
        && !kind.text()?.eq_ignore_ascii_case("NONE")
    {
        problems.push(kind.problem(format!("{label}: authorization type {} is not supported", kind.text()?)));
    }
    if let Some(key) = fields.optional("ApiKeyRequired")
        && key.boolean()?
    {
        problems.push(key.problem(format!("{label}: API keys are not supported")));
    }
    let mut parameters = Parameters::default();
    for entry in fields.optional("RequestParameters").map_or(Ok(&[][..]), Node::entries)? {
        parameters.parameters.push(entry.key.trim_start_matches("method.request.").to_owned());
    }
    let statuses = responses_of(&label, fields.optional("MethodResponses"), &mut parameters, problems)?;
    let integration = fields.optional("Integration");
    fields.ignore(&["RequestModels", "OperationName"]);
    fields.unsupported(&["RequestValidatorId", "AuthorizerId", "AuthorizationScopes"]);
    problems.extend(fields.finish());
    let Some(integration) = integration else {
        problems.push(declared.properties.problem(format!("{label}: No integration defined for method")));
        return Ok(Method { statuses, integration: Integration::unsupported() });
    };
    let integration = rewritten(integration)?;
    parameters.warn(&label, path, &integration);
    let integration = read_integration(&label, &integration, problems)?;
    Ok(Method { statuses, integration })
}

/// The statuses of a method's responses; their headers are added to what it declares.
fn responses_of(
    label: &str,
    list: Option<&Node>,
    declared: &mut Parameters,
    problems: &mut Vec<Problem>,
) -> Result<Vec<u16>, Problem> {
    let mut statuses = Vec::new();
    for response in list.map_or(Ok(&[][..]), Node::list)? {
        let mut response = response.fields(format!("{label}: method response"))?;
        let status = response.required("StatusCode")?.integer_in(100..=599)?;
        statuses.push(u16::try_from(status).expect("within 100 to 599"));
        for entry in response.optional("ResponseParameters").map_or(Ok(&[][..]), Node::entries)? {
            let name = entry.key.trim_start_matches("method.response.header.").to_lowercase();
            declared.headers.push((status.to_string(), name));
        }
        response.ignore(&["ResponseModels"]);
        problems.extend(response.finish());
    }
    Ok(statuses)
}

/// An `Integration` in OpenAPI's words.
fn rewritten(integration: &Node) -> Result<Node, Problem> {
    let mut entries = Vec::new();
    for entry in integration.entries()? {
        entries.push(if entry.key == "IntegrationResponses" {
            Entry { key: "responses".to_owned(), place: entry.place.clone(), node: responses(&entry.node)? }
        } else {
            renamed(entry, &INTEGRATION)
        });
    }
    Ok(integration.with(Value::Map(entries)))
}

/// The list of integration responses as a mapping by selection pattern.
fn responses(list: &Node) -> Result<Node, Problem> {
    let mut entries = Vec::new();
    for response in list.list()? {
        let pattern = response.get("SelectionPattern").map_or(Ok("default"), Node::text)?;
        let inner = response.entries()?.iter().filter(|entry| entry.key != "SelectionPattern");
        let node = response.with(Value::Map(inner.map(|entry| renamed(entry, &RESPONSE)).collect()));
        entries.push(Entry { key: pattern.to_owned(), place: response.place.clone(), node });
    }
    Ok(list.with(Value::Map(entries)))
}

/// A key that has no other name keeps its own, and is then reported as unknown.
fn renamed(entry: &Entry, names: &[(&str, &str)]) -> Entry {
    let name = names.iter().find(|(from, _)| *from == entry.key).map_or(entry.key.as_str(), |(_, to)| to);
    Entry { key: name.to_owned(), ..entry.clone() }
}
