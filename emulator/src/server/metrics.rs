//! `/metrics`, for Prometheus. A bucket may have that name: signed requests mean the bucket,
//! unsigned ones the metrics.

use axum::response::Response;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Method, StatusCode};
use kit::registry;

use super::emulator::Emulator;
use super::response::respond;
use crate::{protocol, s3};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4";

/// Whether the metrics are asked for: by a plain GET that is not signed, at a host that names no
/// bucket.
pub(super) fn is_asked(parts: &Parts) -> bool {
    let header = |name| protocol::header(&parts.headers, name);
    let is_plain = header("authorization").is_none_or(|text| text.starts_with("Basic "));
    parts.uri.path() == "/metrics"
        && parts.uri.query().is_none()
        && matches!(parts.method, Method::GET | Method::HEAD)
        && is_plain
        && header("host").is_none_or(|host| s3::bucket_of_host(host).is_none())
}

/// All stats. Where there are credentials, they are wanted here as user and password.
pub(super) fn answer(emulator: &Emulator, parts: &Parts) -> Response {
    if emulator
        .credentials
        .as_ref()
        .is_some_and(|known| !known.is_basic(parts))
    {
        let text = "metrics need the credentials: the access key as user, the secret as password\n";
        let mut response = respond(StatusCode::UNAUTHORIZED, CONTENT_TYPE, text.to_owned());
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"emulator\""),
        );
        return response;
    }
    let text = registry::render("emulator") + &emulator.node.stats().text();
    respond(StatusCode::OK, CONTENT_TYPE, text)
}
