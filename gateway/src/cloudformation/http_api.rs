//! `AWS::ApiGatewayV2::Api` of the protocol HTTP, with its routes, integrations and stages, and
//! SAM's `AWS::Serverless::HttpApi`. See `docs/aws/api-gateway.md#http-apis`.

mod authorizer;
mod body;
mod cors;
mod endpoint;
mod integration;
mod mappings;
mod parts;
mod route;
mod sam_auth;
mod sam_events;
mod stage;

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::endpoint::is_default_endpoint_disabled;
use super::kinds::HTTP_API;
use crate::api::{Api, ApiProtocol, DefaultEndpoint, Stage};
use parts::is_empty;
use route::Routes;

pub(super) use sam_events::report_orphans;

/// SAM's word for what guards an API; one that has it and cannot be guarded is closed.
const AUTH: &str = "Auth";

/// Reads one API. An API without routes is `None` and a problem.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<Api> {
    let mut fields = declared.fields().or_collect(problems)?;
    let protocol = fields.optional("ProtocolType");
    if let Some(node) = protocol.filter(|node| node.text() == Ok("WEBSOCKET")) {
        problems.push(web_socket(declared, node));
        return None;
    }
    let name = fields
        .optional("Name")
        .and_then(|node| node.text().or_collect(problems));
    let is_disabled = is_default_endpoint_disabled(&mut fields, problems);
    let body = fields
        .optional("Body")
        .or_else(|| fields.optional("DefinitionBody"));
    let own_stage = serverless_stage(declared, &mut fields, problems);
    let cors = fields
        .optional("CorsConfiguration")
        .and_then(|node| cors::of_resource(&declared.label(), node, problems));
    fields.optional("CredentialsArn");
    let auth = fields.optional(AUTH).filter(|node| !is_empty(node));
    problems.extend(fields.finish());
    let whole = sam_events::with_events(stack, declared, body, problems);
    let body = whole.as_ref();
    let guarded = guarded_body(declared, body, auth, problems);
    let is_closed = auth.is_some() && guarded.is_none();
    let body = guarded.as_ref().or(body);

    let before = problems.len();
    let region = account.map_or("", |account| account.region.as_str());
    let mut routes = Routes::new(region);
    let body = body.map(|body| body::read(body, account, &mut routes, problems));
    let body = body.unwrap_or_default();
    route::read(stack, declared, &mut routes, problems);
    let resources = routes.into_resources();
    if resources.is_empty() {
        problems.extend((problems.len() == before).then(|| without_routes(declared)));
        return None;
    }
    let stages = stages(stack, declared, own_stage, problems);
    let id = declared.physical_id.clone();
    let name = name.map(ToOwned::to_owned).or(body.title);
    Some(Api {
        name: name.unwrap_or_else(|| id.clone()),
        id,
        protocol: ApiProtocol::Http,
        stages,
        endpoint: DefaultEndpoint::default().or_disabled(is_disabled),
        resources,
        // Properties win over the body, as SAM and API Gateway have it.
        cors: cors.or(body.cors),
        is_closed,
        ..Api::default()
    })
}

fn web_socket(declared: &Declared, node: &Node) -> Problem {
    let message = format!("{}: WebSocket APIs are not supported", declared.label());
    node.problem(message).tolerable()
}

/// The stages of an API; without any, it has the default one.
fn stages(
    stack: &Stack,
    declared: &Declared,
    own_stage: Option<Stage>,
    problems: &mut Vec<Problem>,
) -> Vec<Stage> {
    let mut stages = stage::read(stack, declared, problems);
    stages.extend(own_stage);
    if stages.is_empty() {
        stages.push(stage_of("$default"));
    }
    stages
}

/// The body of an API with what `Auth` says of it; `None` where nothing is said, or it cannot be done.
fn guarded_body(
    declared: &Declared,
    body: Option<&Node>,
    auth: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    sam_auth::applied(&declared.label(), body?, auth?, problems)
}

fn without_routes(declared: &Declared) -> Problem {
    let message = format!(
        "{}: the API has no routes, neither in Body, nor as AWS::ApiGatewayV2::Route, nor as events of functions",
        declared.label()
    );
    declared.properties.problem(message).tolerable()
}

/// The stage that SAM makes with an API.
fn serverless_stage(
    declared: &Declared,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Stage> {
    if declared.kind != HTTP_API {
        return None;
    }
    let name = fields
        .optional("StageName")
        .map_or(Ok("$default"), Node::text);
    let name = name.or_collect(problems)?;
    let settings = stage::settings(&declared.label(), fields, problems);
    Some(Stage {
        name: name.to_owned(),
        ..settings
    })
}

fn stage_of(name: &str) -> Stage {
    Stage {
        name: name.to_owned(),
        deployment_id: "local".to_owned(),
        ..Stage::default()
    }
}
