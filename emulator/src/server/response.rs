//! Responses of SQS, in the form of the protocol that the request speaks.

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;

use crate::fault::Fault;
use crate::protocol::query::{self, Rendering};
use crate::protocol::{self, json};

/// A batch has 1 MiB of content at most; escaped as JSON or as a form, it can be six times as long.
pub(super) const SQS_LIMIT: usize = 8 * 1024 * 1024;

/// Adds the id of the request, which every service has in its responses.
pub(super) fn name_request(response: &mut Response, request_id: &str) {
    let id = HeaderValue::from_str(request_id).expect("a UUID is plain ASCII");
    response.headers_mut().insert("x-amzn-requestid", id);
}

pub(super) fn too_large(parts: &Parts) -> Response {
    let fault = Fault::RequestTooLarge;
    if parts.headers.contains_key("x-amz-target") {
        return refuse_json(&fault);
    }
    refuse(&fault, "", Rendering::Xml)
}

pub(super) fn rendering(parts: &Parts) -> Rendering {
    Rendering::of(protocol::header(&parts.headers, "accept"))
}

pub(super) fn refuse_json(fault: &Fault) -> Response {
    let (body, query_error) = json::fault(fault);
    let mut response = respond(status(fault), json::CONTENT_TYPE, body);
    if let Ok(value) = HeaderValue::from_str(&query_error) {
        response.headers_mut().insert("x-amzn-query-error", value);
    }
    response
}

pub(super) fn refuse(fault: &Fault, request_id: &str, rendering: Rendering) -> Response {
    respond(
        status(fault),
        rendering.content_type(),
        query::fault(fault, request_id, rendering),
    )
}

pub(super) fn status(fault: &Fault) -> StatusCode {
    StatusCode::from_u16(fault.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(super) fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response {
    (
        status,
        [(CONTENT_TYPE, HeaderValue::from_static(content_type))],
        Bytes::from(body),
    )
        .into_response()
}
