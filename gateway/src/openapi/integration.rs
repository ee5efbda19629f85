//! `x-amazon-apigateway-integration` to an [`Integration`]. Fact sheet section 12.2.

use std::time::Duration;

use fancy_regex::Regex;
use indexmap::IndexMap;
use kit::document::{Entry, Node, Problem};

use super::uri::{self, UriError};
use super::{expression, is_foreign};
use crate::api::{Backend, Integration, IntegrationResponse, Passthrough, Templates};
use crate::mapping;
use crate::vtl::{Kind, Template};

/// Milliseconds. AWS allows 50 to 29,000, and more for Regional APIs whose quota was raised.
const TIMEOUTS: std::ops::RangeInclusive<i64> = 50..=300_000;

/// Reads an integration object; `label` names its method in messages.
pub(crate) fn read(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Integration, Problem> {
    let mut fields = node.fields(format!("{label}: integration"))?;
    let kind = fields.required("type")?;
    let (uri, method) = (fields.optional("uri"), fields.optional("httpMethod"));
    let backend = backend(label, kind, uri, method, problems)?;
    if backend == Backend::Unsupported {
        return Ok(Integration::unsupported());
    }
    let parameters = fields.optional("requestParameters").map_or(Ok(&[][..]), Node::entries)?;
    let integration = Integration {
        backend,
        request_parameters: parameters
            .iter()
            .map(|entry| expression::request_parameter(label, entry, problems))
            .collect::<Result<_, _>>()?,
        request_templates: templates(fields.optional("requestTemplates"), problems)?,
        passthrough: fields.optional("passthroughBehavior").map_or(Ok(Passthrough::default()), passthrough)?,
        timeout: timeout(fields.optional("timeoutInMillis"))?,
        responses: responses(label, fields.optional("responses"), problems)?,
    };
    if let Some(connection) = fields.optional("connectionType")
        && !connection.text()?.eq_ignore_ascii_case("INTERNET")
    {
        problems.push(connection.problem(format!("{label}: VPC links are not supported")));
    }
    // The role is AWS's way to let the gateway in; here the environment's credentials sign.
    fields.ignore(&["credentials", "cacheNamespace", "cacheKeyParameters", "tlsConfig", "connectionId"]);
    fields.unsupported(&["contentHandling", "responseTransferMode", "integrationTarget"]);
    fields.ignore_where(is_foreign);
    problems.extend(fields.finish());
    Ok(integration)
}

fn backend(
    label: &str,
    kind: &Node,
    uri: Option<&Node>,
    method: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Result<Backend, Problem> {
    match kind.text()?.to_ascii_lowercase().as_str() {
        "mock" => Ok(Backend::Mock),
        "aws" => {
            let uri = uri.ok_or_else(|| kind.problem(format!("{label}: uri is missing")))?;
            let method = method
                .ok_or_else(|| kind.problem(format!("{label}: Enumeration value for HttpMethod must be non-empty")))?;
            match uri::parse(uri.text()?, verb(label, method)?) {
                Ok(uri) => Ok(Backend::Aws(uri)),
                Err(UriError::Invalid(message)) => Err(uri.problem(format!("{label}: {message}"))),
                Err(UriError::Unsupported(message)) => {
                    problems.push(uri.problem(format!("{label}: {message}")));
                    Ok(Backend::Unsupported)
                }
            }
        }
        other @ ("aws_proxy" | "http" | "http_proxy") => {
            problems.push(kind.problem(format!("{label}: integrations of type {other} are not supported")));
            Ok(Backend::Unsupported)
        }
        other => Err(kind.problem(format!("{label}: {other} is not an integration type"))),
    }
}

/// The method towards the backend; `None` for the client's.
fn verb(label: &str, method: &Node) -> Result<Option<http::Method>, Problem> {
    match method.text()?.to_ascii_uppercase().as_str() {
        "ANY" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => Ok(None),
        verb => {
            let parsed = verb.parse().map_err(|_| method.problem(format!("{label}: {verb} is not an HTTP method")));
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

/// Templates by MIME type. An empty one means: pass the body through. Fact sheet section 7.2.
fn templates(node: Option<&Node>, problems: &mut Vec<Problem>) -> Result<Templates, Problem> {
    let mut templates = IndexMap::new();
    for Entry { key, node, .. } in node.map_or(Ok(&[][..]), Node::entries)? {
        let template = match &node.value {
            kit::document::Value::Null => None,
            _ if node.text()?.is_empty() => None,
            _ => Some(template(key, node, problems)?),
        };
        templates.insert(key.to_ascii_lowercase(), template);
    }
    Ok(Templates(templates))
}

/// One template. What it says that was hardly meant (a name that leads nowhere) is only warned of: it renders on AWS too.
/// A path or a regular expression that cannot be read fails there, and here.
fn template(key: &str, node: &Node, problems: &mut Vec<Problem>) -> Result<Template, Problem> {
    let name = format!("{} ({key})", node.place);
    let template = Template::parse(&name, node.text()?)
        .map_err(|error| node.problem(format!("the mapping template for {key} is malformed:\n{error}")))?;
    for doubt in mapping::doubts(&template) {
        match doubt.kind {
            Kind::Render => problems.push(node.problem(format!("the mapping template for {key} fails:\n{doubt}"))),
            _ => tracing::warn!("{doubt}"),
        }
    }
    Ok(template)
}

/// Integration responses in the order in which they are tried: by status code, the default last. AWS documents no
/// order; this is the fact sheet's choice (section 7.1).
fn responses(
    label: &str,
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<IntegrationResponse>, Problem> {
    let mut responses = Vec::new();
    for entry in node.map_or(Ok(&[][..]), Node::entries)? {
        responses.push(response(label, entry, problems)?);
    }
    responses.sort_by_key(|response: &IntegrationResponse| (response.pattern.is_none(), response.status));
    Ok(responses)
}

fn response(label: &str, entry: &Entry, problems: &mut Vec<Problem>) -> Result<IntegrationResponse, Problem> {
    let mut fields = entry.node.fields(format!("{label}: response {}", entry.key))?;
    let status = fields.required("statusCode")?.integer_in(100..=599)?;
    let headers = fields.optional("responseParameters").map_or(Ok(&[][..]), Node::entries)?;
    let headers = headers.iter().map(|header| expression::response_header(label, header)).collect::<Result<_, _>>()?;
    let templates = templates(fields.optional("responseTemplates"), problems)?;
    fields.unsupported(&["contentHandling"]);
    problems.extend(fields.finish());
    let status = u16::try_from(status).expect("within 100 to 599");
    Ok(IntegrationResponse { pattern: pattern(entry)?, status, headers, templates })
}

/// A selection pattern matches the whole text. Fact sheet section 7.1.
fn pattern(entry: &Entry) -> Result<Option<Regex>, Problem> {
    if entry.key == "default" || entry.key.is_empty() {
        return Ok(None);
    }
    let anchored = format!("^(?:{})$", entry.key);
    let compiled = Regex::new(&anchored)
        .map_err(|error| entry.place.problem(format!("{} is not a regular expression: {error}", entry.key)))?;
    Ok(Some(compiled))
}
