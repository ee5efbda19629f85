//! The first half: a request to the call that API Gateway would make.
//!
//! See `docs/aws/api-gateway.md#integration-request` and
//! `docs/aws/api-gateway.md#sqs-behind-an-aws-integration`.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};
use kit::call::{Call, Reply};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use url::Url;

use super::{Exchange, Plan, source};
use crate::api::{Backend, Integration, Operation, ParameterPlace, Passthrough, ServiceUri};
use crate::fault::Fault;
use crate::request::Request;
use crate::trouble::{Trouble, fit};

/// Headers that make every call fail when they are mapped to an AWS integration:
/// `docs/aws/api-gateway.md#parameter-mappings`.
pub(crate) const RESERVED: [&str; 9] = [
    "content-length",
    "transfer-encoding",
    "x-amzn-trace-id",
    "x-amzn-apigateway-api-id",
    "authorization",
    "connection",
    "expect",
    "proxy-authenticate",
    "te",
];

/// What a path parameter keeps when it is put into a path: RFC 3986's unreserved characters, and
/// the slash, so that a greedy parameter stays several parts.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What was mapped, by place, in the order of the definition.
#[derive(Default)]
struct Mapped {
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    path: Vec<(String, String)>,
}

pub(super) fn plan(exchange: &mut Exchange<'_>) -> Result<Plan, Fault> {
    let integration = &exchange.route.method.integration;
    let mut mapped = mapped(exchange, integration)?;
    let body = body(exchange, integration)?;
    overrides(exchange, &mut mapped);
    match &integration.backend {
        Backend::Unsupported => Err(exchange.misconfigured("the integration is not supported")),
        Backend::Mock => mock(exchange, &body).map(Plan::Reply),
        Backend::Aws(uri) => {
            let body = body.into_bytes(exchange.request);
            let url = url(exchange, uri, &mapped)?;
            let method = uri
                .method
                .clone()
                .unwrap_or_else(|| exchange.request.method.clone());
            let headers = headers(exchange, &mapped)?;
            let body = if method == Method::GET || method == Method::HEAD {
                Bytes::new()
            } else {
                body
            };
            Ok(Plan::Call(Call {
                method,
                url,
                headers,
                body,
            }))
        }
    }
}

fn mapped(exchange: &Exchange<'_>, integration: &Integration) -> Result<Mapped, Fault> {
    let mut mapped = Mapped::default();
    for parameter in &integration.request_parameters {
        let place = match parameter.place {
            ParameterPlace::Header => &mut mapped.headers,
            ParameterPlace::QueryString => &mut mapped.query,
            ParameterPlace::Path => &mut mapped.path,
        };
        let values = source::values(&parameter.source, exchange, None)?;
        place.extend(
            values
                .into_iter()
                .map(|value| (parameter.name.clone(), value)),
        );
    }
    Ok(mapped)
}

/// What becomes of the client's body.
enum Payload {
    Rendered(String),
    PassedThrough,
}

impl Payload {
    fn into_bytes(self, request: &Request) -> Bytes {
        match self {
            Payload::Rendered(text) => text.into(),
            Payload::PassedThrough => request.body.clone(),
        }
    }
}

/// The body for the backend: rendered, passed through, or refused. See
/// `docs/aws/api-gateway.md#choosing-the-request-template`.
fn body(exchange: &mut Exchange<'_>, integration: &Integration) -> Result<Payload, Fault> {
    let templates = &integration.request_templates;
    let template = templates
        .of(&exchange.request.media_type())
        .or_else(|| templates.of("$default"));
    match template {
        Some(Some(template)) => {
            let request = exchange.request;
            exchange
                .render(template, &String::from_utf8_lossy(&request.body))
                .map(Payload::Rendered)
        }
        Some(None) => Ok(Payload::PassedThrough),
        None => match integration.passthrough {
            Passthrough::WhenNoMatch => Ok(Payload::PassedThrough),
            Passthrough::WhenNoTemplates if templates.0.is_empty() => Ok(Payload::PassedThrough),
            Passthrough::WhenNoTemplates | Passthrough::Never => {
                let (route, known) = (
                    &exchange.route,
                    templates.0.keys().cloned().collect::<Vec<_>>().join(", "),
                );
                let reason = format!(
                    "{} {} has no request template for content type {}, clients get 415: it has {known}; a template of \
                     that type, or the passthrough behavior WHEN_NO_MATCH, would let it in",
                    exchange.request.method,
                    route.resource.path,
                    fit(&exchange.request.media_type()),
                );
                Trouble::NoTemplate.report(&exchange.request.request_id, reason);
                Err(Fault::UnsupportedMediaType)
            }
        },
    }
}

