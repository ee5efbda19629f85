//! SAM: `AWS::Serverless::Api`, which is an API and its stage in one, and routes that functions declare as their events.
//! Facts: the SAM developer guide, "AWS::Serverless::Api" and "EventSource".

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Node, Problem, Value};

use super::import::document;
use super::rest_api::refuse_private;
use super::{methods, stages};
use crate::api::{Api, BasePathMapping, DefaultEndpoint, Stage};
use crate::openapi::Document;

pub(super) const API: &str = "AWS::Serverless::Api";

/// An API, and what domains lead to it.
pub(super) type Served = (Api, Vec<(String, BasePathMapping)>);

/// Reads one API; `None` when it has no methods, which is told.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Result<Option<Served>, Problem> {
    let mut resources = methods::read(stack, declared, problems)?;
    let mut fields = declared.fields()?;
    let name = fields.optional("Name").map_or(Ok(declared.logical_id.as_str()), Node::text)?.to_owned();
    let stage = fields.required("StageName")?.text()?.to_owned();
    let body = fields.optional("DefinitionBody");
    let is_disabled = fields.optional("DisableExecuteApiEndpoint").map_or(Ok(false), Node::boolean)?;
    refuse_private(&declared.label(), fields.optional("EndpointConfiguration"), problems);
    fields.ignore(&["OpenApiVersion", "FailOnWarnings", "Mode", "AlwaysDeploy", "PropagateTags", "ApiKeySourceType"]);
    fields.ignore(&["Models", "SecurityPolicy"]);
    fields.unsupported(&["DefinitionUri", "Auth", "Cors", "GatewayResponses", "BinaryMediaTypes"]);
    fields.unsupported(&["MinimumCompressionSize", "MergeDefinitions", "Policy"]);
    let domains = match fields.optional("Domain") {
        Some(node) => domain(declared, node, &stage, problems)?,
        None => Vec::new(),
    };
    let variables = stages::settings(&declared.label(), fields, problems)?;
    let document = body.map_or(Ok(Document::default()), |body| document(body, account, problems))?;
    resources.splice(0..0, document.resources);
    if resources.is_empty() {
        let message = format!("{}: the API has no methods in DefinitionBody", declared.label());
        problems.push(declared.properties.problem(message));
        return Ok(None);
    }
    let mut stages = stages::read(stack, declared, problems)?;
    stages.insert(0, Stage { name: stage, deployment_id: "local".to_owned(), variables });
    let endpoint = if is_disabled { DefaultEndpoint::Disabled } else { document.endpoint };
    Ok(Some((Api { id: declared.physical_id.clone(), name, stages, endpoint, resources }, domains)))
}

/// `Domain`: a custom domain, and the base paths at which it leads to the API's stage.
fn domain(
    api: &Declared,
    node: &Node,
    stage: &str,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(String, BasePathMapping)>, Problem> {
    let mut fields = node.fields(format!("{}: Domain", api.label()))?;
    let name = fields.required("DomainName")?.text()?.to_lowercase();
    let base_paths = match fields.optional("BasePath") {
        None => vec![""],
        Some(Node { value: Value::List(paths), .. }) => paths.iter().map(Node::text).collect::<Result<_, _>>()?,
        Some(path) => vec![path.text()?],
    };
    refuse_private(&api.label(), fields.optional("EndpointConfiguration"), problems);
    fields.ignore(&["CertificateArn", "OwnershipVerificationCertificateArn", "Route53", "SecurityPolicy"]);
    fields.ignore(&["NormalizeBasePath"]);
    fields.unsupported(&["MutualTlsAuthentication", "Policy"]);
    problems.extend(fields.finish());
    let mapping = |path: &str| {
        let base_path = if path == "(none)" { String::new() } else { path.trim_matches('/').to_owned() };
        (name.clone(), BasePathMapping { base_path, api_id: api.physical_id.clone(), stage: Some(stage.to_owned()) })
    };
    Ok(base_paths.into_iter().map(mapping).collect())
}

/// Events by which a function or a state machine becomes the backend of a route. Others have nothing to do with APIs.
pub(super) fn tell_events(declared: &Declared, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    for event in declared.properties.get("Events").map_or(Ok(&[][..]), Node::entries)? {
        let Some(kind) = event.node.get("Type") else { continue };
        if matches!(kind.text()?, "Api" | "HttpApi") {
            let (label, name) = (declared.label(), &event.key);
            let message = format!("{label}: event {name} makes it the backend of a route, which is not supported");
            problems.push(kind.problem(message));
        }
    }
    Ok(())
}
