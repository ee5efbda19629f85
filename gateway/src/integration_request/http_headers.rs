//! The headers of a call to an HTTP endpoint. See `docs/aws/api-gateway.md#headers-to-the-backend`.

use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};

use super::headers::{mapped, value};
use super::parameters::MappedParameters;
use crate::api::HttpMode;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// Headers of the client that are not passed on: what the call generates, and what is between the
/// client and this gateway alone.
const NOT_PASSED_ON: [&str; 16] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "expect",
    "host",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "proxy-connection",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Headers that never arrive, also when they are mapped.
const DROPPED: [&str; 4] = ["expect", "proxy-authenticate", "te", "via"];

/// The headers of the call: the client's if they are passed on, the mapped ones in their place, and
/// those that API Gateway adds.
pub(super) fn headers(
    exchange: &Exchange<'_>,
    mode: HttpMode,
    parameters: &MappedParameters,
) -> Result<HeaderMap, Fault> {
    let request = exchange.request;
    let mut headers = match mode {
        HttpMode::Proxy => passed_on(&request.headers),
        HttpMode::Mapped => HeaderMap::new(),
    };
    for (name, value) in mapped(exchange, parameters)? {
        headers.insert(name, value);
    }
    for name in DROPPED {
        headers.remove(name);
    }
    if headers.get(AUTHORIZATION).is_some_and(is_signature) {
        headers.remove(AUTHORIZATION);
    }
    let agent = format!("AmazonAPIGateway_{}", exchange.route.api.id);
    set_missing(
        &mut headers,
        ACCEPT,
        HeaderValue::from_static("application/json"),
    );
    set_missing(
        &mut headers,
        USER_AGENT,
        value(exchange, &USER_AGENT, &agent)?,
    );
    // Recorded: a GET has no content type, also where the call is a POST.
    let has_body = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(&request.method);
    if mode == HttpMode::Mapped && has_body {
        let kind = request.header("content-type").unwrap_or("application/json");
        set_missing(
            &mut headers,
            CONTENT_TYPE,
            value(exchange, &CONTENT_TYPE, kind)?,
        );
    }
    if let Ok(trace) = HeaderValue::from_str(&request.trace_id) {
        headers.insert("x-amzn-trace-id", trace);
    }
    if let Ok(api) = HeaderValue::from_str(&exchange.route.api.id) {
        headers.insert("x-amzn-apigateway-api-id", api);
    }
    Ok(headers)
}

/// The client's headers as they are passed on, without those that its `Connection` names.
fn passed_on(given: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = given
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let is_passed = |name: &HeaderName| {
        !NOT_PASSED_ON.contains(&name.as_str()) && !named.iter().any(|known| known == name.as_str())
    };
    given
        .iter()
        .filter(|(name, _)| is_passed(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A signature is for this gateway, and would be a secret to others.
fn is_signature(value: &HeaderValue) -> bool {
    value.as_bytes().starts_with(b"AWS4-HMAC-SHA256")
}

fn set_missing(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
