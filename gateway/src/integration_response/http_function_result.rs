//! The result of a function behind an HTTP API in payload format 2.0: a whole response, or what is
//! its body. See `docs/aws/api-gateway.md#functions-behind-http-apis`.

use bytes::Bytes;
use http::StatusCode;
use kit::call::Reply;
use serde_json::{Map, Value as Json};

use super::function_result::{malformed, scalar, status};
use super::headers::HeaderList;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_response::MethodResponse;
use crate::payload::from_base64;

/// The response for a function's result.
///
/// # Errors
/// The function failed, or its result is in another form.
pub(super) fn respond(exchange: &Exchange<'_>, reply: &Reply) -> Result<MethodResponse, Fault> {
    super::function::check_invoked(exchange, reply)?;
    if reply.headers.contains_key("x-amz-function-error") {
        return Err(malformed(exchange, reply, ""));
    }
    read(&reply.body).map_err(|why| malformed(exchange, reply, &why))
}

/// Reads a result: an object with a `statusCode` is a response, anything else is the body of one.
fn read(payload: &[u8]) -> Result<MethodResponse, String> {
    let json: Json =
        serde_json::from_slice(payload).map_err(|_| "the result is not valid JSON".to_owned())?;
    match json {
        Json::Object(members) if members.contains_key("statusCode") => whole(members),
        Json::String(text) => Ok(inferred(text.into())),
        _ => Ok(inferred(Bytes::copy_from_slice(payload))),
    }
}

fn inferred(body: Bytes) -> MethodResponse {
    MethodResponse {
        status: StatusCode::OK,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
    }
}

fn whole(mut members: Map<String, Json>) -> Result<MethodResponse, String> {
    let mut take = |name: &str| members.remove(name).filter(|value| !value.is_null());
    let status = status(&take("statusCode").unwrap_or_default())?;
    let mut headers = HeaderList::default();
    match take("headers") {
        None => {}
        Some(Json::Object(given)) => {
            for (name, value) in given {
                let value =
                    scalar(value).ok_or_else(|| format!("the header {name} must be a string"))?;
                headers.add(&name, value);
            }
        }
        Some(_) => return Err("headers must be an object".to_owned()),
    }
    match take("cookies") {
        None => {}
        Some(Json::Array(cookies)) => {
            for cookie in cookies {
                let cookie = scalar(cookie).ok_or("cookies must hold strings")?;
                headers.add("set-cookie", cookie);
            }
        }
        Some(_) => return Err("cookies must be a list".to_owned()),
    }
    headers.set_missing("content-type", "text/plain;charset=UTF-8");
    let body = match take("body") {
        None => String::new(),
        Some(body) => scalar(body).ok_or("body must be a string")?,
    };
    let is_base64 = take("isBase64Encoded").is_some_and(|flag| flag == Json::Bool(true));
    let body = match is_base64 {
        true => from_base64(body.as_bytes()).map_err(|_| "the body is not base64".to_owned())?,
        false => body.into(),
    };
    Ok(MethodResponse {
        status,
        headers: headers.into_vec(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status, content type, the number of cookies, and the body.
    fn shown(payload: &str) -> Result<(u16, String, usize, String), String> {
        let response = read(payload.as_bytes())?;
        let of = |name: &str| {
            let values = response.headers.iter();
            let values = values.filter(|(known, _)| known.eq_ignore_ascii_case(name));
            values.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        Ok((
            response.status.as_u16(),
            of("content-type").join("|"),
            of("set-cookie").len(),
            String::from_utf8_lossy(&response.body).into_owned(),
        ))
    }

    #[test]
    fn a_result_with_a_status_is_a_response() {
        let payload = r#"{"statusCode": 201, "headers": {"Content-Type": "text/html", "X-N": 1},
            "cookies": ["a=1", "b=2"], "body": "PGI+", "isBase64Encoded": true}"#;
        let expected = (201, "text/html".to_owned(), 2, "<b>".to_owned());
        assert_eq!(shown(payload), Ok(expected));
        let bare = (204, "text/plain;charset=UTF-8".to_owned(), 0, String::new());
        assert_eq!(shown(r#"{"statusCode": "204", "body": null}"#), Ok(bare));
    }

    #[test]
    fn any_other_result_is_the_body_of_one() {
        for (payload, body) in [
            (r#"{"a": 1.50}"#, r#"{"a": 1.50}"#),
            (r#""text""#, "text"),
            ("[1]", "[1]"),
            ("null", "null"),
        ] {
            let expected = (200, "application/json".to_owned(), 0, body.to_owned());
            assert_eq!(shown(payload), Ok(expected), "{payload}");
        }
    }

    #[test]
    fn a_malformed_result_is_told() {
        for (payload, told) in [
            ("nonsense", "not valid JSON"),
            (
                r#"{"statusCode": 42}"#,
                "statusCode must be a number from 200 to 599",
            ),
            (
                r#"{"statusCode": 200, "body": {"a": 1}}"#,
                "body must be a string",
            ),
            (
                r#"{"statusCode": 200, "headers": []}"#,
                "headers must be an object",
            ),
            (
                r#"{"statusCode": 200, "cookies": "a=1"}"#,
                "cookies must be a list",
            ),
            (
                r#"{"statusCode": 200, "body": "!", "isBase64Encoded": true}"#,
                "not base64",
            ),
        ] {
            let error = shown(payload).unwrap_err();
            assert!(error.contains(told), "{payload}: {error}");
        }
    }
}
