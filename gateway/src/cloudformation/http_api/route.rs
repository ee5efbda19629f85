//! `AWS::ApiGatewayV2::Route`: the key of a route, and the integration that it leads to.

use http::Method as HttpMethod;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Place, Problem};

use super::super::authorizer::Authorizers;
use super::super::kinds::{V2_INTEGRATION, V2_ROUTE};
use super::parts::is_part;
use super::{authorizer, integration};
use crate::api::{DEFAULT_ROUTE, Method, Resource, Segment, Verb};

/// The routes of an API, as they are read.
pub(super) struct Routes {
    resources: Vec<Resource>,
    /// The API's region, which that of a service is when nothing is said.
    pub region: String,
}

impl Routes {
    pub(super) fn new(region: &str) -> Routes {
        Routes {
            resources: Vec::new(),
            region: region.to_owned(),
        }
    }

    /// Adds the route with this key, such as `POST /orders/{id}`.
    pub(super) fn add(
        &mut self,
        key: &str,
        place: &Place,
        method: Method,
        problems: &mut Vec<Problem>,
    ) {
        let read = route_key(key).and_then(|(verb, path)| {
            let segments = match path.as_str() {
                DEFAULT_ROUTE => vec![Segment::Literal(path.clone())],
                path => Segment::parse_path(path)?,
            };
            Ok((verb, path, segments))
        });
        let read = read.map_err(|reason| place.problem(format!("route {key}: {reason}")));
        let Some((verb, path, segments)) = read.or_collect(problems) else {
            return;
        };
        if let Some(known) = self.resources.iter_mut().find(|known| known.path == path) {
            if known.methods.iter().any(|(own, _)| *own == verb) {
                problems.push(place.problem(format!("route {key}: it is declared twice")));
            }
            known.methods.push((verb, method));
            return;
        }
        self.resources.push(Resource {
            id: path.clone(),
            path,
            segments,
            methods: vec![(verb, method)],
        });
    }

    pub(super) fn into_resources(self) -> Vec<Resource> {
        self.resources
    }
}

/// The method and the path of a route's key; the path of `$default` is that word.
pub(super) fn route_key(key: &str) -> Result<(Verb, String), String> {
    if key == DEFAULT_ROUTE {
        return Ok((Verb::Any, key.to_owned()));
    }
    let expected =
        || format!("{key} is no route key: expected METHOD /path, ANY /path or $default");
    let (method, path) = key.trim().split_once(' ').ok_or_else(expected)?;
    let path = path.trim();
    if !path.starts_with('/') {
        return Err(expected());
    }
    let verb = match method {
        "ANY" => Verb::Any,
        method if method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Verb::One(HttpMethod::from_bytes(method.as_bytes()).map_err(|_| expected())?)
        }
        _ => return Err(expected()),
    };
    Ok((verb, path.to_owned()))
}

/// Reads the routes that a template declares one by one.
pub(super) fn read(
    stack: &Stack,
    api: &Declared,
    routes: &mut Routes,
    problems: &mut Vec<Problem>,
) {
    let integrations = stack.of_kind(V2_INTEGRATION);
    let parts = Parts {
        integrations: integrations.filter(|one| is_part(one, api)).collect(),
        authorizers: &authorizer::read(stack, api, problems),
    };
    for resource in stack.of_kind(V2_ROUTE).filter(|route| is_part(route, api)) {
        read_one(resource, &parts, routes, problems);
    }
}

/// What routes of an API refer to.
struct Parts<'a> {
    integrations: Vec<&'a Declared>,
    authorizers: &'a Authorizers,
}

fn read_one(
    resource: &Declared,
    parts: &Parts<'_>,
    routes: &mut Routes,
    problems: &mut Vec<Problem>,
) -> Option<()> {
    let label = resource.label();
    let mut fields = resource.fields().or_collect(problems)?;
    let key = fields.required("RouteKey").or_collect(problems);
    let target = fields.optional("Target");
    let access = authorizer::access(&label, &mut fields, parts.authorizers, problems);
    fields.ignore(&["ApiId"]);
    problems.extend(fields.finish());
    let found = target.and_then(|node| integration_of(&label, node, &parts.integrations, problems));
    if target.is_none() {
        let message = format!("{label}: Target is missing: expected integrations/ID");
        problems.push(resource.properties.problem(message).tolerable());
    }
    let integration = found.and_then(|found| {
        let region = routes.region.clone();
        integration::of_resource(found, &region, problems)
    });
    let key = key?;
    let method = Method {
        access,
        integration: integration.unwrap_or_default(),
        ..Method::default()
    };
    routes.add(
        key.text().or_collect(problems)?,
        &key.place,
        method,
        problems,
    );
    Some(())
}

/// The integration that a target names: `integrations/ID`.
fn integration_of<'a>(
    label: &str,
    target: &Node,
    integrations: &[&'a Declared],
    problems: &mut Vec<Problem>,
) -> Option<&'a Declared> {
    let text = target.text().or_collect(problems)?;
    let id = text.strip_prefix("integrations/").unwrap_or(text);
    let found = integrations
        .iter()
        .find(|one| one.physical_id == id)
        .copied();
    if found.is_none() {
        let message = format!("{label}: Target {text} is no integration of this API");
        problems.push(target.problem(message));
    }
    found
}
