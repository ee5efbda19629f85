//! `AWS::ApiGateway::RestApi`: from its `Body`, from `Resource` and `Method` resources, or from
//! both.

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::content::Content;
use super::endpoint::{endpoint_type, is_default_endpoint_disabled};
use super::{gateway_response, stage};
use crate::api::{Api, EndpointType, Policy, Segment};
use crate::openapi::{Document, api_key_source, only_stage, read_encoding, read_policy};

/// Reads one API. An API without methods is `None` and a problem.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<Api> {
    let mut stages = stage::read(stack, declared, problems);
    let mut content = Content::declared(stack, declared, problems);
    let mut fields = declared.fields().or_collect(problems)?;
    let body = fields.optional("Body");
    let name = fields
        .optional("Name")
        .and_then(|node| node.text().or_collect(problems));
    let is_disabled = is_default_endpoint_disabled(&mut fields, problems);
    let (mode, imported) =
        base_path_mode(&declared.label(), fields.optional("Parameters"), problems);
    let mut is_closed = false;
    let own_type = endpoint_type(fields.optional("EndpointConfiguration"));
    let policy = policy(&mut fields, &mut is_closed, problems);
    let encoding = read_encoding(
        fields.optional("BinaryMediaTypes"),
        fields.optional("MinimumCompressionSize"),
        problems,
    );
    let own_source = api_key_source(fields.optional("ApiKeySourceType"), problems);
    problems.extend(fields.finish());
    let mut document = content.import(body, account, problems)?;
    is_closed |= document.is_closed;
    move_under(&mut document, mode, declared).or_collect(problems);
    let sources = ", neither in Body nor as resources";
    gateway_response::read(stack, declared, &mut document.gateway_responses, problems);
    let resources = content.finish(&mut document, declared, sources, problems)?;
    if stages.is_empty() {
        stages.push(only_stage(&document));
    }
    let name = name.map_or(document.title, ToOwned::to_owned);
    Some(Api {
        id: declared.physical_id.clone(),
        name,
        stages,
        endpoint: document.endpoint.or_disabled(is_disabled),
        endpoint_type: own_type.or(imported).unwrap_or(document.endpoint_type),
        resources,
        encoding: document.encoding.with(&encoding),
        is_closed,
        policy: Policy::both(policy, document.policy),
        gateway_responses: document.gateway_responses,
        api_key_source: own_source.unwrap_or(document.api_key_source),
        ..Api::default()
    })
}

/// `Policy`: the resource policy. One that cannot be read closes the API.
pub(super) fn policy(
    fields: &mut Fields<'_>,
    is_closed: &mut bool,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    let (policy, is_unreadable) = read_policy(fields.optional("Policy"), problems);
    *is_closed |= is_unreadable;
    policy
}

/// What an import does with the document's base path: `docs/aws/api-gateway.md#import`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BasePathMode {
    Ignore,
    Prepend,
    /// Prepend it without its first part, which names the stage.
    Split,
}

fn base_path_mode(
    label: &str,
    parameters: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> (BasePathMode, Option<EndpointType>) {
    let fields = parameters.and_then(|node| {
        node.fields(format!("{label}: Parameters"))
            .or_collect(problems)
    });
    let Some(mut fields) = fields else {
        return (BasePathMode::Ignore, None);
    };
    let mode = fields
        .optional("basepath")
        .map(read_mode)
        .transpose()
        .or_collect(problems)
        .flatten();
    let endpoint_type = endpoint_type(fields.optional("endpointConfigurationTypes"));
    // It concerns documentation only.
    fields.ignore(&["ignore"]);
    problems.extend(fields.finish());
    (mode.unwrap_or(BasePathMode::Ignore), endpoint_type)
}

fn read_mode(node: &Node) -> Result<BasePathMode, Problem> {
    match node.text()?.to_ascii_lowercase().as_str() {
        "ignore" => Ok(BasePathMode::Ignore),
        "prepend" => Ok(BasePathMode::Prepend),
        "split" => Ok(BasePathMode::Split),
        other => Err(node.problem(format!(
            "invalid basepath {other}: expected ignore, prepend or split"
        ))),
    }
}

fn move_under(
    document: &mut Document,
    mode: BasePathMode,
    declared: &Declared,
) -> Result<(), Problem> {
    let prefix = match mode {
        BasePathMode::Ignore => return Ok(()),
        BasePathMode::Prepend => document.base_path.prefix(0),
        BasePathMode::Split => document.base_path.prefix(1),
    };
    for resource in &mut document.resources {
        let path = format!("{prefix}{}", resource.path.trim_end_matches('/'));
        resource.path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        resource.segments = Segment::parse_path(&resource.path)
            .map_err(|message| declared.properties.problem(message))?;
    }
    Ok(())
}
