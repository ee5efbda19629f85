//! The `responses` of an integration: `docs/aws/api-gateway.md#selecting-a-response`.

use kit::document::{Entry, Node, OrCollect as _, Problem};
use kit::java_regex::Regex;

use super::encoding::handling;
use super::parameter_mapping;
use super::template::templates;
use crate::api::IntegrationResponse;

/// Integration responses in the order in which they are tried: by status code, the default last.
/// AWS documents no order; this one is our choice.
pub(super) fn responses(
    label: &str,
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Vec<IntegrationResponse> {
    let entries = node
        .map(Node::entries)
        .transpose()
        .or_collect(problems)
        .flatten()
        .unwrap_or_default();
    let mut responses: Vec<_> = entries
        .iter()
        .filter_map(|entry| response(label, entry, problems))
        .collect();
    responses.sort_by_key(|response: &IntegrationResponse| {
        (response.pattern.is_none(), response.status)
    });
    responses
}

fn response(
    label: &str,
    entry: &Entry,
    problems: &mut Vec<Problem>,
) -> Option<IntegrationResponse> {
    let pattern = pattern(entry).or_collect(problems);
    let mut fields = entry
        .node
        .fields(format!("{label}: response {}", entry.key))
        .or_collect(problems)?;
    let status = fields
        .required("statusCode")
        .and_then(|node| node.integer_in(100..=599))
        .or_collect(problems);
    let headers = fields
        .optional("responseParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    let headers = headers.flatten().unwrap_or_default().iter();
    let headers = headers
        .filter_map(|header| parameter_mapping::response_header(label, header).or_collect(problems))
        .collect();
    let templates = templates(fields.optional("responseTemplates"), problems);
    let content_handling = handling(fields.optional("contentHandling")).or_collect(problems);
    problems.extend(fields.finish());
    let status = u16::try_from(status?).expect("within 100 to 599");
    Some(IntegrationResponse {
        pattern: pattern?,
        status,
        headers,
        templates,
        content_handling: content_handling?,
    })
}

/// The selection pattern, which matches a whole status; `None` for the default response.
fn pattern(entry: &Entry) -> Result<Option<Regex>, Problem> {
    if entry.key == "default" || entry.key.is_empty() {
        return Ok(None);
    }
    let compiled = Regex::new(&entry.key).map_err(|error| {
        entry
            .place
            .problem(format!("invalid selection pattern {}: {error}", entry.key))
    })?;
    Ok(Some(compiled))
}
