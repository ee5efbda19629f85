//! Payload format 2.0: what functions and authorizers behind HTTP APIs see of a request. Pure. See
//! `docs/aws/api-gateway.md#functions-behind-http-apis`.

use http::header::COOKIE;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use crate::api::{Access, AuthorizerKind};
use crate::exchange::Exchange;
use crate::method_request::Request;

/// Adds what both kinds of event have of a request, without its body. What a request does not have
/// is left out.
pub(crate) fn add_request(event: &mut Map<String, Json>, exchange: &Exchange<'_>) {
    let (route, request) = (exchange.route, exchange.request);
    let mut add = |name: &str, value: Json| event.insert(name.to_owned(), value);
    add("routeKey", route.key().into());
    add("rawPath", route.context_path.clone().into());
    add("rawQueryString", request.raw_query.clone().into());
    let cookies = cookies(request);
    if !cookies.is_empty() {
        add("cookies", cookies.into());
    }
    add("headers", joined(headers(request)));
    if !request.query.is_empty() {
        add(
            "queryStringParameters",
            joined(request.query.iter().cloned()),
        );
    }
    add("requestContext", request_context(exchange));
    let maps = [
        ("pathParameters", &route.path),
        ("stageVariables", &route.stage.variables),
    ];
    for (name, values) in maps.into_iter().filter(|(_, values)| !values.is_empty()) {
        add(name, object(values));
    }
}

fn cookies(request: &Request) -> Vec<String> {
    let all = request.headers.get_all(COOKIE).iter();
    let all = all.filter_map(|value| value.to_str().ok());
    let all = all.flat_map(|value| value.split(';'));
    all.map(|one| one.trim().to_owned()).collect()
}

/// Names are in lower case, and cookies are in a list of their own.
fn headers(request: &Request) -> impl Iterator<Item = (String, String)> {
    let headers = request.headers.iter().filter(|(name, _)| *name != COOKIE);
    headers.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    })
}

/// One value a name: several are joined by commas.
fn joined(pairs: impl Iterator<Item = (String, String)>) -> Json {
    let mut joined: IndexMap<String, String> = IndexMap::new();
    for (name, value) in pairs {
        match joined.get_mut(&name) {
            Some(known) => *known = format!("{known},{value}"),
            None => {
                joined.insert(name, value);
            }
        }
    }
    object(&joined)
}

fn object(values: &IndexMap<String, String>) -> Json {
    let values = values.iter();
    let values = values.map(|(name, value)| (name.clone(), Json::from(value.clone())));
    values.collect::<Map<_, _>>().into()
}

fn request_context(exchange: &Exchange<'_>) -> Json {
    let (route, request) = (exchange.route, exchange.request);
    let fields = exchange.context().fields();
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let mut members = Map::new();
    let mut add = |name: &str, value: Json| members.insert(name.to_owned(), value);
    add("accountId", field("accountId"));
    add("apiId", field("apiId"));
    if let Some(certificate) = fields.get("identity").and_then(|one| one.get("clientCert")) {
        add("authentication", json!({"clientCert": certificate}));
    }
    if let Some(authorizer) = authorizer(exchange, fields) {
        add("authorizer", authorizer);
    }
    add("domainName", field("domainName"));
    add("domainPrefix", field("domainPrefix"));
    let http = json!({
        "method": request.method.as_str(),
        "path": route.context_path,
        "protocol": field("protocol"),
        "sourceIp": request.source_ip.to_string(),
        "userAgent": request.header("user-agent").unwrap_or_default(),
    });
    add("http", http);
    add("requestId", field("requestId"));
    add("routeKey", route.key().into());
    add("stage", field("stage"));
    add("time", field("requestTime"));
    add("timeEpoch", field("requestTimeEpoch"));
    members.into()
}

/// What is known of the caller, under the word for how it is known.
fn authorizer(exchange: &Exchange<'_>, fields: &Map<String, Json>) -> Option<Json> {
    match &exchange.route.method.access {
        Access::Open | Access::Closed => None,
        Access::Iam => {
            let identity = fields.get("identity")?;
            let field = |name: &str| identity.get(name).cloned().unwrap_or_default();
            Some(json!({"iam": {
                "accessKey": field("accessKey"),
                "accountId": field("accountId"),
                "callerId": field("caller"),
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": field("userArn"),
                "userId": field("user"),
            }}))
        }
        Access::Authorizer { authorizer, scopes } => {
            let known = fields.get("authorizer")?;
            Some(match authorizer.kind {
                AuthorizerKind::Lambda(_) => json!({"lambda": known}),
                AuthorizerKind::Token(_) => {
                    let granted = known.get("scopes").filter(|_| !scopes.is_empty());
                    json!({"jwt": {"claims": known.get("claims")?, "scopes": granted}})
                }
            })
        }
    }
}
