//! A request that a method takes, as text that can be sent, and as the gateway reads it.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kit::time::Timestamp;

use crate::method_request::Request;

/// A request that a method takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What stands in front of the address: `a1b2c3d4e5.localhost`, where another API would answer
    /// otherwise.
    pub host: Option<String>,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers, `Content-Type` among them when there is a body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// Whether only signed requests are taken: `AWS_IAM`.
    pub is_signed: bool,
}

impl Example {
    /// The request as the gateway would read it.
    pub(super) fn request(&self) -> Request {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let pair = |(name, value): &(String, String)| {
            Some((
                HeaderName::from_bytes(name.as_bytes()).ok()?,
                HeaderValue::from_str(value).ok()?,
            ))
        };
        Request {
            method: self.method.clone(),
            sent_method: self.method.clone(),
            raw_query: query.to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: self.headers.iter().filter_map(pair).collect::<HeaderMap>(),
            body: Bytes::from(self.body.clone().unwrap_or_default()),
            sent_body: None,
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            tls: None,
            received: Timestamp::from_millis(0),
            request_id: String::new(),
            has_replaced_id: false,
            vpc_endpoint: None,
            extended_request_id: String::new(),
            trace_id: String::new(),
        }
    }
}
