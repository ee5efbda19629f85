//! What AWS services answer with, as far as all of them do it alike. Pure.

use serde_json::Value;

use crate::call::Reply;

/// The code of an answer of failure: in a header, in JSON, or in XML.
pub fn error_code(reply: &Reply) -> Option<String> {
    let header = reply
        .headers
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let in_json = || match serde_json::from_slice::<Value>(&reply.body)
        .ok()?
        .get("__type")?
    {
        Value::String(code) => Some(code.clone()),
        _ => None,
    };
    let in_xml = || element(std::str::from_utf8(&reply.body).ok()?, "Code").map(str::to_owned);
    let code = header.or_else(in_json).or_else(in_xml)?;
    // `com.amazonaws.sns#NotFoundException`, and `NotFoundException:http://internal.amazon.com/…`
    // in headers.
    let code = code
        .split(':')
        .next()
        .unwrap_or_default()
        .rsplit('#')
        .next()
        .unwrap_or_default();
    Some(code.to_owned())
}

/// The message of an answer of failure: in JSON, or in XML.
pub fn error_message(reply: &Reply) -> Option<String> {
    let json: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let in_json = json.and_then(|json| {
        let names = ["message", "Message", "errorMessage"];
        let found = names.iter().find_map(|name| json.get(name)?.as_str());
        found.map(str::to_owned)
    });
    let in_xml = || element(std::str::from_utf8(&reply.body).ok()?, "Message").map(str::to_owned);
    in_json.or_else(in_xml)
}

/// The text of the first element of this name.
pub fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}
