//! `AWS::ApiGateway::Resource` and `Method`: APIs that are built part by part, as CDK and the
//! console build them.
//!
//! A method's `Integration` says the same as `x-amazon-apigateway-integration` with other capitals,
//! so it is rewritten into that form, places kept, and read by the one reader there is.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

use super::is_part;
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
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Vec<Resource> {
    let paths = paths(stack, api, problems);
    let mut resources: IndexMap<&str, Resource> = IndexMap::new();
    for declared in stack
        .of_kind(METHOD)
        .filter(|declared| is_part(declared, api))
    {
        let Some(mut fields) = declared.fields().or_collect(problems) else {
            continue;
        };
        fields.ignore(&["RestApiId"]);
        let id = fields
            .required("ResourceId")
            .and_then(|node| Ok((node, node.text()?)))
            .or_collect(problems);
        let verb = fields
            .required("HttpMethod")
            .and_then(verb)
            .or_collect(problems);
        let path = id.and_then(|(node, id)| match paths.get(id) {
            Some(path) => path.as_deref(),
            None => {
                problems
                    .push(node.problem(format!("{}: there is no resource {id}", declared.label())));
                None
            }
        });
        let method = method(declared, path.unwrap_or_default(), fields, problems);
        let (Some((_, id)), Some(path), Some(verb), Some(method)) = (id, path, verb, method) else {
            continue;
        };
        let resource = match resources.entry(id) {
            indexmap::map::Entry::Occupied(entry) => entry.into_mut(),
            indexmap::map::Entry::Vacant(entry) => {
                let segments = Segment::parse_path(path)
                    .map_err(|message| declared.properties.problem(message));
                let Some(segments) = segments.or_collect(problems) else {
                    continue;
                };
                entry.insert(Resource {
                    path: path.to_owned(),
                    id: id.to_owned(),
                    segments,
                    methods: Vec::new(),
                })
            }
        };
        resource.methods.push((verb, method));
    }
    resources.into_values().collect()
}

/// A `Resource` whose place in the tree is not known yet.
struct Part<'a> {
    declared: &'a Declared,
    parent: &'a Node,
    name: &'a str,
}

/// The path of every resource of an API, by id; the root among them. One that has no place has been
/// told.
fn paths(
    stack: &Stack,
    api: &Declared,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, Option<String>> {
    let mut paths = IndexMap::from([(
        api.attribute("RootResourceId").unwrap_or_default(),
        Some("/".to_owned()),
    )]);
    let mut parts = Vec::new();
    for declared in stack
        .of_kind(RESOURCE)
        .filter(|declared| is_part(declared, api))
    {
        match part(declared, problems) {
            Some(part) => parts.push(part),
            None => _ = paths.insert(declared.physical_id.clone(), None),
        }
    }
    // Parents may stand behind their children in the template: go round until nothing is left or
    // nothing moves.
    while !parts.is_empty() {
        let before = parts.len();
        parts.retain(
            |Part {
                 declared,
                 parent,
                 name,
             }| {
                let Some(above) = parent.text().ok().and_then(|id| paths.get(id)) else {
                    return true;
                };
                let path = above
                    .as_ref()
                    .map(|above| format!("{}/{name}", above.trim_end_matches('/')));
                paths.insert(declared.physical_id.clone(), path);
                false
            },
        );
        if parts.len() == before {
            break;
        }
    }
    for Part {
        declared, parent, ..
    } in parts
    {
        let message = format!(
            "{}: its parent is not a resource of this API",
            declared.label()
        );
        problems.push(parent.problem(message));
        paths.insert(declared.physical_id.clone(), None);
    }
    paths
}

fn part<'a>(declared: &'a Declared, problems: &mut Vec<Problem>) -> Option<Part<'a>> {
    let mut fields = declared.fields().or_collect(problems)?;
    fields.ignore(&["RestApiId"]);
    let parent = fields
        .required("ParentId")
        .and_then(|node| node.text().map(|_| node))
        .or_collect(problems);
    let name = fields
        .required("PathPart")
        .and_then(Node::text)
        .or_collect(problems);
    problems.extend(fields.finish());
    Some(Part {
        declared,
        parent: parent?,
        name: name?,
    })
}

fn verb(node: &Node) -> Result<Verb, Problem> {
    match node.text()?.to_ascii_uppercase().as_str() {
        "ANY" => Ok(Verb::Any),
        verb => verb
            .parse()
            .map(Verb::One)
            .map_err(|_| node.problem(format!("{verb} is not an HTTP method"))),
    }
}

fn method(
    declared: &Declared,
    path: &str,
    mut fields: kit::document::Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Method> {
    let label = declared.label();
    if let Some(kind) = fields.optional("AuthorizationType")
        && let Some(text) = kind.text().or_collect(problems)
        && !text.eq_ignore_ascii_case("NONE")
    {
        problems.push(
            kind.problem(format!(
                "{label}: authorization type {text} is not supported"
            ))
            .tolerable(),
        );
    }
    if let Some(key) = fields.optional("ApiKeyRequired")
        && key.boolean().or_collect(problems) == Some(true)
    {
        problems.push(
            key.problem(format!("{label}: API keys are not supported"))
                .tolerable(),
        );
    }
    let mut parameters = Parameters::default();
    let entries = fields
        .optional("RequestParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    for entry in entries.flatten().unwrap_or_default() {
        parameters
            .parameters
            .push(entry.key.trim_start_matches("method.request.").to_owned());
    }
    let statuses = responses_of(
        &label,
        fields.optional("MethodResponses"),
        &mut parameters,
        problems,
    );
    let integration = fields.optional("Integration");
    fields.ignore(&["RequestModels", "OperationName"]);
    fields.unsupported(&["RequestValidatorId", "AuthorizerId", "AuthorizationScopes"]);
    problems.extend(fields.finish());
    let Some(integration) = integration else {
        problems.push(
            declared
                .properties
                .problem(format!("{label}: No integration defined for method"))
                .tolerable(),
        );
        return Some(Method {
            statuses,
            integration: Integration::unsupported(),
        });
    };
    let integration = rewritten(integration, problems)?;
    parameters.warn(&label, path, &integration);
    let integration = read_integration(&label, &integration, problems)?;
    Some(Method {
        statuses,
        integration,
    })
}

/// The statuses of a method's responses; their headers are added to what it declares.
fn responses_of(
    label: &str,
    list: Option<&Node>,
    declared: &mut Parameters,
    problems: &mut Vec<Problem>,
) -> Vec<u16> {
    let mut statuses = Vec::new();
    let list = list
        .map(Node::list)
        .transpose()
        .or_collect(problems)
        .flatten();
    for response in list.unwrap_or_default() {
        let response = response
            .fields(format!("{label}: method response"))
            .or_collect(problems);
        let Some(mut response) = response else {
            continue;
        };
        let status = response
            .required("StatusCode")
            .and_then(|node| node.integer_in(100..=599))
            .or_collect(problems);
        let headers = response
            .optional("ResponseParameters")
            .map(Node::entries)
            .transpose()
            .or_collect(problems);
        response.ignore(&["ResponseModels"]);
        problems.extend(response.finish());
        let Some(status) = status else { continue };
        statuses.push(u16::try_from(status).expect("within 100 to 599"));
        for entry in headers.flatten().unwrap_or_default() {
            let name = entry
                .key
                .trim_start_matches("method.response.header.")
                .to_lowercase();
            declared.headers.push((status.to_string(), name));
        }
    }
    statuses
}

/// An `Integration` in OpenAPI's words.
fn rewritten(integration: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
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

/// A key that has no other name keeps its own, and is then reported as unknown.
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
