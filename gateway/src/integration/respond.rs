//! The second half: a reply to the response for the client. See
//! `docs/aws/api-gateway.md#integration-response`.

use bytes::Bytes;
use http::StatusCode;
use kit::call::Reply;
use kit::java_regex::Steps;

use super::{Exchange, Response, source};
use crate::api::{Backend, IntegrationResponse, Templates};
use crate::fault::Fault;
use crate::request::media_type;
use crate::vtl::Template;

/// Steps of matching one selection pattern; one that needs more does not match. Our choice.
const SELECTION_STEPS: u64 = 100_000;

/// Mapped names that come out as `x-amzn-Remapped-<name>`:
/// `docs/aws/api-gateway.md#response-headers`.
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

const TRACE: &str = "X-Amzn-Trace-Id";

pub(super) fn respond(exchange: &mut Exchange<'_>, reply: &Reply) -> Result<Response, Fault> {
    if !reply.complete {
        return Err(
            exchange.misconfigured("the integration's reply is longer than the payload limit")
        );
    }
    let chosen = choose(exchange, reply)?;
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    for (name, source) in &chosen.headers {
        if let Some(value) = source::values(source, exchange, Some(reply))?.pop() {
            set(&mut headers, name, value);
        }
    }
    let body = match template(exchange, &chosen.templates) {
        Some(template) => exchange
            .render(template, &String::from_utf8_lossy(&reply.body))?
            .into(),
        None => reply.body.clone(),
    };
    finish(exchange, reply, chosen.status, headers, body)
}

/// The integration response for a reply.
fn choose<'a>(exchange: &Exchange<'a>, reply: &Reply) -> Result<&'a IntegrationResponse, Fault> {
    let method = exchange.route.method;
    let status = reply.status.as_str();
    let fits = |response: &&IntegrationResponse| match &response.pattern {
        Some(pattern) => pattern
            .matches(status, &mut Steps(SELECTION_STEPS))
            .unwrap_or_default(),
        None => true,
    };
    let Some(chosen) = method.integration.responses.iter().find(fits) else {
        return Err(exchange.misconfigured(&format!(
            "No match for output mapping and no default output mapping configured. Endpoint Response Status Code: {status}"
        )));
    };
    if !method.statuses.is_empty() && !method.statuses.contains(&chosen.status) {
        return Err(exchange.misconfigured(&format!(
            "Output mapping refers to an invalid method response: {}",
            chosen.status
        )));
    }
    Ok(chosen)
}

/// The response template for the client's first `Accept`ed type, else the JSON one, else the first.
fn template<'a>(exchange: &Exchange<'_>, templates: &'a Templates) -> Option<&'a Template> {
    let accept = exchange
        .request
        .header("accept")
        .and_then(|value| value.split(',').next())
        .map(media_type);
    let wanted = accept.as_deref().and_then(|accept| templates.of(accept));
    wanted
        .or_else(|| templates.of("application/json"))
        .or_else(|| templates.0.values().next())?
        .as_ref()
}

/// What templates override is put in last, so the last look at the status is taken here.
fn finish(
    exchange: &Exchange<'_>,
    reply: &Reply,
    status: u16,
    mut headers: Vec<(String, String)>,
    body: Bytes,
) -> Result<Response, Fault> {
    let overrides = exchange.context.response_override();
    for (name, value) in overrides.header {
        set(&mut headers, &name, value);
    }
    // MOCK answers have none; a mapped one is the definition's choice.
    let is_set = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(TRACE));
    if !is_set && matches!(exchange.route.method.integration.backend, Backend::Aws(_)) {
        headers.push((TRACE.to_owned(), exchange.request.trace_id.clone()));
    }
    let status = overrides
        .status
        .filter(|status| (100..600).contains(status))
        .unwrap_or(status);
    let status = StatusCode::from_u16(status)
        .map_err(|_| exchange.misconfigured("the status is not one of HTTP's"))?;
    // AWS would answer 2xx here and the message would be gone. Not losing it comes before being
    // alike.
    if status.is_success()
        && !reply.status.is_success()
        && is_sqs(&exchange.route.method.integration.backend)
    {
        let reason = format!(
            "SQS answered {}, which mappings turn into {status}",
            reply.status
        );
        return Err(exchange.misconfigured(&reason));
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

fn is_sqs(backend: &Backend) -> bool {
    matches!(backend, Backend::Aws(uri) if uri.service == "sqs")
}

fn set(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    let lower = name.to_ascii_lowercase();
    if lower == "transfer-encoding" {
        return;
    }
    let name = if REMAPPED.contains(&lower.as_str()) {
        format!("x-amzn-Remapped-{name}")
    } else {
        name.to_owned()
    };
    headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(&name));
    headers.push((name, value));
}
