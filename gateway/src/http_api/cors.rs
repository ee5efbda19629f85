//! CORS of HTTP APIs: the gateway itself answers preflights, and its headers stand in the place of
//! the backend's. See `docs/aws/api-gateway.md#cors-of-http-apis`.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use http::{Method, StatusCode};

use crate::api::Api;
use crate::method_request::Request;
use crate::method_response::MethodResponse;

/// The answer to a preflight, whatever routes the API has; `None` for any other request, and where
/// the API says nothing of CORS. [`apply`] adds the headers.
pub(crate) fn preflight(api: &Api, request: &Request) -> Option<MethodResponse> {
    let is_answered = api.cors.is_some() && is_preflight(request);
    is_answered.then(|| MethodResponse {
        status: StatusCode::NO_CONTENT,
        headers: Vec::new(),
        body: Bytes::new(),
    })
}

fn is_preflight(request: &Request) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Puts the headers of the API's CORS into an answer, in the place of those of the backend.
pub(crate) fn apply(api: &Api, request: &Request, headers: &mut HeaderMap) {
    let Some(cors) = &api.cors else {
        return;
    };
    let of_backend: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in of_backend {
        headers.remove(name);
    }
    let origin = request.header("origin").unwrap_or_default();
    let Some(allowed) = cors.allowed(origin).filter(|_| !origin.is_empty()) else {
        return;
    };
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    add(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if cors.with_credentials {
        add(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    let lists = [
        (ACCESS_CONTROL_EXPOSE_HEADERS, &cors.exposed),
        (ACCESS_CONTROL_ALLOW_METHODS, &cors.methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, &cors.headers),
    ];
    let shown = if is_preflight(request) {
        &lists[..]
    } else {
        &lists[..1]
    };
    for (name, values) in shown.iter().filter(|(_, values)| !values.is_empty()) {
        add(name.clone(), &values.join(","));
    }
    if let Some(seconds) = cors.max_age.filter(|_| is_preflight(request)) {
        add(ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
}
