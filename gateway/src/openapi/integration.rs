//! `x-amazon-apigateway-integration` to an [`Integration`]:
//! `docs/aws/api-gateway.md#integration-extension`.

use std::time::Duration;

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::backend::BackendReader;
use super::encoding::handling;
use super::extensions::is_foreign;
use super::identity::identity;
use super::integration_response::responses;
use super::parameter_mapping;
use super::template::templates;
use crate::api::{Backend, CacheKey, HttpMappings, Integration, Passthrough, RequestParameter};

/// Milliseconds. AWS allows 50 to 29,000, and more for Regional APIs whose quota was raised.
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=300_000;

/// Reads an integration object; `label` names its method in messages.
pub(crate) fn read(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Integration> {
    let mut fields = node
        .fields(format!("{label}: integration"))
        .or_collect(problems)?;
    let kind = fields.required("type").or_collect(problems);
    let reader = BackendReader::new(label, &mut fields, problems);
    let backend = kind.and_then(|kind| reader.read(kind));
    let identity = identity(label, fields.optional("credentials"), problems);
    let place = Some(node.place.clone());
    if backend == Some(Backend::Unsupported) {
        return Some(Integration::unsupported());
    }
    let request_parameters = request_parameters(label, backend.as_ref(), &mut fields, problems);
    let request_templates = templates(fields.optional("requestTemplates"), problems);
    let passthrough = fields
        .optional("passthroughBehavior")
        .map(passthrough)
        .transpose()
        .or_collect(problems);
    let content_handling = handling(fields.optional("contentHandling")).or_collect(problems);
    let timeout = timeout(fields.optional("timeoutInMillis")).or_collect(problems);
    let responses = responses(label, fields.optional("responses"), problems);
    let cache_key = cache_key(label, &mut fields, problems);
    fields.unsupported(&["responseTransferMode", "integrationTarget"]);
    fields.ignore_where(is_foreign);
    problems.extend(fields.finish());
    Some(Integration {
        backend: backend?,
        identity: identity?,
        request_parameters,
        http_mappings: HttpMappings::default(),
        request_templates,
        passthrough: passthrough.flatten().unwrap_or_default(),
        content_handling: content_handling?,
        timeout: timeout?,
        responses,
        service_body: None,
        payload_format: None,
        place,
        cache_key,
    })
}

/// `cacheNamespace` and `cacheKeyParameters`.
fn cache_key(label: &str, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> CacheKey {
    let namespace = fields
        .optional("cacheNamespace")
        .and_then(|node| node.text().or_collect(problems));
    let parameters = fields
        .optional("cacheKeyParameters")
        .and_then(|node| node.list().or_collect(problems));
    let parameters = parameters.unwrap_or_default().iter();
    CacheKey {
        namespace: namespace.map(ToOwned::to_owned),
        parameters: parameters
            .filter_map(|node| {
                parameter_mapping::cache_key_parameter(label, node).or_collect(problems)
            })
            .collect(),
    }
}

/// The request parameter mappings. API Gateway takes a mapping to a reserved header, and then
/// answers every request with 500.
fn request_parameters(
    label: &str,
    backend: Option<&Backend>,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<RequestParameter> {
    let entries = fields.optional("requestParameters").map(Node::entries);
    let entries = entries.transpose().or_collect(problems).flatten();
    let mut parameters = Vec::new();
    for entry in entries.unwrap_or_default() {
        let read = parameter_mapping::request_parameter(label, entry).or_collect(problems);
        let reserved = read
            .as_ref()
            .filter(|parameter| backend.is_some_and(|backend| parameter.is_reserved(backend)));
        if let Some(RequestParameter { name, .. }) = reserved {
            let message = format!(
                "{label}: the header {name} is reserved: every request is answered with 500"
            );
            tracing::warn!("{}", entry.place.problem(message));
        }
        parameters.extend(read);
    }
    parameters
}

fn timeout(node: Option<&Node>) -> Result<Duration, Problem> {
    let millis = node.map_or(Ok(29_000), |node| node.integer_in(TIMEOUTS))?;
    Ok(Duration::from_millis(millis.unsigned_abs()))
}

fn passthrough(node: &Node) -> Result<Passthrough, Problem> {
    match node.text()?.to_ascii_lowercase().as_str() {
        "when_no_match" => Ok(Passthrough::WhenNoMatch),
        "when_no_templates" => Ok(Passthrough::WhenNoTemplates),
        "never" => Ok(Passthrough::Never),
        other => Err(node.problem(format!("invalid passthroughBehavior {other}: expected when_no_match, when_no_templates or never"))),
    }
}
