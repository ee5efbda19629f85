//! The ids that API Gateway gives a request: how they are made, and the headers that show them.
//! See `docs/aws/api-gateway.md#response-headers`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderValue};
use kit::time::Timestamp;
use uuid::Uuid;

/// The ids that stand on every answer of an API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestIds<'a> {
    /// `x-amzn-RequestId`
    pub request: &'a str,
    /// `x-amz-apigw-id`
    pub extended: &'a str,
}

impl RequestIds<'_> {
    /// Puts the ids into the headers of an answer.
    pub(crate) fn insert(self, headers: &mut HeaderMap) {
        for (name, value) in [
            ("x-amzn-requestid", self.request),
            ("x-amz-apigw-id", self.extended),
        ] {
            headers.insert(
                name,
                HeaderValue::from_str(value).expect("ids are plain ASCII"),
            );
        }
    }
}

/// Puts the id of an HTTP API's answer in the place of a REST API's ids. See
/// `docs/aws/api-gateway.md#answers-of-http-apis`.
pub(crate) fn as_of_http_api(headers: &mut HeaderMap) {
    headers.remove("x-amzn-requestid");
    if let Some(id) = headers.remove("x-amz-apigw-id") {
        headers.insert("apigw-requestid", id);
    }
}

/// A new request id: a random UUID. It is no secret, so it needs no randomness of the system's.
pub(crate) fn new_request_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

/// A new extended request id: eleven bytes as text that ends in `=`, the form of `x-amz-apigw-id`.
pub(crate) fn new_extended_id() -> String {
    STANDARD.encode(std::array::from_fn::<u8, 11, _>(|_| fastrand::u8(..)))
}

/// A new trace id: `Root=1-{8 hex of the time}-{24 hex}`.
pub(crate) fn new_trace_id(at: Timestamp) -> String {
    format!(
        "Root=1-{:08x}-{:024x}",
        at.as_secs(),
        fastrand::u128(..) >> 32
    )
}

/// Whether a client's trace header can be continued: SQS refuses a message whose trace header is
/// malformed.
pub(crate) fn is_trace_id(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let root = text
        .split(';')
        .find_map(|field| field.trim().strip_prefix("Root=1-"));
    root.and_then(|root| root.split_once('-'))
        .is_some_and(|(time, id)| is_hex(time, 8) && is_hex(id, 24))
}
