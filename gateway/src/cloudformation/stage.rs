//! `AWS::ApiGateway::Stage` and `Deployment` to stages.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::kinds::{DEPLOYMENT, STAGE};
use super::membership::is_part;
use crate::api::Stage;

/// Settings of a stage, or of its methods, that change no answer: AWS's own logs, metrics and
/// traces, and details of a cache that is off. A client certificate is for HTTP backends, which are
/// not supported.
const PASSIVE: [&str; 12] = [
    "AccessLogSetting",
    "CacheClusterSize",
    "CacheDataEncrypted",
    "CacheTtlInSeconds",
    "ClientCertificateId",
    "DataTraceEnabled",
    "Description",
    "DocumentationVersion",
    "LoggingLevel",
    "MetricsEnabled",
    "Tags",
    "TracingEnabled",
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
    stages.extend(deployments.filter_map(|resource| of_deployment(resource, problems)));
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
    let variables = settings(&resource.label(), fields, problems);
    Some(Stage {
        name: name?.to_owned(),
        deployment_id: deployment_id?.to_owned(),
        variables,
    })
}

fn of_deployment(resource: &Declared, problems: &mut Vec<Problem>) -> Option<Stage> {
    let mut fields = resource.fields().or_collect(problems)?;
    let name = fields.optional("StageName");
    let description = fields.optional("StageDescription");
    fields.ignore(&["RestApiId", "Description"]);
    fields.unsupported(&["DeploymentCanarySettings"]);
    problems.extend(fields.finish());
    let label = format!("{}: StageDescription", resource.label());
    let description = description.and_then(|node| node.fields(&label).or_collect(problems));
    let variables = description
        .map(|fields| settings(&label, fields, problems))
        .unwrap_or_default();
    let name = name?.text().or_collect(problems)?.to_owned();
    Some(Stage {
        name,
        deployment_id: resource.physical_id.clone(),
        variables,
    })
}

/// The variables of a stage. Settings that are not supported are problems.
pub(super) fn settings(
    label: &str,
    mut fields: Fields<'_>,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, String> {
    let variables = fields
        .optional("Variables")
        .map(Node::text_map)
        .transpose()
        .or_collect(problems);
    let methods = fields
        .optional("MethodSettings")
        .map(Node::list)
        .transpose()
        .or_collect(problems);
    for setting in methods.flatten().unwrap_or_default() {
        let setting = setting
            .fields(format!("{label}: MethodSettings"))
            .or_collect(problems);
        let Some(mut setting) = setting else { continue };
        setting.ignore(&["ResourcePath", "HttpMethod"]);
        refuse_limits(label, &mut setting, problems);
        problems.extend(setting.finish());
    }
    refuse_limits(label, &mut fields, problems);
    fields.unsupported(&["CanarySetting"]);
    problems.extend(fields.finish());
    let variables = variables.flatten().unwrap_or_default().into_iter();
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Refuses throttles and caches, where they are on.
fn refuse_limits(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) {
    for name in ["CachingEnabled", "CacheClusterEnabled"] {
        if let Some(node) = fields.optional(name)
            && node.boolean().or_collect(problems) == Some(true)
        {
            problems.push(
                node.problem(format!("{label}: {name}: caching is not supported"))
                    .tolerable(),
            );
        }
    }
    for name in ["ThrottlingBurstLimit", "ThrottlingRateLimit"] {
        // -1 switches a throttle off.
        if let Some(node) = fields.optional(name)
            && node
                .text()
                .or_collect(problems)
                .is_some_and(|limit| !limit.starts_with('-'))
        {
            problems.push(
                node.problem(format!("{label}: {name}: throttling is not supported"))
                    .tolerable(),
            );
        }
    }
    fields.ignore(&PASSIVE);
}
