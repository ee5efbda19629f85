//! `AWS::ApiGateway::Stage` and `Deployment` to stages.

use indexmap::IndexMap;
use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, Problem};

use crate::api::Stage;

pub(super) const STAGE: &str = "AWS::ApiGateway::Stage";
pub(super) const DEPLOYMENT: &str = "AWS::ApiGateway::Deployment";

/// Settings of a stage, or of its methods, that change no answer: logs, metrics and traces of AWS's own, and what a cache
/// would do if there was one. A client certificate is shown to HTTP backends, which are not called.
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

/// The stages of one API: `Stage` resources, and those that a `Deployment` makes by the way.
pub(super) fn read(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Result<Vec<Stage>, Problem> {
    let mut stages = Vec::new();
    for resource in stack.of_kind(STAGE) {
        let mut fields = resource.fields()?;
        if fields.required("RestApiId")?.text()? != api.physical_id {
            continue;
        }
        let deployment_id = fields.optional("DeploymentId").map_or(Ok("local"), Node::text)?.to_owned();
        let name = fields.optional("StageName").map_or(Ok(resource.physical_id.as_str()), Node::text)?.to_owned();
        let variables = settings(&resource.label(), fields, problems)?;
        stages.push(Stage { name, deployment_id, variables });
    }
    for resource in stack.of_kind(DEPLOYMENT) {
        let mut fields = resource.fields()?;
        if fields.required("RestApiId")?.text()? != api.physical_id {
            continue;
        }
        let (name, description) = (fields.optional("StageName"), fields.optional("StageDescription"));
        fields.ignore(&["Description"]);
        fields.unsupported(&["DeploymentCanarySettings"]);
        problems.extend(fields.finish());
        let variables = match description {
            Some(node) => {
                let label = format!("{}: StageDescription", resource.label());
                settings(&label, node.fields(&label)?, problems)?
            }
            None => IndexMap::new(),
        };
        if let Some(name) = name {
            let deployment_id = resource.physical_id.clone();
            stages.push(Stage { name: name.text()?.to_owned(), deployment_id, variables });
        }
    }
    Ok(stages)
}

/// The variables of a stage. What else its settings ask for is told.
pub(super) fn settings(
    label: &str,
    mut fields: Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Result<IndexMap<String, String>, Problem> {
    let variables = fields.optional("Variables").map_or(Ok(Vec::new()), Node::text_map)?;
    for setting in fields.optional("MethodSettings").map_or(Ok(&[][..]), Node::list)? {
        let mut setting = setting.fields(format!("{label}: MethodSettings"))?;
        setting.ignore(&["ResourcePath", "HttpMethod"]);
        refuse_limits(label, &mut setting, problems)?;
        problems.extend(setting.finish());
    }
    refuse_limits(label, &mut fields, problems)?;
    fields.unsupported(&["CanarySetting"]);
    problems.extend(fields.finish());
    Ok(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Throttles and caches are problems only where they are on.
fn refuse_limits(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    for name in ["CachingEnabled", "CacheClusterEnabled"] {
        if let Some(node) = fields.optional(name)
            && node.boolean()?
        {
            problems.push(node.problem(format!("{label}: {name}: caching is not supported")));
        }
    }
    for name in ["ThrottlingBurstLimit", "ThrottlingRateLimit"] {
        // -1 switches a throttle off.
        if let Some(node) = fields.optional(name)
            && !node.text()?.starts_with('-')
        {
            problems.push(node.problem(format!("{label}: {name}: throttling is not supported")));
        }
    }
    fields.ignore(&PASSIVE);
    Ok(())
}
