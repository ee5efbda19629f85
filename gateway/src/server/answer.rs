//! What the client gets, as HTTP: a mapped response, or a fault of the gateway's own.
//!
//! See `docs/aws/api-gateway.md#response-headers` and
//! `docs/aws/api-gateway.md#headers-of-an-error`.

use axum::body::Body;
use axum::response::Response as HttpResponse;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::fault::Fault;
use crate::integration::Response;

/// The ids that stand on every answer of an API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<'a> {
    /// `x-amzn-RequestId`
    pub request: &'a str,
    /// `x-amz-apigw-id`
    pub extended: &'a str,
}

/// A mapped response.
pub(super) fn written(ids: Ids<'_>, response: Response) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(response.body));
    *answer.status_mut() = response.status;
    for (name, value) in response.headers {
        // A value from a reply or a template may hold what HTTP does not allow; such a header is
        // left out.
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            answer.headers_mut().insert(name, value);
        }
    }
    generated(ids, answer.headers_mut());
    answer
}

/// A fault.
pub(super) fn refused(ids: Ids<'_>, fault: &Fault) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(fault.body()));
    *answer.status_mut() = fault.status();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(fault.content_type()));
    if let Some(error_type) = fault.error_type() {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        generated(ids, headers);
    }
    answer
}

fn generated(ids: Ids<'_>, headers: &mut HeaderMap) {
    for (name, value) in [
        ("x-amzn-requestid", ids.request),
        ("x-amz-apigw-id", ids.extended),
    ] {
        headers.insert(
            name,
            HeaderValue::from_str(value).expect("ids are plain ASCII"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: Ids<'_> = Ids {
        request: "r",
        extended: "e=",
    };

    fn shown(answer: &HttpResponse) -> Vec<(&str, &str)> {
        answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn a_response_keeps_its_headers_and_gets_its_ids() {
        let headers = [
            ("Content-Type", "text/x"),
            ("X-Amzn-RequestId", "forged"),
            ("Bad Name", "v"),
            ("Broken", "a\nb"),
        ];
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let answer = written(
            IDS,
            Response {
                status: http::StatusCode::ACCEPTED,
                headers,
                body: "b".into(),
            },
        );
        assert_eq!(answer.status(), 202);
        assert_eq!(
            shown(&answer),
            [
                ("content-type", "text/x"),
                ("x-amzn-requestid", "r"),
                ("x-amz-apigw-id", "e=")
            ]
        );
    }

    #[test]
    fn a_fault_from_before_the_api_was_known_has_no_ids() {
        let answer = refused(IDS, &Fault::RequestTooLarge);
        assert_eq!(
            (answer.status().as_u16(), shown(&answer)),
            (413, vec![("content-type", "text/plain")])
        );
        let answer = refused(IDS, &Fault::Throttled);
        let expected = [
            ("content-type", "application/json"),
            ("x-amzn-errortype", "TooManyRequestsException"),
            ("x-amzn-requestid", "r"),
            ("x-amz-apigw-id", "e="),
        ];
        assert_eq!(
            (answer.status().as_u16(), shown(&answer)),
            (429, expected.to_vec())
        );
    }
}
