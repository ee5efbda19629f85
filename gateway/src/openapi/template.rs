//! Mapping templates: `requestTemplates` and `responseTemplates`.

use indexmap::IndexMap;
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

use crate::api::Templates;
use crate::mapping;
use crate::vtl::{ErrorKind, Template};

/// Templates by MIME type. An empty one means: pass the body through. See
/// `docs/aws/api-gateway.md#response-body`.
pub(super) fn templates(node: Option<&Node>, problems: &mut Vec<Problem>) -> Templates {
    let mut templates = IndexMap::new();
    let entries = node
        .map(Node::entries)
        .transpose()
        .or_collect(problems)
        .flatten()
        .unwrap_or_default();
    for Entry { key, node, .. } in entries {
        let read = match &node.value {
            Value::Null => Ok(None),
            _ => node.text().and_then(|text| match text {
                "" => Ok(None),
                _ => template(key, node, problems).map(Some),
            }),
        };
        if let Some(template) = read.or_collect(problems) {
            templates.insert(key.to_ascii_lowercase(), template);
        }
    }
    Templates(templates)
}

/// One template. A name that API Gateway does not have is only warned of, since the template
/// renders on AWS too; a malformed path or regular expression fails there, and is refused here.
fn template(key: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Template, Problem> {
    let name = format!("{} ({key})", node.place);
    let template = Template::parse(&name, node.text()?).map_err(|error| {
        node.problem(format!(
            "the mapping template for {key} is malformed:\n{error}"
        ))
    })?;
    for lint in mapping::lints(&template) {
        match lint.kind {
            ErrorKind::Render => problems.push(
                node.problem(format!("the mapping template for {key} fails:\n{lint}"))
                    .tolerable(),
            ),
            _ => tracing::warn!("{lint}"),
        }
    }
    Ok(template)
}
