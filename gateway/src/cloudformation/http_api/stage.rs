//! `AWS::ApiGatewayV2::Stage`.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::super::kinds::V2_STAGE;
use super::super::{method_settings, stage as rest_stage};
use super::parts::is_part;
use super::route::route_key;
use crate::api::{MethodSetting, MethodSettings, Stage, Verb};

/// A certificate by which backends know the gateway.
const CLIENT_CERTIFICATE: &str = "ClientCertificateId";

/// The stages of one API.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Vec<Stage> {
    let declared = stack
        .of_kind(V2_STAGE)
        .filter(|resource| is_part(resource, api));
    declared
        .filter_map(|resource| stage(resource, problems))
        .collect()
}

fn stage(resource: &Declared, problems: &mut Vec<Problem>) -> Option<Stage> {
    let mut fields = resource.fields().or_collect(problems)?;
    let name = fields.required("StageName").and_then(Node::text);
    let name = name.or_collect(problems)?.to_owned();
    let deployment = fields
        .optional("DeploymentId")
        .map_or(Ok("local"), Node::text);
    let deployment_id = deployment.or_collect(problems)?.to_owned();
    let settings = settings(&resource.label(), &mut fields, problems);
    let is_closed = fields.has(CLIENT_CERTIFICATE);
    fields.unsupported(&[CLIENT_CERTIFICATE]);
    fields.ignore(&["ApiId"]);
    problems.extend(fields.finish());
    Some(Stage {
        name,
        deployment_id,
        is_closed,
        ..settings
    })
}

/// What a stage says beside its name.
pub(super) fn settings(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Stage {
    let variables = fields.optional("StageVariables").map(Node::text_map);
    let variables = variables.transpose().or_collect(problems).flatten();
    let access_log = fields
        .optional("AccessLogSettings")
        .and_then(|node| rest_stage::access_log(label, node, problems));
    let mut methods = Vec::new();
    if let Some(node) = fields.optional("DefaultRouteSettings") {
        methods.extend(route_settings(
            &format!("{label}: DefaultRouteSettings"),
            node,
            problems,
        ));
    }
    let routes = fields.optional("RouteSettings").map(Node::entries);
    let routes = routes.transpose().or_collect(problems).flatten();
    for entry in routes.unwrap_or_default() {
        let label = format!("{label}: RouteSettings {}", entry.key);
        let Some(setting) = route_settings(&label, &entry.node, problems) else {
            continue;
        };
        let key = route_key(&entry.key).map_err(|reason| entry.place.problem(reason));
        let Some((verb, path)) = key.or_collect(problems) else {
            continue;
        };
        methods.push(MethodSetting {
            path: Some(path),
            verb: match verb {
                Verb::One(verb) => Some(verb),
                Verb::Any => None,
            },
            ..setting
        });
    }
    let variables = variables.unwrap_or_default().into_iter();
    Stage {
        deployment_id: "local".to_owned(),
        variables: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        methods: MethodSettings(methods),
        access_log,
        ..Stage::default()
    }
}

fn route_settings(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<MethodSetting> {
    let mut fields = node.fields(label).or_collect(problems)?;
    fields.ignore(&["DetailedMetricsEnabled"]);
    let setting = method_settings::settings(&mut fields, problems);
    problems.extend(fields.finish());
    Some(setting)
}
