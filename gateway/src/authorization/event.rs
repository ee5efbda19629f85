//! What a Lambda authorizer is asked with: `docs/aws/api-gateway.md#access`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use crate::api::PayloadFormat;
use crate::exchange::Exchange;
use crate::http_api;
use crate::method_request::{is_hidden, title_case};

/// The event of a `TOKEN` authorizer.
pub(super) fn of_token(method_arn: &str, token: &str) -> Json {
    json!({"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token})
}

/// The event of a `REQUEST` authorizer: the request without its body.
pub(super) fn of_request(method_arn: &str, exchange: &Exchange<'_>) -> Json {
    let (route, request) = (exchange.route, exchange.request);
    let (headers, all_headers) = both(headers(exchange));
    let (query, all_query) = both(request.query.clone());
    json!({
        "type": "REQUEST",
        "methodArn": method_arn,
        "resource": route.resource.path,
        "path": path(exchange),
        "httpMethod": request.method.as_str(),
        "headers": headers,
        "multiValueHeaders": all_headers,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": all_query,
        "pathParameters": map(&route.path),
        "stageVariables": map(&route.stage.variables),
        "requestContext": request_context(exchange),
    })
}

/// The event of an authorizer of an HTTP API. `identity` holds the values of its identity sources.
pub(super) fn of_http_request(
    format: PayloadFormat,
    route_arn: &str,
    identity: &[String],
    exchange: &Exchange<'_>,
) -> Json {
    let mut event = Map::new();
    let mut add = |name: &str, value: Json| event.insert(name.to_owned(), value);
    match format {
        PayloadFormat::One => {
            add("version", "1.0".into());
            add("identitySource", identity.join(",").into());
            add("authorizationToken", identity.join(",").into());
            if let Json::Object(request) = of_request(route_arn, exchange) {
                event.extend(request);
            }
        }
        PayloadFormat::Two => {
            add("version", "2.0".into());
            add("type", "REQUEST".into());
            add("routeArn", route_arn.into());
            let sources = match identity {
                [] => Json::Null,
                identity => json!(identity),
            };
            add("identitySource", sources);
            http_api::event::add_request(&mut event, exchange);
        }
    }
    event.into()
}

/// The path as the client sent it, without the stage.
fn path(exchange: &Exchange<'_>) -> String {
    let (path, stage) = (&exchange.route.context_path, &exchange.route.stage.name);
    let below = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage.as_str()));
    match below {
        Some("") => "/".to_owned(),
        Some(below) if below.starts_with('/') => below.to_owned(),
        _ => path.clone(),
    }
}

fn headers(exchange: &Exchange<'_>) -> Vec<(String, String)> {
    let headers = exchange.request.headers.iter();
    headers
        .filter(|(name, _)| !is_hidden(name.as_str()))
        .filter_map(|(name, value)| {
            Some((title_case(name.as_str()), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

/// The last value of each name, and all of them.
fn both(pairs: Vec<(String, String)>) -> (Json, Json) {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    let last = all
        .iter()
        .map(|(name, values)| (name.clone(), values.last().cloned().into()));
    (last.collect::<Map<_, _>>().into(), json!(all))
}

fn map(pairs: &IndexMap<String, String>) -> Json {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()));
    pairs.collect::<Map<_, _>>().into()
}

/// `$context` but for what is not known yet, or is for templates only.
fn request_context(exchange: &Exchange<'_>) -> Json {
    let mut fields: Map<String, Json> = exchange.context().fields().clone();
    for absent in ["deploymentId", "authorizer", "error"] {
        fields.shift_remove(absent);
    }
    fields.into()
}
