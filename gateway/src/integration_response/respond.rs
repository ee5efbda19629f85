//! Maps the backend's reply to the method response: chooses the integration response, then its
//! headers, body and status. See `docs/aws/api-gateway.md#integration-response`.

use bytes::Bytes;
use http::StatusCode;
use kit::call::Reply;
use kit::java_regex::Steps;

use crate::api::{Backend, IntegrationResponse, Templates};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::media_type;
use crate::method_response::MethodResponse;
use crate::parameter_mapping::values;
use crate::vtl::Template;

/// Steps that matching one selection pattern may take; a pattern that needs more does not match.
/// Our choice.
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

/// The method response for a reply.
///
/// # Errors
/// No integration response matches, its template or a mapping fails, or an error of SQS would be
/// mapped to a success.
pub(crate) fn respond(exchange: &mut Exchange<'_>, reply: &Reply) -> Result<MethodResponse, Fault> {
    if !reply.complete {
        return Err(exchange.misconfigured("the backend's reply is longer than the payload limit"));
    }
    let chosen = choose(exchange, reply)?;
    let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    for (name, source) in &chosen.headers {
        if let Some(value) = values(source, exchange, Some(reply))?.pop() {
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

/// Applies `$context.responseOverride` last, so this is where the final status is checked.
fn finish(
    exchange: &Exchange<'_>,
    reply: &Reply,
    status: u16,
    mut headers: Vec<(String, String)>,
    body: Bytes,
) -> Result<MethodResponse, Fault> {
    let overrides = exchange.context.response_override();
    for (name, value) in overrides.header {
        set(&mut headers, &name, value);
    }
    // MOCK answers have no trace header, and a mapped one is the definition's choice.
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
        .map_err(|_| exchange.misconfigured("the status is not valid in HTTP"))?;
    // AWS would answer 2xx here, and the message would be lost. Our choice: losing no message comes
    // before being alike.
    if status.is_success()
        && !reply.status.is_success()
        && is_sqs(&exchange.route.method.integration.backend)
    {
        let reason = format!(
            "SQS answered {}, which the mappings turn into {status}",
            reply.status
        );
        return Err(exchange.misconfigured(&reason));
    }
    Ok(MethodResponse {
        status,
        headers,
        body,
    })
}

fn is_sqs(backend: &Backend) -> bool {
    matches!(backend, Backend::Aws(uri) if uri.service == "sqs")
}

/// Sets a header under the name that API Gateway gives it.
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
