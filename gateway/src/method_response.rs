//! The method response: what the client of a method gets, and how it is written as HTTP.
//!
//! Content encoding and binary media types belong here.

use axum::body::Body;
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use crate::request_ids::RequestIds;

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MethodResponse {
    /// The status.
    pub status: StatusCode,
    /// Headers by name, of which one may have several values; `Content-Type` is always among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl MethodResponse {
    /// The response as HTTP, with the request's ids. A header whose value came from a reply or a
    /// template and is not allowed in HTTP is left out.
    pub(crate) fn into_http(self, ids: RequestIds<'_>) -> HttpResponse {
        let mut response = HttpResponse::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(value.as_bytes()),
            ) {
                response.headers_mut().append(name, value);
            }
        }
        ids.insert(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_keeps_its_headers_and_gets_its_ids() {
        let headers = [
            ("Content-Type", "text/x"),
            ("X-Amzn-RequestId", "forged"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("Bad Name", "v"),
            ("Broken", "a\nb"),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let response = MethodResponse {
            status: StatusCode::ACCEPTED,
            headers,
            body: "b".into(),
        };
        let response = response.into_http(RequestIds {
            request: "r",
            extended: "e=",
        });
        assert_eq!(response.status(), 202);
        let shown: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(
            shown,
            [
                ("content-type", "text/x"),
                ("x-amzn-requestid", "r"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
                ("x-amz-apigw-id", "e=")
            ]
        );
    }
}
