//! `AWS::ApiGateway::RestApi`: from its `Body`, from `Resource` and `Method` resources, or from
//! both.

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::endpoint::refuse_private;
use super::{method, stage};
use crate::api::{Api, DefaultEndpoint, Segment};
use crate::openapi::{Document, import, only_stage};

/// Reads one API. An API without methods is `None` and a problem.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<Api> {
    let mut stages = stage::read(stack, declared, problems);
    let before = problems.len();
    let mut resources = method::read(stack, declared, problems);
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
        import(body, account, problems)
    });
    let mut document = document.or_collect(problems)?;
    is_whole &= problems.len() == before;
    move_under(&mut document, mode, declared).or_collect(problems);
    resources.splice(0..0, std::mem::take(&mut document.resources));
    if resources.is_empty() {
        // Methods that could not be read are reported already.
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
) -> BasePathMode {
    let fields = parameters.and_then(|node| {
        node.fields(format!("{label}: Parameters"))
            .or_collect(problems)
    });
    let Some(mut fields) = fields else {
        return BasePathMode::Ignore;
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
    // It concerns documentation only.
    fields.ignore(&["ignore"]);
    problems.extend(fields.finish());
    mode.unwrap_or(BasePathMode::Ignore)
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
