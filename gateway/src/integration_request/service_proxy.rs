//! Integrations of HTTP APIs with a service by subtype: a request of the JSON protocol whose
//! members are mapped parameters. See `docs/aws/api-gateway.md#sqs-sendmessage`.

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use kit::call::Call;

use crate::api::{Integration, Operation, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::parameter_mapping::text;

/// The call of an exchange.
///
/// # Errors
/// A value lies in a body that begins like JSON and is none.
pub(super) fn call(
    exchange: &Exchange<'_>,
    integration: &Integration,
    uri: &ServiceUri,
) -> Result<Call, Fault> {
    let Some(body) = &integration.service_body else {
        return Err(exchange.misconfigured("the integration has no parameters"));
    };
    let body = body.render(|expression| {
        let text = text(expression, exchange, None);
        text.map(Option::unwrap_or_default)
    })?;
    let Operation::Action { name, .. } = &uri.operation else {
        return Err(exchange.misconfigured("the integration calls no action"));
    };
    let (target, content_type) = target(uri, name);
    let url = format!("https://{}/", uri.host());
    let header = |text: &str| {
        HeaderValue::from_str(text).map_err(|_| exchange.misconfigured("a header is not valid"))
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, header(&content_type)?);
    headers.insert(HeaderName::from_static("x-amz-target"), header(&target)?);
    let trace = header(&exchange.request.trace_id)?;
    headers.insert(HeaderName::from_static("x-amzn-trace-id"), trace);
    Ok(Call {
        method: Method::POST,
        url: url
            .parse()
            .map_err(|_| exchange.misconfigured("the region is not valid in a host name"))?,
        headers,
        body: Bytes::from(body.to_string()),
    })
}

/// `X-Amz-Target` and `Content-Type`. SQS, which API Gateway's REST APIs call by the Query
/// protocol, has a JSON protocol, too.
fn target(uri: &ServiceUri, action: &str) -> (String, String) {
    match uri.json_action(action) {
        Some(json) => (json.target, json.content_type),
        None => (
            format!("AmazonSQS.{action}"),
            "application/x-amz-json-1.0".to_owned(),
        ),
    }
}
