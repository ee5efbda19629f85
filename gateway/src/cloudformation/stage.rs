//! `AWS::ApiGateway::Stage` and `Deployment` to stages.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::canary::{self, CanarySetting};
use super::kinds::{DEPLOYMENT, STAGE};
use super::membership::is_part;
use super::method_settings;
use crate::api::{AccessLogFormat, MethodSetting, MethodSettings, Stage};

/// Settings of a stage that change no answer. The size of a cache is that of the process.
const PASSIVE: [&str; 4] = [
    "CacheClusterSize",
    "Description",
    "DocumentationVersion",
    "Tags",
];

/// The stages of one API: `Stage` resources, and those that a `Deployment` declares.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Vec<Stage> {
    let declared = stack
        .of_kind(STAGE)
        .filter(|resource| is_part(resource, api));
    let mut stages: Vec<Stage> = declared
        .filter_map(|resource| stage(resource, problems))
        .collect();
    let deployments = stack
        .of_kind(DEPLOYMENT)
        .filter(|resource| is_part(resource, api));
    for deployment in deployments {
        of_deployment(deployment, &mut stages, problems);
    }
    stages
}

fn stage(resource: &Declared, problems: &mut Vec<Problem>) -> Option<Stage> {
    let mut fields = resource.fields().or_collect(problems)?;
    fields.ignore(&["RestApiId"]);
    let deployment_id = fields
        .optional("DeploymentId")
        .map_or(Ok("local"), Node::text)
        .or_collect(problems);
    let name = fields
        .optional("StageName")
        .map_or(Ok(resource.physical_id.as_str()), Node::text);
    let name = name.or_collect(problems);
    let settings = settings(&resource.label(), fields, problems);
    Some(settings.stage(name?, deployment_id?))
}

/// Adds the stage that a deployment declares. With canary settings, the deployment is the canary of
/// a stage that is declared already.
fn of_deployment(resource: &Declared, stages: &mut Vec<Stage>, problems: &mut Vec<Problem>) {
    let Some(mut fields) = resource.fields().or_collect(problems) else {
        return;
    };
    let name = fields.optional("StageName");
    let description = fields.optional("StageDescription");
    let canary = fields.optional("DeploymentCanarySettings");
    fields.ignore(&["RestApiId", "Description"]);
    problems.extend(fields.finish());
    let label = resource.label();
    let canary = canary.and_then(|node| {
        canary::setting(
            &format!("{label}: DeploymentCanarySettings"),
            node,
            problems,
        )
    });
    let described = format!("{label}: StageDescription");
    let description = description.and_then(|node| node.fields(&described).or_collect(problems));
    let settings = description
        .map(|fields| settings(&described, fields, problems))
        .unwrap_or_default();
    let Some(name) = name.and_then(|name| name.text().or_collect(problems)) else {
        return;
    };
    match (canary, stages.iter_mut().find(|stage| stage.name == name)) {
        (Some(canary), Some(stage)) => {
            let canary = canary.deployed_as(&resource.physical_id);
            stage.canary = Some(canary.of(stage));
        }
        (canary, _) => {
            let mut stage = settings.stage(name, &resource.physical_id);
            stage.canary = canary.map(|canary| canary.of(&stage)).or(stage.canary);
            stages.push(stage);
        }
    }
}

/// The settings of a stage that has no name yet.
#[derive(Debug, Default)]
pub(super) struct StageSettings {
    stage: Stage,
    canary: Option<CanarySetting>,
}

impl StageSettings {
    /// The stage with these settings.
    pub(super) fn stage(self, name: &str, deployment_id: &str) -> Stage {
        let mut stage = Stage {
            name: name.to_owned(),
            deployment_id: deployment_id.to_owned(),
            ..self.stage
        };
        stage.canary = self.canary.map(|canary| canary.of(&stage));
        stage
    }
}

/// The settings of a stage. Those that are not supported are problems.
pub(super) fn settings(
    label: &str,
    mut fields: Fields<'_>,
    problems: &mut Vec<Problem>,
) -> StageSettings {
    let variables = fields
        .optional("Variables")
        .map(Node::text_map)
        .transpose()
        .or_collect(problems);
    let has_cache = fields
        .optional("CacheClusterEnabled")
        .map_or(Ok(false), Node::boolean)
        .or_collect(problems);
    let is_traced = fields
        .optional("TracingEnabled")
        .map_or(Ok(false), Node::boolean)
        .or_collect(problems);
    let access_log = fields
        .optional("AccessLogSetting")
        .and_then(|node| access_log(label, node, problems));
    let canary = fields
        .optional("CanarySetting")
        .and_then(|node| canary::setting(&format!("{label}: CanarySetting"), node, problems));
    let methods = methods(label, &mut fields, problems);
    let certificate = fields.optional("ClientCertificateId").map(Node::text);
    let certificate = certificate.transpose().or_collect(problems).flatten();
    fields.ignore(&PASSIVE);
    problems.extend(fields.finish());
    let variables = variables.flatten().unwrap_or_default().into_iter();
    let stage = Stage {
        variables: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<IndexMap<_, _>>(),
        methods,
        has_cache: has_cache.unwrap_or_default(),
        access_log,
        is_traced: is_traced.unwrap_or_default(),
        client_certificate: certificate.map(ToOwned::to_owned),
        ..Stage::default()
    };
    StageSettings { stage, canary }
}

/// What holds for all methods, then `MethodSettings`.
fn methods(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> MethodSettings {
    let entries = fields
        .optional("MethodSettings")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    let entries = entries.flatten().unwrap_or_default();
    let mut all = vec![method_settings::settings(fields, problems)];
    all.retain(|setting| *setting != MethodSetting::default());
    for node in entries {
        all.extend(method_settings::entry(label, node, problems));
    }
    MethodSettings(all)
}

/// `AccessLogSetting`. Its destination is a log group or a stream; here, `--access-log` is.
pub(super) fn access_log(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<AccessLogFormat> {
    let label = format!("{label}: AccessLogSetting");
    let mut fields = node.fields(&label).or_collect(problems)?;
    fields.ignore(&["DestinationArn"]);
    let format = fields.optional("Format");
    problems.extend(fields.finish());
    let node = format?;
    let parsed = AccessLogFormat::parse(node.text().or_collect(problems)?);
    parsed
        .map_err(|reason| node.problem(format!("{label}: Format: {reason}")))
        .or_collect(problems)
}
