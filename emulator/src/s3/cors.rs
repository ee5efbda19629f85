//! Requests from pages of another origin: answers preflights, and adds to every response, errors
//! included, whether the page may read it. See `docs/aws/s3.md#cors`.

pub(crate) mod rules;

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, ORIGIN,
};
use http::{Method, Request, StatusCode};
use s3s::dto::CORSConfiguration;

use super::address::target;
use super::errors::error_response;
use super::storage::buckets::Buckets;
use super::storage::setting::Setting;
use rules::CorsQuery;

const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of \
    Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
    resource's CORS spec.";

/// A request from a page of another origin.
#[derive(Debug)]
pub(crate) struct CrossOriginRequest {
    bucket: String,
    origin: String,
    method: Method,
}

impl CrossOriginRequest {
    /// `None` for a request without `Origin`, which no page sends.
    pub(crate) fn of(request: &Request<Body>) -> Option<CrossOriginRequest> {
        let origin = text(request.headers(), ORIGIN)?.to_owned();
        let (bucket, _) = target(request.headers(), request.uri());
        Some(CrossOriginRequest {
            bucket,
            origin,
            method: request.method().clone(),
        })
    }

    /// Adds to the response whether the page may read it.
    pub(crate) fn allow(&self, buckets: &Buckets, response: &mut Response) {
        let Some(configuration) = configuration(buckets, &self.bucket) else {
            return;
        };
        let asked = CorsQuery {
            origin: &self.origin,
            method: self.method.as_str(),
            headers: None,
        };
        response
            .headers_mut()
            .extend(rules::allow(&configuration, asked).unwrap_or_else(rules::vary));
    }
}

/// The response to a preflight.
pub(crate) fn preflight(buckets: &Buckets, request: &Request<Body>) -> Response {
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
    let asked = CorsQuery {
        origin,
        method,
        headers: text(headers, ACCESS_CONTROL_REQUEST_HEADERS),
    };
    match rules::allow(&configuration, asked) {
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
