//! Responses to clients of other services: STS GetCallerIdentity, and an error for the rest.

use axum::response::Response;
use http::StatusCode;
use http::header::HeaderValue;
use http::request::Parts;
use kit::time::Timestamp;
use uuid::Uuid;

use super::emulator::Emulator;
use super::response::{name_request, refuse, rendering, respond};
use crate::protocol::{self, ErrorFormat, UnsupportedService};
use crate::sts;

impl Emulator {
    /// Answers STS, of which one action exists.
    pub(super) fn sts(&self, parts: &Parts, body: &[u8]) -> Response {
        let (request_id, rendering) = (Uuid::new_v4().to_string(), rendering(parts));
        let form = if protocol::is_form(&parts.headers) {
            body
        } else {
            &[]
        };
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut pairs = form_urlencoded::parse(query).chain(form_urlencoded::parse(form));
        let action = pairs
            .find(|(name, _)| name == "Action")
            .map(|(_, action)| action);
        let admitted = self.credentials.as_ref().map_or(Ok(()), |known| {
            known.verify_for("sts", parts, body, Timestamp::wall())
        });
        let mut response = match (admitted, action.as_deref()) {
            (Err(fault), _) => refuse(&fault, &request_id, rendering),
            (Ok(()), Some(sts::ACTION)) => {
                let body = sts::caller_identity(&self.caller(parts), &request_id, rendering);
                respond(StatusCode::OK, rendering.content_type(), body)
            }
            (Ok(()), action) => {
                let action = action.unwrap_or_default();
                let text = format!(
                    "STS {action} is not emulated here: of STS, only GetCallerIdentity is."
                );
                let (content_type, body) =
                    protocol::error_body(ErrorFormat::Xml, "InternalFailure", &text, &request_id);
                respond(StatusCode::NOT_IMPLEMENTED, content_type, body)
            }
        };
        name_request(&mut response, &request_id);
        response
    }
}

/// Answers for a service that does not exist here: with 501, as LocalStack does, which no SDK
/// retries.
pub(super) fn absent(service: &UnsupportedService) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let (content_type, body) = service.error(&request_id);
    let mut response = respond(StatusCode::NOT_IMPLEMENTED, content_type, body);
    response.headers_mut().insert(
        "x-amzn-errortype",
        HeaderValue::from_static("InternalFailure"),
    );
    name_request(&mut response, &request_id);
    response
}
