//! The headers of a call to a service. See `docs/aws/api-gateway.md#headers-to-the-backend`.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::parameters::MappedParameters;
use crate::api::is_reserved;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::trouble::printable;

/// The mapped headers, and those that API Gateway adds.
pub(super) fn headers(
    exchange: &Exchange<'_>,
    mapped: &MappedParameters,
) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let request = exchange.request;
    let content_type = request.header("content-type").unwrap_or("application/json");
    let agent = format!("AmazonAPIGateway_{}", exchange.route.api.id);
    for (name, value) in [
        (ACCEPT, "application/json"),
        (CONTENT_TYPE, content_type),
        (USER_AGENT, agent.as_str()),
    ] {
        let value = HeaderValue::from_str(value).map_err(|_| {
            exchange.misconfigured(&format!("the value of {name} holds control characters"))
        })?;
        headers.insert(name, value);
    }
    for (name, value) in &mapped.headers {
        let (Ok(header), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            let reason = format!("the mapped header {} is not valid in HTTP", printable(name));
            return Err(exchange.misconfigured(&reason));
        };
        refuse_reserved(exchange, header.as_str())?;
        if header != "referer" {
            headers.insert(header, value);
        }
    }
    if let Ok(trace) = HeaderValue::from_str(&request.trace_id) {
        headers.insert("x-amzn-trace-id", trace);
    }
    Ok(headers)
}

/// Refuses a mapped header that API Gateway keeps for itself; its name is in lower case.
pub(super) fn refuse_reserved(exchange: &Exchange<'_>, name: &str) -> Result<(), Fault> {
    if is_reserved(name, &exchange.route.method.integration.backend) {
        let reason = format!("the header {name} is reserved and cannot be mapped");
        return Err(exchange.misconfigured(&reason));
    }
    Ok(())
}
