//! `AWS::ApiGateway::Method`: APIs that are built part by part, as CDK and the console build them.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::authorizer::{self, Authorizers};
use super::integration::in_openapi_form;
use super::kinds::METHOD;
use super::membership::is_part;
use super::resource_tree::paths;
use super::validation::Validation;
use crate::api::{Integration, Method, Resource, Segment, Siblings, Verb};
use crate::openapi::{MethodDeclarations, read_integration};

/// The resources of one API that have methods, by the order of their methods.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Vec<Resource> {
    let paths = paths(stack, api, problems);
    let checks = Validation::of(stack, api, problems);
    let guards = (checks, authorizer::read(stack, api, problems));
    let mut resources: IndexMap<&str, Resource> = IndexMap::new();
    let mut siblings = Siblings::default();
    let parts = stack.of_kind(METHOD);
    for declared in parts.filter(|declared| is_part(declared, api)) {
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
                problems.push(node.problem(format!(
                    "{}: ResourceId {id} is not a resource of this API",
                    declared.label()
                )));
                None
            }
        });
        let shown = path.unwrap_or_default();
        let method = method(declared, shown, fields, &guards, problems);
        let (Some((_, id)), Some(path), Some(verb), Some(method)) = (id, path, verb, method) else {
            continue;
        };
        let resource = match resources.entry(id) {
            indexmap::map::Entry::Occupied(entry) => entry.into_mut(),
            indexmap::map::Entry::Vacant(entry) => {
                let segments = Segment::parse_path(path)
                    .and_then(|segments| siblings.add(&segments).map(|()| segments))
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

fn verb(node: &Node) -> Result<Verb, Problem> {
    match node.text()?.to_ascii_uppercase().as_str() {
        "ANY" => Ok(Verb::Any),
        verb => verb
            .parse()
            .map(Verb::One)
            .map_err(|_| node.problem(format!("invalid HTTP method {verb}"))),
    }
}

fn method(
    declared: &Declared,
    path: &str,
    mut fields: Fields<'_>,
    (validation, authorizers): &(Validation<'_>, Authorizers),
    problems: &mut Vec<Problem>,
) -> Option<Method> {
    let label = declared.label();
    let access = authorizer::access(&label, &mut fields, authorizers, problems);
    let mut declarations = MethodDeclarations::default();
    let parameters = fields.optional("RequestParameters");
    let checks = validation.checks(&label, &mut fields, parameters, problems);
    let needs_api_key = fields.optional("ApiKeyRequired").map(Node::boolean);
    let needs_api_key = needs_api_key.transpose().or_collect(problems).flatten();
    let needs_api_key = needs_api_key.unwrap_or(false);
    let entries = parameters.map(Node::entries).transpose();
    let entries = entries.or_collect(problems);
    for entry in entries.flatten().unwrap_or_default() {
        declarations
            .parameters
            .push(entry.key.trim_start_matches("method.request.").to_owned());
    }
    let statuses = responses_of(
        &label,
        fields.optional("MethodResponses"),
        &mut declarations,
        problems,
    );
    let integration = fields.optional("Integration");
    fields.ignore(&["OperationName"]);
    problems.extend(fields.finish());
    let Some(integration) = integration else {
        problems.push(
            declared
                .properties
                .problem(format!("{label}: No integration defined for method"))
                .tolerable(),
        );
        return Some(Method {
            access,
            needs_api_key,
            checks,
            statuses,
            integration: Integration::unsupported(),
            ..Method::default()
        });
    };
    let integration = in_openapi_form(integration, problems)?;
    let undeclared = declarations.warn(&label, path, &integration);
    let integration = read_integration(&label, &integration, problems)?;
    Some(Method {
        access,
        needs_api_key,
        checks,
        statuses,
        integration,
        undeclared,
    })
}

/// The statuses of a method's responses; their headers are added to what it declares.
fn responses_of(
    label: &str,
    list: Option<&Node>,
    declared: &mut MethodDeclarations,
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
