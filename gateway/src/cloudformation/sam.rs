//! SAM: `AWS::Serverless::Api`, which is an API and its stage in one, and routes that functions
//! declare as their events. Facts: the SAM developer guide, "AWS::Serverless::Api" and
//! "EventSource".

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::endpoint::refuse_private;
use super::{method, stage};
use crate::api::{Api, BasePathMapping, DefaultEndpoint, Stage};
use crate::openapi::{Document, import};

/// An API, and the base paths of custom domains that lead to it.
pub(super) type Served = (Api, Vec<(String, BasePathMapping)>);

/// Reads one API. An API without methods is `None` and a problem.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<Served> {
    let before = problems.len();
    let mut resources = method::read(stack, declared, problems);
    let mut is_whole = problems.len() == before;
    let mut fields = declared.fields().or_collect(problems)?;
    let name = fields
        .optional("Name")
        .map_or(Ok(declared.logical_id.as_str()), Node::text)
        .or_collect(problems);
    let stage_name = fields
        .required("StageName")
        .and_then(Node::text)
        .or_collect(problems);
    let body = fields.optional("DefinitionBody");
    let is_disabled = fields
        .optional("DisableExecuteApiEndpoint")
        .map(Node::boolean)
        .transpose();
    let is_disabled = is_disabled.or_collect(problems).flatten().unwrap_or(false);
    refuse_private(
        &declared.label(),
        fields.optional("EndpointConfiguration"),
        problems,
    );
    fields.ignore(&[
        "OpenApiVersion",
        "FailOnWarnings",
        "Mode",
        "AlwaysDeploy",
        "PropagateTags",
        "ApiKeySourceType",
    ]);
    fields.ignore(&["Models", "SecurityPolicy"]);
    fields.unsupported(&[
        "DefinitionUri",
        "Auth",
        "Cors",
        "GatewayResponses",
        "BinaryMediaTypes",
    ]);
    fields.unsupported(&["MinimumCompressionSize", "MergeDefinitions", "Policy"]);
    let domains = fields
        .optional("Domain")
        .and_then(|node| domain(declared, node, stage_name.unwrap_or_default(), problems));
    let variables = stage::settings(&declared.label(), fields, problems);
    let before = problems.len();
    let document = body.map_or(Ok(Document::default()), |body| {
        import(body, account, problems)
    });
    let document = document.or_collect(problems)?;
    is_whole &= problems.len() == before;
    resources.splice(0..0, document.resources);
    if resources.is_empty() {
        // Methods that could not be read are reported already.
        if is_whole {
            let message = format!(
                "{}: the API has no methods in DefinitionBody",
                declared.label()
            );
            problems.push(declared.properties.problem(message).tolerable());
        }
        return None;
    }
    let mut stages = stage::read(stack, declared, problems);
    stages.insert(
        0,
        Stage {
            name: stage_name?.to_owned(),
            deployment_id: "local".to_owned(),
            variables,
        },
    );
    let endpoint = if is_disabled {
        DefaultEndpoint::Disabled
    } else {
        document.endpoint
    };
    let (id, name) = (declared.physical_id.clone(), name?.to_owned());
    Some((
        Api {
            id,
            name,
            stages,
            endpoint,
            resources,
        },
        domains.unwrap_or_default(),
    ))
}

/// `Domain`: a custom domain, and the base paths at which it leads to the API's stage.
fn domain(
    api: &Declared,
    node: &Node,
    stage: &str,
    problems: &mut Vec<Problem>,
) -> Option<Vec<(String, BasePathMapping)>> {
    let mut fields = node
        .fields(format!("{}: Domain", api.label()))
        .or_collect(problems)?;
    let name = fields
        .required("DomainName")
        .and_then(Node::text)
        .or_collect(problems);
    let base_paths: Vec<&str> = match fields.optional("BasePath") {
        None => vec![""],
        Some(Node {
            value: Value::List(paths),
            ..
        }) => paths
            .iter()
            .filter_map(|path| path.text().or_collect(problems))
            .collect(),
        Some(path) => path.text().or_collect(problems).into_iter().collect(),
    };
    refuse_private(
        &api.label(),
        fields.optional("EndpointConfiguration"),
        problems,
    );
    fields.ignore(&[
        "CertificateArn",
        "OwnershipVerificationCertificateArn",
        "Route53",
        "SecurityPolicy",
    ]);
    fields.ignore(&["NormalizeBasePath"]);
    fields.unsupported(&["MutualTlsAuthentication", "Policy"]);
    problems.extend(fields.finish());
    let name = name?.to_lowercase();
    let mapping = |path: &str| {
        let base_path = if path == "(none)" {
            String::new()
        } else {
            path.trim_matches('/').to_owned()
        };
        (
            name.clone(),
            BasePathMapping {
                base_path,
                api_id: api.physical_id.clone(),
                stage: Some(stage.to_owned()),
            },
        )
    };
    Some(base_paths.into_iter().map(mapping).collect())
}
