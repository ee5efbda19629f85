//! A client's request as a value: what templates, mappings and `$context` are made of.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use kit::serve::TlsPeer;
use kit::time::Timestamp;

use crate::api::{Api, ApiProtocol, EndpointType};
use crate::vpc_endpoints::VpcEndpoint;

/// One client request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, after `X-HTTP-Method-Override`.
    pub method: Method,
    /// The method as it was sent.
    pub sent_method: Method,
    /// The raw path, still percent-encoded.
    pub path: String,
    /// The query string as it was sent.
    pub raw_query: String,
    /// Query parameters in order, decoded; `;` separates like `&`.
    pub query: Vec<(String, String)>,
    /// All headers.
    pub headers: HeaderMap,
    /// The payload.
    pub body: Bytes,
    /// The payload as it was sent, where that was with a `Content-Encoding`.
    pub sent_body: Option<Bytes>,
    /// The immediate peer, or the client that trusted proxies name.
    pub source_ip: IpAddr,
    /// The VPC endpoint through which it came.
    pub vpc_endpoint: Option<VpcEndpoint>,
    /// What TLS says of the client.
    pub tls: Option<Arc<TlsPeer>>,
    /// When the request arrived.
    pub received: Timestamp,
    /// `$context.requestId`, also the answer's `x-amzn-RequestId`.
    pub request_id: String,
    /// Whether the client sent another id, which is none.
    pub has_replaced_id: bool,
    /// `$context.extendedRequestId`, also the answer's `x-amz-apigw-id`.
    pub extended_request_id: String,
    /// `Root=1-…`: the client's, else a new one.
    pub trace_id: String,
}

impl Request {
    /// The id that clients of such an API see: `x-amzn-RequestId`, or `apigw-requestid`.
    pub(crate) fn shown_id(&self, protocol: ApiProtocol) -> &str {
        match protocol {
            ApiProtocol::Rest => &self.request_id,
            ApiProtocol::Http => &self.extended_request_id,
        }
    }

    /// The last value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get_all(name).iter().next_back()?.to_str().ok()
    }

    /// The VPC endpoint through which it reaches an API, if that is a private one: others are
    /// reached from everywhere.
    pub fn endpoint_of(&self, api: &Api) -> Option<&VpcEndpoint> {
        let is_private = api.endpoint_type == EndpointType::Private;
        self.vpc_endpoint.as_ref().filter(|_| is_private)
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

    /// The first media type that the client accepts, without its parameters, lower case;
    /// `application/json` when it names none.
    pub fn accepted_type(&self) -> String {
        let first = self
            .header("accept")
            .and_then(|value| value.split(',').next());
        first.map_or_else(|| "application/json".to_owned(), media_type)
    }
}

/// Whether a media type, in lower case, is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The media type in front of any parameters, lower case.
pub(crate) fn media_type(value: &str) -> String {
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Splits and decodes a query string: `+` is a blank, `;` separates too, a name alone has an empty
/// value.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split([';', '&'])
        .flat_map(|pair| form_urlencoded::parse(pair.as_bytes()).into_owned())
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
    fn media_types_lose_parameters_and_case() {
        assert_eq!(
            media_type("Application/JSON; charset=utf-8"),
            "application/json"
        );
    }
}
