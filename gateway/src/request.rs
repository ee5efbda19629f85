//! A request as templates, mappings and `$context` may see it.
//!
//! Values in, values out: the server fills a [`Request`] from the connection, everything after that
//! is pure.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};
use indexmap::IndexMap;
use kit::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::mapping::{HeaderCase, Parameters};
use crate::route::Route;

/// These never reach templates or mappings: `docs/aws/api-gateway.md#input`.
const HIDDEN: [&str; 12] = [
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// One client request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, after `X-HTTP-Method-Override`.
    pub method: Method,
    /// The raw path, still percent-encoded.
    pub path: String,
    /// Query parameters in order, decoded; `;` separates like `&`.
    pub query: Vec<(String, String)>,
    /// All headers.
    pub headers: HeaderMap,
    /// The payload.
    pub body: Bytes,
    /// The immediate peer.
    pub source_ip: IpAddr,
    /// When the request arrived.
    pub received: Timestamp,
    /// `$context.requestId`, also the answer's `x-amzn-RequestId`.
    pub request_id: String,
    /// `$context.extendedRequestId`, also the answer's `x-amz-apigw-id`.
    pub extended_request_id: String,
    /// `Root=1-…`: the client's, else a new one.
    pub trace_id: String,
}

impl Request {
    /// The last value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get_all(name).iter().next_back()?.to_str().ok()
    }

    /// All values of a header, joined with commas.
    pub fn all_of_header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// The last value of a query parameter.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The media type of the body without its parameters, lower case; `application/json` when none
    /// was sent.
    pub fn media_type(&self) -> String {
        self.header("content-type")
            .map_or_else(|| "application/json".to_owned(), media_type)
    }

    /// `$input.params()`. HTTP does not tell the case in which a header's name was sent, so names
    /// are shown as most clients write them (`Content-Type`), and found in whatever case a template
    /// has them.
    pub fn parameters(&self, path: &IndexMap<String, String>) -> Parameters {
        let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((
                title_case(name.as_str()),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            ))
        };
        let visible = self
            .headers
            .iter()
            .filter(|(name, _)| !is_hidden(name.as_str()));
        Parameters {
            path: path.clone(),
            querystring: self.query.iter().cloned().collect(),
            header: visible.filter_map(text).collect(),
            header_case: HeaderCase::Unknown,
        }
    }

    /// The fields of `$context`, see `docs/aws/api-gateway.md#context`; `account_id` is the
    /// owner's.
    pub fn context(&self, route: &Route<'_>, account_id: &str) -> Map<String, Json> {
        let host = self.header("host").unwrap_or_default();
        let domain = without_port(host);
        let fields = json!({
            "resourceId": route.resource.id,
            "resourcePath": route.resource.path,
            "httpMethod": self.method.as_str(),
            "extendedRequestId": self.extended_request_id,
            "requestTime": request_time(self.received),
            "path": route.context_path,
            "accountId": account_id,
            "protocol": "HTTP/1.1",
            "stage": route.stage.name,
            "domainPrefix": domain.split('.').next().unwrap_or_default(),
            "requestTimeEpoch": self.received.as_millis(),
            "requestId": self.request_id,
            "identity": self.identity(),
            "domainName": domain,
            "deploymentId": route.stage.deployment_id,
            "apiId": route.api.id,
        });
        match fields {
            Json::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// Without IAM or Cognito, only the peer and its agent are known; the other keys are there and
    /// null.
    fn identity(&self) -> Json {
        json!({
            "cognitoIdentityPoolId": null,
            "accountId": null,
            "cognitoIdentityId": null,
            "caller": null,
            "sourceIp": self.source_ip.to_string(),
            "principalOrgId": null,
            "accessKey": null,
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": null,
            "userAgent": self.header("user-agent"),
            "user": null,
        })
    }
}

/// Whether a header never reaches templates or mappings.
pub fn is_hidden(name: &str) -> bool {
    HIDDEN
        .iter()
        .any(|hidden| name.eq_ignore_ascii_case(hidden))
}

/// The media type in front of any parameters, lower case.
pub fn media_type(value: &str) -> String {
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Splits and decodes a query string: `+` is a blank, `;` separates too, a name alone has an empty
/// value.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split([';', '&'])
        .flat_map(|pair| form_urlencoded::parse(pair.as_bytes()).into_owned())
        .collect()
}

/// `10/Mar/2024:09:15:02 +0000`, the form of `$context.requestTime`.
fn request_time(at: Timestamp) -> String {
    let format =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(format).unwrap_or_default()
}

/// A host without its port; the colons of an address in brackets are its own.
fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => &host[..colon],
        _ => host,
    }
}

fn title_case(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|letter| {
            let shown = if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            };
            upper = letter == '-';
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings_decode_as_api_gateway_decodes_them() {
        let pairs = parse_query("a=1&b=x+y%20z;a=2&flag&=v");
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("a", "1"),
                ("b", "x y z"),
                ("a", "2"),
                ("flag", ""),
                ("", "v")
            ]
        );
    }

    #[test]
    fn times_have_the_form_of_the_access_log() {
        assert_eq!(
            request_time(Timestamp::from_millis(1_710_062_102_000)),
            "10/Mar/2024:09:15:02 +0000"
        );
    }

    #[test]
    fn hosts_lose_their_port() {
        for (host, expected) in [
            ("a.example:8080", "a.example"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(without_port(host), expected);
        }
    }

    #[test]
    fn media_types_lose_parameters_and_case() {
        assert_eq!(
            media_type("Application/JSON; charset=utf-8"),
            "application/json"
        );
        assert_eq!(title_case("x-amzn-trace-id"), "X-Amzn-Trace-Id");
    }
}
