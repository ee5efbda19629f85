//! The event that a function behind an `AWS_PROXY` integration gets: the whole request, in the form
//! of REST APIs or in one of the two of HTTP APIs. See
//! `docs/aws/api-gateway.md#lambda-proxy-integrations` and
//! `docs/aws/api-gateway.md#functions-behind-http-apis`.

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use indexmap::IndexMap;
use kit::call::Call;
use serde_json::{Map, Value as Json, json};

use super::headers::refuse_reserved;
use super::parameters::MappedParameters;
use super::url;
use crate::api::{Integration, PayloadFormat, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::http_api;
use crate::method_request::{is_hidden, is_json, title_case};
use crate::payload::{PayloadKind, to_base64};

/// The members of `$context` that an event has under `requestContext`.
const CONTEXT: [&str; 21] = [
    "accountId",
    "apiId",
    "authorizer",
    "customDomain",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "isCanaryRequest",
    "operationName",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
    "tlsCipherSuite",
];

/// The call that invokes the function. Mappings change nothing of it, but a mapped header that is
/// reserved fails every request, as recorded.
pub(super) fn call(
    exchange: &Exchange<'_>,
    integration: &Integration,
    uri: &ServiceUri,
) -> Result<Call, Fault> {
    let mapped = MappedParameters::of(exchange, integration)?;
    for (name, _) in &mapped.headers {
        refuse_reserved(exchange, &name.to_ascii_lowercase())?;
    }
    let url = url::url(exchange, uri, &MappedParameters::default())?;
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json");
    headers.insert(ACCEPT, json.clone());
    headers.insert(CONTENT_TYPE, json);
    let agent = format!("AmazonAPIGateway_{}", exchange.route.api.id);
    for (name, value) in [
        (USER_AGENT.as_str(), agent.as_str()),
        ("x-amzn-trace-id", &exchange.request.trace_id),
    ] {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    let request = exchange.request;
    let method = uri.method.clone().unwrap_or_else(|| request.method.clone());
    let has_body = method != http::Method::GET && method != http::Method::HEAD;
    let body = if has_body {
        let event = match integration.payload_format {
            None => event(exchange, body(exchange)),
            Some(PayloadFormat::One) => first_format(exchange),
            Some(PayloadFormat::Two) => second_format(exchange),
        };
        Bytes::from(event.to_string())
    } else {
        Bytes::new()
    };
    Ok(Call {
        method,
        url,
        headers,
        body,
    })
}

/// The event of an HTTP API in payload format 1.0: that of REST APIs with its version.
fn first_format(exchange: &Exchange<'_>) -> Json {
    let mut versioned = Map::from_iter([("version".to_owned(), "1.0".into())]);
    if let Json::Object(members) = event(exchange, body_of_http_api(exchange)) {
        versioned.extend(members);
    }
    versioned.into()
}

/// The event of an HTTP API in payload format 2.0.
fn second_format(exchange: &Exchange<'_>) -> Json {
    let mut event = Map::from_iter([("version".to_owned(), "2.0".into())]);
    http_api::event::add_request(&mut event, exchange);
    let (body, is_base64) = body_of_http_api(exchange);
    if !body.is_null() {
        event.insert("body".to_owned(), body);
    }
    event.insert("isBase64Encoded".to_owned(), is_base64.into());
    event.into()
}

/// The body as an event of an HTTP API has it: base64 unless its type is a text's, and it came
/// without an encoding.
fn body_of_http_api(exchange: &Exchange<'_>) -> (Json, bool) {
    let request = exchange.request;
    if request.body.is_empty() {
        return (Json::Null, false);
    }
    let media_type = request.media_type();
    let is_text = is_json(&media_type)
        || media_type.starts_with("text/")
        || media_type.ends_with("+xml")
        || ["application/xml", "application/javascript"].contains(&media_type.as_str());
    match std::str::from_utf8(&request.body) {
        Ok(text) if is_text => (text.into(), false),
        _ => (to_base64(&request.body).into(), true),
    }
}

/// The event, its members in AWS's order, with a body that is base64 or not.
fn event(exchange: &Exchange<'_>, (body, is_base64): (Json, bool)) -> Json {
    let (request, route) = (exchange.request, exchange.route);
    let (headers, all_headers) = headers(exchange);
    let query = Grouped::of(request.query.iter().cloned());
    let path: IndexMap<_, _> = route.encoded.clone();
    json!({
        "resource": route.resource.path,
        "path": route.event_path,
        "httpMethod": request.method.as_str(),
        "headers": headers,
        "multiValueHeaders": all_headers,
        "queryStringParameters": query.last(),
        "multiValueQueryStringParameters": query.all(),
        "pathParameters": or_null(path.into_iter().map(|(name, value)| (name, value.into()))),
        "stageVariables": or_null(
            route.stage.variables.iter().map(|(name, value)| (name.clone(), value.clone().into())),
        ),
        "requestContext": request_context(exchange),
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// The body as the event has it: base64 when its type is binary.
fn body(exchange: &Exchange<'_>) -> (Json, bool) {
    let request = exchange.request;
    let types = &exchange.route.api.encoding.binary_types;
    match PayloadKind::of(&request.media_type(), types) {
        _ if request.body.is_empty() => (Json::Null, false),
        PayloadKind::Binary => (to_base64(&request.body).into(), true),
        PayloadKind::Text => (String::from_utf8_lossy(&request.body).into(), false),
    }
}

/// The client's headers, their last value and all of them.
fn headers(exchange: &Exchange<'_>) -> (Json, Json) {
    let is_seen = |name: &HeaderName, value: &HeaderValue| {
        // A signature is for the gateway, not for the function.
        let is_signature = *name == AUTHORIZATION && value.as_bytes().starts_with(b"AWS4-");
        !is_signature && !is_hidden(name.as_str())
    };
    let headers = exchange.request.headers.iter();
    let visible = headers.filter(|(name, value)| is_seen(name, value));
    let grouped = Grouped::of(visible.map(|(name, value)| {
        (
            title_case(name.as_str()),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    }));
    (grouped.last(), grouped.all())
}

fn request_context(exchange: &Exchange<'_>) -> Json {
    let fields = exchange.context().fields();
    let members = fields
        .iter()
        .filter(|(name, _)| CONTEXT.contains(&name.as_str()));
    Json::Object(
        members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// The values of each name, in order.
struct Grouped(IndexMap<String, Vec<String>>);

impl Grouped {
    fn of(pairs: impl Iterator<Item = (String, String)>) -> Grouped {
        let mut groups: IndexMap<String, Vec<String>> = IndexMap::new();
        for (name, value) in pairs {
            groups.entry(name).or_default().push(value);
        }
        Grouped(groups)
    }

    /// The last value of each name; null when there is no name.
    fn last(&self) -> Json {
        or_null(
            self.0
                .iter()
                .filter_map(|(name, values)| Some((name.clone(), values.last()?.clone().into()))),
        )
    }

    /// Every value of each name; null when there is no name.
    fn all(&self) -> Json {
        or_null(
            self.0
                .iter()
                .map(|(name, values)| (name.clone(), values.clone().into())),
        )
    }
}

fn or_null(members: impl Iterator<Item = (String, Json)>) -> Json {
    let members: Map<String, Json> = members.collect();
    if members.is_empty() {
        Json::Null
    } else {
        Json::Object(members)
    }
}
