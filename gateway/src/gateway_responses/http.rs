//! A fault as the HTTP response that the client gets.

use axum::body::Body;
use axum::response::Response as HttpResponse;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::fault::Fault;
use crate::request_ids::RequestIds;

/// The gateway response for a fault. Where the error arises before the API is known, it shows no
/// ids: `docs/aws/api-gateway.md#headers-of-an-error`.
pub(crate) fn gateway_response(fault: &Fault, ids: RequestIds<'_>) -> HttpResponse {
    let mut response = HttpResponse::new(Body::from(fault.body()));
    *response.status_mut() = fault.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(fault.content_type()));
    if let Some(error_type) = fault.error_type() {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        ids.insert(headers);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: RequestIds<'_> = RequestIds {
        request: "r",
        extended: "e=",
    };

    fn shown(response: &HttpResponse) -> Vec<(&str, &str)> {
        response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn a_fault_from_before_the_api_was_known_has_no_ids() {
        let response = gateway_response(&Fault::RequestTooLarge, IDS);
        assert_eq!(
            (response.status().as_u16(), shown(&response)),
            (413, vec![("content-type", "text/plain")])
        );
        let response = gateway_response(&Fault::Throttled, IDS);
        let expected = [
            ("content-type", "application/json"),
            ("x-amzn-errortype", "TooManyRequestsException"),
            ("x-amzn-requestid", "r"),
            ("x-amz-apigw-id", "e="),
        ];
        assert_eq!(
            (response.status().as_u16(), shown(&response)),
            (429, expected.to_vec())
        );
    }
}
