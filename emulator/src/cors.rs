//! CORS for queues: pages of every origin may use them, as in LocalStack. Buckets have rules of
//! their own.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST,
    HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use http::request::Parts;

use crate::region::of_queue_host;

/// Whether a preflight is for a queue, or for SQS as a whole. A path may name a queue as well as a
/// bucket and a key: `has_bucket` knows whether there is such a bucket.
pub(crate) fn is_for_queue(parts: &Parts, has_bucket: impl FnOnce(&str) -> bool) -> bool {
    let text = |name: HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let host = text(HOST);
    let names_target = text(ACCESS_CONTROL_REQUEST_HEADERS)
        .split(',')
        .any(|name| name.trim() == "x-amz-target");
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    names_target
        || host.starts_with("sqs.")
        || of_queue_host(host).is_some()
        || match path[..] {
            [""] | ["queue", _, _, _] => true,
            [account, _] => is_account(account) && !has_bucket(account),
            _ => false,
        }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The response to a preflight.
pub(crate) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST, GET, OPTIONS"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // A star would not allow `authorization`.
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    allow(asked, headers);
    response
}

/// Allows the page that sent the request to read the response.
pub(crate) fn allow(asked: &HeaderMap, answer: &mut HeaderMap) {
    if asked.contains_key(ORIGIN) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        answer.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-amzn-requestid, x-amzn-query-error, date"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn queues_and_buckets_are_told_apart() {
        let for_queue = |host: &str, path: &str, headers: &str| {
            let request = Request::options(path)
                .header(HOST, host)
                .header(ACCESS_CONTROL_REQUEST_HEADERS, headers);
            let parts = request.body(()).unwrap().into_parts().0;
            is_for_queue(&parts, |bucket| bucket == "111111111111")
        };
        let local = "127.0.0.1:4566";
        assert!(for_queue(local, "/000000000000/q", "content-type"));
        assert!(for_queue(local, "/", "content-type"));
        assert!(for_queue(
            local,
            "/bucket",
            "authorization,content-type,x-amz-target"
        ));
        assert!(for_queue(local, "/queue/eu-west-1/000000000000/q", ""));
        assert!(for_queue(
            "sqs.eu-west-1.localhost.localstack.cloud:4566",
            "/x/y",
            ""
        ));
        assert!(!for_queue(local, "/bucket/key", "content-type"));
        assert!(!for_queue(local, "/000000000000/a/b", ""));
        assert!(
            !for_queue(local, "/111111111111/key", ""),
            "a bucket of that name exists"
        );
    }
}
