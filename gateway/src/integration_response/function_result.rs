//! The result of a function behind an `AWS_PROXY` integration, in payload format 1.0, and the
//! method response that it is. See `docs/aws/api-gateway.md#lambda-proxy-integrations`.

use bytes::Bytes;
use http::StatusCode;
use kit::call::Reply;
use serde_json::{Map, Value as Json};

use super::headers::HeaderList;
use crate::api::ApiProtocol;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_response::MethodResponse;
use crate::payload::{PayloadKind, from_base64};
use crate::trouble::Trouble;

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FunctionResult {
    status: StatusCode,
    /// By the names that the function wrote; names may repeat.
    headers: Vec<(String, String)>,
    body: String,
    is_base64: bool,
}

/// The method response for a function's result.
///
/// # Errors
/// The function failed, its result is in another form, or its body is not the base64 that it says.
pub(super) fn respond(exchange: &Exchange<'_>, reply: &Reply) -> Result<MethodResponse, Fault> {
    super::function::check_invoked(exchange, reply)?;
    let result =
        FunctionResult::read(&reply.body).map_err(|why| malformed(exchange, reply, &why))?;
    let mut headers = HeaderList::default();
    for (name, value) in result.headers {
        headers.add(&name, value);
    }
    headers.set_missing("Content-Type", "application/json");
    headers.set_missing("X-Amzn-Trace-Id", &exchange.request.trace_id);
    let types = &exchange.route.api.encoding.binary_types;
    let accepted = PayloadKind::of(&exchange.request.accepted_type(), types);
    let body = if result.is_base64 && accepted == PayloadKind::Binary {
        from_base64(result.body.as_bytes()).map_err(|_| {
            exchange.misconfigured("Unable to base64 decode the body that the function returned")
        })?
    } else {
        Bytes::from(result.body)
    };
    Ok(MethodResponse {
        status: result.status,
        headers: headers.into_vec(),
        body,
    })
}

/// Reports why a function's result cannot be an answer. The result itself may hold secrets.
pub(super) fn malformed(exchange: &Exchange<'_>, reply: &Reply, why: &str) -> Fault {
    let reason = if reply.headers.contains_key("x-amz-function-error") {
        "the function failed: see its own log".to_owned()
    } else {
        format!("Malformed Lambda proxy response: {why}")
    };
    let resource = &exchange.route.resource.path;
    let status = match exchange.route.api.protocol {
        ApiProtocol::Rest => 502,
        ApiProtocol::Http => 500,
    };
    Trouble::FunctionFailed.report(
        exchange.request_id(),
        format!("{resource}: {reason}: the client gets {status}"),
    );
    Fault::MalformedFunctionResponse
}

impl FunctionResult {
    /// Reads a result. No member is mandatory, and no others are allowed.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(payload: &[u8]) -> Result<FunctionResult, String> {
        let json = serde_json::from_slice(payload)
            .map_err(|_| "the result is not valid JSON".to_owned())?;
        let Json::Object(members) = json else {
            return Err("the result must be an object".to_owned());
        };
        let mut result = FunctionResult {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: String::new(),
            is_base64: false,
        };
        let (mut single, mut multiple) = (Map::new(), Map::new());
        for (name, value) in members {
            match (name.as_str(), value) {
                (
                    "statusCode" | "headers" | "multiValueHeaders" | "body" | "isBase64Encoded",
                    Json::Null,
                ) => {}
                ("statusCode", value) => result.status = status(&value)?,
                ("headers", Json::Object(headers)) => single = headers,
                ("multiValueHeaders", Json::Object(headers)) => multiple = headers,
                ("body", value) => {
                    result.body = scalar(value).ok_or("body must be a string")?;
                }
                ("isBase64Encoded", value) => {
                    result.is_base64 = match scalar(value).as_deref() {
                        Some("true") => true,
                        Some("false") => false,
                        _ => return Err("isBase64Encoded must be true or false".to_owned()),
                    };
                }
                ("headers" | "multiValueHeaders", _) => {
                    return Err(format!("{name} must be an object"));
                }
                (name, _) => {
                    let name = crate::trouble::printable(name);
                    return Err(format!("unknown member {name}"));
                }
            }
        }
        result.headers = merged(single, multiple)?;
        Ok(result)
    }
}

/// A whole number, or text that is one.
pub(super) fn status(value: &Json) -> Result<StatusCode, String> {
    let number = match value {
        Json::String(text) => text.trim().parse().ok(),
        Json::Number(number) => number
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .or_else(|| number.as_f64().map(|number| number as u16)),
        _ => None,
    };
    number
        .filter(|status| (200..600).contains(status))
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| "statusCode must be a number from 200 to 599".to_owned())
}

/// Text; numbers and booleans as they are written.
pub(super) fn scalar(value: Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// All headers in one list: of a name that both have, the many values and then the single one,
/// unless it is among them.
fn merged(
    single: Map<String, Json>,
    multiple: Map<String, Json>,
) -> Result<Vec<(String, String)>, String> {
    let wrong = |name: &str| {
        let name = crate::trouble::printable(name);
        format!("the header {name} must be a string")
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, values) in multiple {
        let Json::Array(values) = values else {
            return Err(wrong(&name));
        };
        for value in values {
            let value = scalar(value).ok_or_else(|| wrong(&name))?;
            headers.push((name.clone(), value));
        }
    }
    for (name, value) in single {
        if value.is_null() {
            continue;
        }
        let value = scalar(value).ok_or_else(|| wrong(&name))?;
        let is_there = headers
            .iter()
            .any(|(known, other)| known.eq_ignore_ascii_case(&name) && *other == value);
        if !is_there {
            headers.push((name, value));
        }
    }
    Ok(headers)
}
