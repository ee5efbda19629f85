//! `AWS::ApiGateway::RestApi`: from its `Body`, from `Resource` and `Method` resources, or from
//! both.

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::import::{document, only_stage};
use super::{methods, stages};
use crate::api::{Api, DefaultEndpoint, Segment};
use crate::openapi::Document;

pub(super) const KIND: &str = "AWS::ApiGateway::RestApi";

/// Reads one API; `None` when it has no methods, which is told.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<Api> {
    let mut stages = stages::read(stack, declared, problems);
    let before = problems.len();
    let mut resources = methods::read(stack, declared, problems);
    let mut is_whole = problems.len() == before;
    let mut fields = declared.fields().or_collect(problems)?;
    let body = fields.optional("Body");
    let name = fields
        .optional("Name")
        .map(Node::text)
        .transpose()
        .or_collect(problems)
        .flatten();
    let is_disabled = fields
        .optional("DisableExecuteApiEndpoint")
        .map(Node::boolean)
        .transpose();
    let is_disabled = is_disabled.or_collect(problems).flatten().unwrap_or(false);
    let mode = base_path_mode(&declared.label(), fields.optional("Parameters"), problems);
    refuse_private(
        &declared.label(),
        fields.optional("EndpointConfiguration"),
        problems,
    );
    fields.ignore(&[
        "Description",
        "Tags",
        "FailOnWarnings",
        "Mode",
        "SecurityPolicy",
        "ApiKeySourceType",
    ]);
    fields.unsupported(&[
        "BodyS3Location",
        "BinaryMediaTypes",
        "CloneFrom",
        "MinimumCompressionSize",
        "Policy",
    ]);
    problems.extend(fields.finish());
    let before = problems.len();
    let document = body.map_or(Ok(Document::default()), |body| {
        document(body, account, problems)
    });
    let mut document = document.or_collect(problems)?;
    is_whole &= problems.len() == before;
    move_under(&mut document, mode, declared).or_collect(problems);
    resources.splice(0..0, std::mem::take(&mut document.resources));
    if resources.is_empty() {
        // Methods that could not be read have been told.
        if is_whole {
            let message = format!(
                "{}: the API has no methods, neither in Body nor as resources",
                declared.label()
            );
            problems.push(declared.properties.problem(message).tolerable());
        }
        return None;
    }
    if stages.is_empty() {
        stages.push(only_stage(&document));
    }
    let endpoint = if is_disabled {
        DefaultEndpoint::Disabled
    } else {
        document.endpoint
    };
    let name = name.map_or(document.title, ToOwned::to_owned);
    Some(Api {
        id: declared.physical_id.clone(),
        name,
        stages,
        endpoint,
        resources,
    })
}

/// What an import makes of the document's base path: `docs/aws/api-gateway.md#import`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BasePath {
    Ignore,
    Prepend,
    /// Without its first part, which is left for the stage.
    Split,
}

fn base_path_mode(label: &str, parameters: Option<&Node>, problems: &mut Vec<Problem>) -> BasePath {
    let fields = parameters.and_then(|node| {
        node.fields(format!("{label}: Parameters"))
            .or_collect(problems)
    });
    let Some(mut fields) = fields else {
        return BasePath::Ignore;
    };
    let mode = fields
        .optional("basepath")
        .map(read_mode)
        .transpose()
        .or_collect(problems)
        .flatten();
    refuse_private(
        label,
        fields.optional("endpointConfigurationTypes"),
        problems,
    );
    // It is about documentation.
    fields.ignore(&["ignore"]);
    problems.extend(fields.finish());
    mode.unwrap_or(BasePath::Ignore)
}

fn read_mode(node: &Node) -> Result<BasePath, Problem> {
    match node.text()?.to_ascii_lowercase().as_str() {
        "ignore" => Ok(BasePath::Ignore),
        "prepend" => Ok(BasePath::Prepend),
        "split" => Ok(BasePath::Split),
        other => Err(node.problem(format!("{other} is none of ignore, prepend and split"))),
    }
}

fn move_under(document: &mut Document, mode: BasePath, declared: &Declared) -> Result<(), Problem> {
    let prefix = match mode {
        BasePath::Ignore => return Ok(()),
        BasePath::Prepend => document.base.prefix(0),
        BasePath::Split => document.base.prefix(1),
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

/// A private API answers inside of a VPC only; here it would answer whoever reaches the port.
pub(super) fn refuse_private(
    label: &str,
    configuration: Option<&Node>,
    problems: &mut Vec<Problem>,
) {
    let Some(node) = configuration else { return };
    if mentions_private(node) {
        problems.push(
            node.problem(format!("{label}: private endpoints are not supported"))
                .tolerable(),
        );
    }
}

fn mentions_private(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.eq_ignore_ascii_case("PRIVATE"),
        Value::List(nodes) => nodes.iter().any(mentions_private),
        Value::Map(entries) => entries.iter().any(|entry| mentions_private(&entry.node)),
        _ => false,
    }
}
