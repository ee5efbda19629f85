//! What Lambda answered: a function's result, an error of the function, or a refusal of Lambda
//! itself. See `docs/aws/api-gateway.md#lambda-functions`.

use kit::call::Reply;
use serde_json::Value as Json;

use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::trouble::Trouble;

/// How Lambda's message begins when a template made a payload that is not JSON.
const NOT_JSON: &str = "Could not parse request body into json";

/// Checks that Lambda ran the function, or will run it.
///
/// # Errors
/// It did not.
pub(super) fn check_invoked(exchange: &Exchange<'_>, reply: &Reply) -> Result<(), Fault> {
    if reply.status.is_success() {
        return Ok(());
    }
    let message = message(reply);
    let id = reply
        .headers
        .get("x-amzn-requestid")
        .and_then(|id| id.to_str().ok())
        .unwrap_or("unknown");
    let status = reply.status.as_u16();
    let resource = &exchange.route.resource.path;
    Trouble::FunctionFailed.report(
        exchange.request_id(),
        format!(
            "{resource}: Lambda invocation failed with status: {status}. Lambda request id: {id}. {message}"
        ),
    );
    Err(match status {
        400 if message.starts_with(NOT_JSON) => Fault::InvalidFunctionPayload(message),
        413 => Fault::FunctionPayloadTooLarge,
        _ => Fault::FunctionUnavailable,
    })
}

/// The text that selection patterns match: the `errorMessage` of a function that failed, else
/// nothing.
pub(super) fn error_message(reply: &Reply) -> String {
    let Ok(Json::Object(mut result)) = serde_json::from_slice(&reply.body) else {
        return String::new();
    };
    match result.remove("errorMessage") {
        Some(Json::String(message)) => message,
        Some(Json::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Lambda's own message in an answer of failure.
fn message(reply: &Reply) -> String {
    let json: Option<Json> = serde_json::from_slice(&reply.body).ok();
    let text = json.as_ref().and_then(|json| {
        ["message", "Message"]
            .iter()
            .find_map(|name| json.get(name)?.as_str())
    });
    text.unwrap_or_default().to_owned()
}

/// The text of a body that is one JSON string.
pub(super) fn quoted(body: &[u8]) -> Option<String> {
    serde_json::from_slice(body).ok()
}