/// `$context.requestOverride` wins over mappings of the same name:
/// `docs/aws/api-gateway.md#overrides`.
fn overrides(exchange: &Exchange<'_>, mapped: &mut Mapped) {
    let overrides = exchange.context.request_override();
    for (place, values) in [
        (&mut mapped.headers, overrides.header),
        (&mut mapped.query, overrides.querystring),
        (&mut mapped.path, overrides.path),
    ] {
        for (name, value) in values {
            place.retain(|(existing, _)| !existing.eq_ignore_ascii_case(&name));
            place.push((name, value));
        }
    }
}

/// The headers of a call to AWS: mapped ones, and what API Gateway adds. See
/// `docs/aws/api-gateway.md#headers-to-the-backend`.
fn headers(exchange: &Exchange<'_>, mapped: &Mapped) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let request = exchange.request;
    let content_type = request.header("content-type").unwrap_or("application/json");
    let agent = format!("AmazonAPIGateway_{}", exchange.route.api.id);
    for (name, value) in [
        (ACCEPT, "application/json"),
        (CONTENT_TYPE, content_type),
        (USER_AGENT, agent.as_str()),
    ] {
        let value = HeaderValue::from_str(value)
            .map_err(|_| exchange.misconfigured("a header value holds control characters"))?;
        headers.insert(name, value);
    }
    for (name, value) in &mapped.headers {
        let (name, value) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        );
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(exchange.misconfigured("a mapped header is not one that HTTP allows"));
        };
        if RESERVED.contains(&name.as_str()) {
            return Err(
                exchange.misconfigured(&format!("header {name} is reserved and cannot be mapped"))
            );
        }
        if name != "referer" {
            headers.insert(name, value);
        }
    }
    if let Ok(trace) = HeaderValue::from_str(&request.trace_id) {
        headers.insert("x-amzn-trace-id", trace);
    }
    Ok(headers)
}

/// The URL at the service. See `docs/aws/api-gateway.md#integration-uri`.
fn url(exchange: &Exchange<'_>, uri: &ServiceUri, mapped: &Mapped) -> Result<Url, Fault> {
    let suffix = if uri.region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let subdomain = uri
        .subdomain
        .as_ref()
        .map(|name| format!("{name}."))
        .unwrap_or_default();
    let (path, mut query) = match &uri.operation {
        Operation::Path(path) => {
            let filled = fill(exchange, path, mapped);
            let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
            if path.split('/').any(climbs) {
                tracing::warn!(request_id = %exchange.request.request_id, "a parameter would leave the integration's path");
                return Err(Fault::InvalidPath);
            }
            (path.to_owned(), query.to_owned())
        }
        Operation::Action { name, query } => {
            let more = fill(exchange, query, mapped);
            (
                "/".to_owned(),
                format!(
                    "Action={name}{}{more}",
                    if more.is_empty() { "" } else { "&" }
                ),
            )
        }
    };
    if !mapped.query.is_empty() {
        query = Serializer::for_suffix(query, 0)
            .extend_pairs(&mapped.query)
            .finish();
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let text = format!(
        "https://{subdomain}{}.{}.{suffix}{path}{mark}{query}",
        uri.service, uri.region
    );
    Url::parse(&text)
        .map_err(|_| exchange.misconfigured("the integration's URI does not make a URL"))
}

/// Whether a part of a path would be taken out again, with the part before it: URLs have no other
/// meaning for dots, so a client could call another bucket or queue than the definition fixes. What
/// AWS does is not documented.
fn climbs(part: &str) -> bool {
    matches!(
        part.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

/// Replaces `{name}` by path mappings and `${stageVariables.name}` by stage variables; what is
/// missing is empty.
fn fill(exchange: &Exchange<'_>, text: &str, mapped: &Mapped) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        if let (Some(before), Some(name)) = (
            before.strip_suffix('$'),
            name.strip_prefix("stageVariables."),
        ) {
            out += before;
            out += exchange
                .route
                .stage
                .variables
                .get(name)
                .map_or("", String::as_str);
        } else {
            out += before;
            let value = mapped
                .path
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value);
            out.extend(utf8_percent_encode(value, IN_PATH));
        }
        rest = tail;
    }
    out + rest
}

/// The reply of a MOCK integration: an empty body and the template's `statusCode`. What a client
/// sends without a template for it chooses nothing. See `docs/aws/api-gateway.md#mock`.
fn mock(exchange: &Exchange<'_>, payload: &Payload) -> Result<Reply, Fault> {
    let text = match payload {
        Payload::Rendered(text) => text,
        Payload::PassedThrough => "",
    };
    let status = kit::jsonpath::read_lenient(text)
        .ok()
        .as_ref()
        .and_then(|json| json.get("statusCode"))
        .and_then(Json::as_u64)
        .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let status = status.ok_or_else(|| {
        exchange.misconfigured(
            "Unable to parse statusCode. It should be an integer that is defined in the request template.",
        )
    })?;
    Ok(Reply {
        status,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        complete: true,
    })
}
