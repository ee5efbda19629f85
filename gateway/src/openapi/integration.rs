//! `x-amazon-apigateway-integration` to an [`Integration`]:
//! `docs/aws/api-gateway.md#integration-extension`.

use std::time::Duration;

use indexmap::IndexMap;
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};
use kit::java_regex::Regex;

use super::uri::{self, UriError};
use super::{expression, is_foreign};
use crate::api::{Backend, Integration, IntegrationResponse, Passthrough, Templates};
use crate::mapping;
use crate::vtl::{ErrorKind, Template};

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
    let parameters = fields
        .optional("requestParameters")
        .map(Node::entries)
        .transpose()
        .or_collect(problems);
    let parameters = parameters
        .flatten()
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| {
            let read = expression::request_parameter(label, entry, problems);
            read.or_collect(problems)
        });
    let request_parameters = parameters.collect();
    let request_templates = templates(fields.optional("requestTemplates"), problems);
    let passthrough = fields
        .optional("passthroughBehavior")
        .map(passthrough)
        .transpose()
        .or_collect(problems);
    let timeout = timeout(fields.optional("timeoutInMillis")).or_collect(problems);
    let responses = responses(label, fields.optional("responses"), problems);
    if let Some(connection) = fields.optional("connectionType")
        && let Some(kind) = connection.text().or_collect(problems)
        && !kind.eq_ignore_ascii_case("INTERNET")
    {
        problems.push(
            connection
                .problem(format!("{label}: VPC links are not supported"))
                .tolerable(),
        );
    }
    // The role is AWS's way to let the gateway in; here the environment's credentials sign.
    fields.ignore(&[
        "credentials",
        "cacheNamespace",
        "cacheKeyParameters",
        "tlsConfig",
        "connectionId",
    ]);
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
        timeout: timeout?,
        responses,
    })
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
            // One that is wrong hides nothing of the other.
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
            problems.push(kind.problem(format!("{label}: {other} is not an integration type")));
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
                .map_err(|_| method.problem(format!("{label}: {verb} is not an HTTP method")));
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
        other => Err(node.problem(format!("{other} is not a passthrough behavior"))),
    }
}

/// Templates by MIME type. An empty one means: pass the body through. See
/// `docs/aws/api-gateway.md#response-body`.
fn templates(node: Option<&Node>, problems: &mut Vec<Problem>) -> Templates {
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

/// One template. What it says that was hardly meant (a name that leads nowhere) is only warned of:
/// it renders on AWS too. A path or a regular expression that cannot be read fails there, and here.
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
                node.problem(format!(
                    "the mapping template for {key} fails:
{lint}"
                ))
                .tolerable(),
            ),
            _ => tracing::warn!("{lint}"),
        }
    }
    Ok(template)
}

/// Integration responses in the order in which they are tried: by status code, the default last.
/// AWS documents no order; this one is our choice: `docs/aws/api-gateway.md#selecting-a-response`.
fn responses(
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
        .filter_map(|header| expression::response_header(label, header).or_collect(problems))
        .collect();
    let templates = templates(fields.optional("responseTemplates"), problems);
    fields.unsupported(&["contentHandling"]);
    problems.extend(fields.finish());
    let status = u16::try_from(status?).expect("within 100 to 599");
    Some(IntegrationResponse {
        pattern: pattern?,
        status,
        headers,
        templates,
    })
}

/// A selection pattern matches the whole text. See `docs/aws/api-gateway.md#selecting-a-response`.
fn pattern(entry: &Entry) -> Result<Option<Regex>, Problem> {
    if entry.key == "default" || entry.key.is_empty() {
        return Ok(None);
    }
    let compiled = Regex::new(&entry.key).map_err(|error| {
        entry.place.problem(format!(
            "{} is not a regular expression: {error}",
            entry.key
        ))
    })?;
    Ok(Some(compiled))
}
