//! Requests of pages: preflights are answered here, and what a page may read is said on every
//! answer, also on errors.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderMap, HeaderName,
    ORIGIN,
};
use http::{Method, Request, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use s3s::dto::CORSConfiguration;

use super::cors::{self, Asked};
use super::host::bucket_of;
use super::objects::Buckets;
use super::refused::error_response;
use super::settings::Setting;

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of \
    Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
    resource's CORS spec.";

/// The bucket that a request names, by its host or its path, and whether it names an object in it.
pub(super) fn target(headers: &HeaderMap, uri: &Uri) -> (String, bool) {
    let host = host(headers, uri);
    let path = uri.path().trim_start_matches('/');
    match bucket_of(host) {
        Some(named) => (named.to_owned(), !path.is_empty()),
        None => {
            let (named, key) = path.split_once('/').unwrap_or((path, ""));
            (
                percent_decode_str(named).decode_utf8_lossy().into_owned(),
                !key.is_empty(),
            )
        }
    }
}

/// The host that a request names.
pub(super) fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> &'r str {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or_default()
}

/// The URL of an object, in the style in which the request was made.
pub(super) fn address(headers: &HeaderMap, uri: &Uri, bucket_name: &str, key: &str) -> String {
    let (host, key) = (host(headers, uri), utf8_percent_encode(key, IN_PATH));
    match bucket_of(host) {
        Some(_) => format!("http://{host}/{key}"),
        None => format!("http://{host}/{bucket_name}/{key}"),
    }
}

/// What a page's request came from, for its answer.
#[derive(Debug)]
pub(super) struct Page {
    bucket: String,
    origin: String,
    method: Method,
}

impl Page {
    /// `None` for requests that no page sends.
    pub(super) fn of(request: &Request<Body>) -> Option<Page> {
        let origin = text(request.headers(), ORIGIN)?.to_owned();
        let (bucket, _) = target(request.headers(), request.uri());
        Some(Page {
            bucket,
            origin,
            method: request.method().clone(),
        })
    }

    /// Says on the answer whether the page may read it.
    pub(super) fn say(&self, buckets: &Buckets, response: &mut Response) {
        let Some(configuration) = configuration(buckets, &self.bucket) else {
            return;
        };
        let asked = Asked {
            origin: &self.origin,
            method: self.method.as_str(),
            headers: None,
        };
        response
            .headers_mut()
            .extend(cors::allow(&configuration, asked).unwrap_or_else(cors::vary));
    }
}

/// The answer to a preflight.
pub(super) fn preflight(buckets: &Buckets, request: &Request<Body>) -> Response {
    let headers = request.headers();
    let Some(origin) = text(headers, ORIGIN) else {
        let reason = "Insufficient information. Origin request header needed.";
        return error_response(StatusCode::BAD_REQUEST, "BadRequest", reason, &[]);
    };
    let Some(method) = text(headers, ACCESS_CONTROL_REQUEST_METHOD) else {
        let reason = "Invalid Access-Control-Request-Method: null";
        return error_response(StatusCode::BAD_REQUEST, "BadRequest", reason, &[]);
    };
    let (bucket, is_object) = target(headers, request.uri());
    let kind = if is_object { "OBJECT" } else { "BUCKET" };
    let refused = |reason: &str| {
        let more = [("Method", method), ("ResourceType", kind)];
        error_response(StatusCode::FORBIDDEN, "AccessForbidden", reason, &more)
    };
    let Some(configuration) = configuration(buckets, &bucket) else {
        return refused("CORSResponse: CORS is not enabled for this bucket.");
    };
    let asked = Asked {
        origin,
        method,
        headers: text(headers, ACCESS_CONTROL_REQUEST_HEADERS),
    };
    match cors::allow(&configuration, asked) {
        Some(allowed) => {
            let mut response = Response::new(Body::empty());
            response.headers_mut().extend(allowed);
            response
        }
        None => refused(NOT_ALLOWED),
    }
}

fn configuration(buckets: &Buckets, bucket: &str) -> Option<CORSConfiguration> {
    buckets.setting(bucket, Setting::Cors).ok().flatten()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_or_path_names_the_bucket() {
        let target = |host: &str, uri: &str| {
            let request = Request::get(uri).header(HOST, host).body(()).unwrap();
            target(request.headers(), request.uri())
        };
        assert_eq!(
            target("127.0.0.1:4566", "/box/a/b?x"),
            ("box".to_owned(), true)
        );
        assert_eq!(target("127.0.0.1:4566", "/box"), ("box".to_owned(), false));
        assert_eq!(
            target("box.s3.localhost.localstack.cloud:4566", "/a"),
            ("box".to_owned(), true)
        );
        assert_eq!(
            target("box.s3.localhost.localstack.cloud:4566", "/"),
            ("box".to_owned(), false)
        );
    }
}
