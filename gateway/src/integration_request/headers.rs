//! The headers of a call to a service, and what those of all calls have in common. See `docs/aws/api-gateway.md#headers-to-the-backend`.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::parameters::MappedParameters;
use crate::api::{Operation, ServiceUri, is_reserved};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::trouble::printable;

/// The mapped headers, and those that API Gateway adds.
pub(super) fn headers(
    exchange: &Exchange<'_>,
    uri: &ServiceUri,
    parameters: &MappedParameters,
) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let request = exchange.request;
    let action = match &uri.operation {
        Operation::Action { name, .. } => uri.json_action(name),
        Operation::Path(_) => None,
    };
    let content_type = match &action {
        Some(action) => action.content_type.as_str(),
        None => request.header("content-type").unwrap_or("application/json"),
    };
    let agent = format!("AmazonAPIGateway_{}", exchange.route.api.id);
    for (name, text) in [
        (ACCEPT, "application/json"),
        (CONTENT_TYPE, content_type),
        (USER_AGENT, agent.as_str()),
    ] {
        let value = value(exchange, &name, text)?;
        headers.insert(name, value);
    }
    if let Some(action) = &action {
        let name = HeaderName::from_static("x-amz-target");
        let value = value(exchange, &name, &action.target)?;
        headers.insert(name, value);
    }
    for (name, value) in mapped(exchange, parameters)? {
        if name != "referer" {
            headers.insert(name, value);
        }
    }
    if let Ok(trace) = HeaderValue::from_str(&request.trace_id) {
        headers.insert("x-amzn-trace-id", trace);
    }
    Ok(headers)
}

/// The value of a header that the gateway adds.
pub(super) fn value(
    exchange: &Exchange<'_>,
    name: &HeaderName,
    text: &str,
) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|_| {
        exchange.misconfigured(&format!("the value of {name} holds control characters"))
    })
}

/// The mapped headers.
///
/// # Errors
/// One of them is reserved, or not valid in HTTP.
pub(super) fn mapped(
    exchange: &Exchange<'_>,
    parameters: &MappedParameters,
) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    let mut mapped = Vec::new();
    for (name, value) in &parameters.headers {
        let (Ok(header), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            let reason = format!("the mapped header {} is not valid in HTTP", printable(name));
            return Err(exchange.misconfigured(&reason));
        };
        refuse_reserved(exchange, header.as_str())?;
        mapped.push((header, value));
    }
    Ok(mapped)
}

/// Refuses a mapped header that API Gateway keeps for itself; its name is in lower case.
pub(super) fn refuse_reserved(exchange: &Exchange<'_>, name: &str) -> Result<(), Fault> {
    if is_reserved(name, &exchange.route.method.integration.backend) {
        let reason = format!("the header {name} is reserved and cannot be mapped");
        return Err(exchange.misconfigured(&reason));
    }
    Ok(())
}
