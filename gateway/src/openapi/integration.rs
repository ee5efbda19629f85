//! `x-amazon-apigateway-integration` to an [`Integration`]:
//! `docs/aws/api-gateway.md#integration-extension`.

use std::time::Duration;

use kit::document::{Fields, Node, OrCollect as _, Problem};

use super::extensions::is_foreign;
use super::integration_response::responses;
use super::parameter_mapping;
use super::template::templates;
use super::uri::{self, UriError};
use crate::api::{Backend, CacheKey, Integration, Passthrough, RequestParameter};

/// Milliseconds. AWS allows 50 to 29,000, and more for Regional APIs whose quota was raised.
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=300_000;

/// Reads an integration object; `label` names its method in messages.
pub(crate) fn read(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Integration> {
    let mut fields = node
        .fields(format!("{label}: integration"))
        .or_collect(problems)?;
    let kind = fields.required("type").or_collect(problems);
    let (uri, method) = (fields.optional("uri"), fields.optional("httpMethod"));
    let backend = kind.and_then(|kind| backend(label, kind, uri, method, problems));
    if backend == Some(Backend::Unsupported) {
        return Some(Integration::unsupported());
    }
    let request_parameters = request_parameters(label, &mut fields, problems);
    let request_templates = templates(fields.optional("requestTemplates"), problems);
    let passthrough = fields
        .optional("passthroughBehavior")
        .map(passthrough)
        .transpose()
        .or_collect(problems);
    let timeout = timeout(fields.optional("timeoutInMillis")).or_collect(problems);
    let responses = responses(label, fields.optional("responses"), problems);
    let cache_key = cache_key(label, &mut fields, problems);
    refuse_vpc_link(label, fields.optional("connectionType"), problems);
    // On AWS, the gateway assumes the role; here the credentials of the environment sign.
    fields.ignore(&["credentials", "tlsConfig", "connectionId"]);
    fields.unsupported(&[
        "contentHandling",
        "responseTransferMode",
        "integrationTarget",
    ]);
    fields.ignore_where(is_foreign);
    problems.extend(fields.finish());
    Some(Integration {
        backend: backend?,
        request_parameters,
        request_templates,
        passthrough: passthrough.flatten().unwrap_or_default(),
        content_handling: None,
        timeout: timeout?,
        responses,
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

fn request_parameters(
    label: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<RequestParameter> {
    let entries = fields.optional("requestParameters").map(Node::entries);
    let entries = entries.transpose().or_collect(problems).flatten();
    let mut parameters = Vec::new();
    for entry in entries.unwrap_or_default() {
        let read = parameter_mapping::request_parameter(label, entry, problems);
        parameters.extend(read.or_collect(problems));
    }
    parameters
}

fn refuse_vpc_link(label: &str, connection: Option<&Node>, problems: &mut Vec<Problem>) {
    if let Some(connection) = connection
        && let Some(kind) = connection.text().or_collect(problems)
        && !kind.eq_ignore_ascii_case("INTERNET")
    {
        problems.push(
            connection
                .problem(format!("{label}: VPC links are not supported"))
                .tolerable(),
        );
    }
}

fn backend(
    label: &str,
    kind: &Node,
    uri: Option<&Node>,
    method: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<Backend> {
    match kind
        .text()
        .or_collect(problems)?
        .to_ascii_lowercase()
        .as_str()
    {
        "mock" => Some(Backend::Mock),
        "aws" => {
            let missing = |what: &str| kind.problem(format!("{label}: {what}"));
            let verb =
                method.ok_or_else(|| missing("Enumeration value for HttpMethod must be non-empty"));
            let verb = verb
                .and_then(|method| verb_of(label, method))
                .or_collect(problems);
            let uri = uri
                .ok_or_else(|| missing("uri is missing"))
                .or_collect(problems)?;
            // Both are read, so that both are reported.
            let parsed = uri::parse(uri.text().or_collect(problems)?, verb.clone().flatten());
            match parsed {
                Ok(uri) => verb.map(|_| Backend::Aws(uri)),
                Err(UriError::Invalid(message)) => {
                    problems.push(uri.problem(format!("{label}: {message}")));
                    None
                }
                Err(UriError::Unsupported(message)) => {
                    problems.push(uri.problem(format!("{label}: {message}")).tolerable());
                    Some(Backend::Unsupported)
                }
            }
        }
        other @ ("aws_proxy" | "http" | "http_proxy") => {
            problems.push(
                kind.problem(format!(
                    "{label}: integrations of type {other} are not supported"
                ))
                .tolerable(),
            );
            Some(Backend::Unsupported)
        }
        other => {
            problems.push(kind.problem(format!(
                "{label}: invalid integration type {other}: expected aws or mock"
            )));
            None
        }
    }
}

/// The method towards the backend; `None` for the client's.
fn verb_of(label: &str, method: &Node) -> Result<Option<http::Method>, Problem> {
    match method.text()?.to_ascii_uppercase().as_str() {
        "ANY" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => Ok(None),
        verb => {
            let parsed = verb
                .parse()
                .map_err(|_| method.problem(format!("{label}: invalid HTTP method {verb}")));
            parsed.map(Some)
        }
    }
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
