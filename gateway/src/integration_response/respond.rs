//! Maps the backend's reply to the method response: chooses the integration response, then its
//! headers, body and status. See `docs/aws/api-gateway.md#integration-response`.

use bytes::Bytes;
use http::StatusCode;
use kit::call::Reply;
use kit::counted::counted;

use super::body::{body, converted};
use super::changes;
use super::function;
use super::function_result;
use super::headers::HeaderList;
use super::http_function_result;
use super::passed_on;
use crate::api::{Backend, HttpMode, IntegrationResponse, PayloadFormat};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_response::MethodResponse;
use crate::parameter_mapping::values;

/// The method response for a reply.
///
/// # Errors
/// No integration response matches, its template or a mapping fails, or an error of SQS would be
/// mapped to a success.
pub(crate) fn respond(exchange: &mut Exchange<'_>, reply: &Reply) -> Result<MethodResponse, Fault> {
    let response = unchanged(exchange, reply)?;
    check_sent(exchange, reply, response.status)?;
    changes::applied(exchange, reply, response)
}

/// The method response before the mappings of an HTTP API.
fn unchanged(exchange: &mut Exchange<'_>, reply: &Reply) -> Result<MethodResponse, Fault> {
    if !reply.complete {
        return Err(exchange.misconfigured("the backend's reply is longer than the payload limit"));
    }
    let format = exchange.route.method.integration.payload_format;
    let subject = match &exchange.route.method.integration.backend {
        Backend::LambdaProxy(_) if format == Some(PayloadFormat::Two) => {
            return http_function_result::respond(exchange, reply);
        }
        Backend::LambdaProxy(_) => return function_result::respond(exchange, reply),
        Backend::Subtype(_) => return Ok(passed_on::respond(reply, reply.body.clone())),
        Backend::Http(endpoint) if endpoint.mode == HttpMode::Proxy => {
            let handling = exchange
                .route
                .method
                .integration
                .response_for(reply.status.as_str())
                .and_then(|response| response.content_handling);
            let body = converted(exchange, reply, handling)?;
            return Ok(passed_on::respond(reply, body));
        }
        Backend::Aws(uri) if uri.is_function() => {
            function::check_invoked(exchange, reply)?;
            function::error_message(reply)
        }
        _ => reply.status.as_str().to_owned(),
    };
    let chosen = choose(exchange, reply, &subject)?;
    let mut headers = HeaderList::default();
    headers.set("Content-Type", ["application/json".to_owned()]);
    for (name, source) in &chosen.headers {
        let values = values(source, exchange, Some(reply))?;
        if !values.is_empty() {
            headers.set(name, values);
        }
    }
    let body = body(exchange, chosen, reply)?;
    finish(exchange, chosen.status, headers, body)
}

/// The integration response for a reply whose selection patterns match `subject`: its status, or
/// the error message of a function.
fn choose<'a>(
    exchange: &Exchange<'a>,
    reply: &Reply,
    subject: &str,
) -> Result<&'a IntegrationResponse, Fault> {
    let method = exchange.route.method;
    let Some(chosen) = method.integration.response_for(subject) else {
        return Err(exchange.misconfigured(&format!(
            "No match for output mapping and no default output mapping configured. Endpoint Response Status Code: {}",
            reply.status.as_str()
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

/// Applies `$context.responseOverride` last, so this is where the final status is checked.
fn finish(
    exchange: &Exchange<'_>,
    status: u16,
    mut headers: HeaderList,
    body: Bytes,
) -> Result<MethodResponse, Fault> {
    let overrides = exchange.response_override();
    for (name, value) in overrides.header {
        headers.set(&name, [value]);
    }
    // MOCK answers have no trace header, and a mapped one is the definition's choice.
    let backend = &exchange.route.method.integration.backend;
    if matches!(backend, Backend::Aws(_) | Backend::Http(_)) {
        headers.set_missing("X-Amzn-Trace-Id", &exchange.request.trace_id);
    }
    let status = overrides
        .status
        .filter(|status| (100..600).contains(status))
        .unwrap_or(status);
    let status = StatusCode::from_u16(status)
        .map_err(|_| exchange.misconfigured("the status is not valid in HTTP"))?;
    Ok(MethodResponse {
        status,
        headers: headers.into_vec(),
        body,
    })
}

/// AWS would answer 2xx here, and the message would be lost. Our choice: losing no message comes
/// before being alike.
fn check_sent(exchange: &Exchange<'_>, reply: &Reply, status: StatusCode) -> Result<(), Fault> {
    let backend = &exchange.route.method.integration.backend;
    let (Backend::Aws(uri) | Backend::Subtype(uri)) = backend else {
        return Ok(());
    };
    if !status.is_success() {
        return Ok(());
    }
    let answered = reply.status;
    let reason = match uri.service.as_str() {
        "sqs" if !answered.is_success() => format!("SQS answered {answered}"),
        "events" if !answered.is_success() => format!("EventBridge answered {answered}"),
        "events" => match refused_entries(&reply.body) {
            Some(reason) => format!("EventBridge {reason}"),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let reason = format!("{reason}, which the mappings turn into {status}");
    Err(exchange.misconfigured(&reason))
}

/// That EventBridge did not take every entry of PutEvents, in words.
fn refused_entries(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    let failed = answer
        .get("FailedEntryCount")?
        .as_u64()
        .filter(|failed| *failed > 0)?;
    let entries = answer.get("Entries").and_then(|list| list.as_array());
    let reason = entries.into_iter().flatten().find_map(|entry| {
        let text = |name: &str| entry.get(name).and_then(|value| value.as_str());
        Some(format!(
            "{}: {}",
            text("ErrorCode")?,
            text("ErrorMessage").unwrap_or_default()
        ))
    });
    let entries = counted(failed, "entry");
    Some(format!(
        "refused {entries} ({})",
        reason.unwrap_or_default()
    ))
}
