//! The lines that API Gateway writes about an execution: `docs/aws/api-gateway.md#execution-log`.

use std::time::Duration;

use bytes::Bytes;
use kit::call::{Call, Reply};
use kit::counted::counted;

use super::masking::{header_value, headers, map, query_value, url};
use super::recording::Recording;
use crate::gateway_responses::Fault;
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::stage::Route;

/// The lines about the method request.
pub(crate) fn begun(recording: &mut Recording, route: &Route<'_>, request: &Request) {
    let id = &request.request_id;
    recording.add(|| format!("Extended Request Id: {}", request.extended_request_id));
    recording.add(|| format!("Starting execution for request: {id}"));
    recording.add(|| {
        let (verb, path) = (&request.method, &route.context_path);
        format!("HTTP Method: {verb}, Resource Path: {path}")
    });
    recording.add_data(|| format!("Method request path: {}", map(route.path.iter())));
    recording.add_data(|| {
        let query = request.query.iter();
        let query = map(query.map(|(name, value)| (name, query_value(name, value))));
        format!("Method request query string: {query}")
    });
    recording.add_data(|| format!("Method request headers: {}", headers(&request.headers)));
    recording.add_data(|| {
        let body = text(&request.body);
        format!("Method request body before transformations: {body}")
    });
}

/// The lines about the integration request.
pub(crate) fn sent(recording: &mut Recording, call: &Call) {
    recording.add_data(|| format!("Endpoint request URI: {}", url(&call.url)));
    recording.add_data(|| format!("Endpoint request headers: {}", headers(&call.headers)));
    recording.add_data(|| {
        let body = text(&call.body);
        format!("Endpoint request body after transformations: {body}")
    });
    recording.add(|| format!("Sending request to {}", url(&call.url)));
}

/// The lines about the reply.
pub(crate) fn received(recording: &mut Recording, reply: &Reply, latency: Duration) {
    recording.add(|| {
        let (status, ms) = (reply.status.as_u16(), latency.as_millis());
        format!("Received response. Status: {status}, Integration latency: {ms} ms")
    });
    recording.add_data(|| format!("Endpoint response headers: {}", headers(&reply.headers)));
    recording.add_data(|| {
        let body = text(&reply.body);
        format!("Endpoint response body before transformations: {body}")
    });
}

/// The lines about the method response.
fn responded(recording: &mut Recording, response: &MethodResponse) {
    recording.add_data(|| {
        let body = text(&response.body);
        format!("Method response body after transformations: {body}")
    });
    recording.add_data(|| {
        let shown = response.headers.iter();
        let shown = map(shown.map(|(name, value)| (name, header_value(name, value.clone()))));
        format!("Method response headers: {shown}")
    });
    recording.add(|| "Successfully completed execution".to_owned());
}

/// The line about an execution that failed; the reason is [`crate::trouble`]'s to tell.
fn failed(recording: &mut Recording, fault: &Fault) {
    recording.add(|| match fault {
        Fault::ConfigurationError => {
            "Execution failed due to configuration error: Internal server error".to_owned()
        }
        Fault::IntegrationTimeout => "Execution failed due to a timeout error".to_owned(),
        Fault::IntegrationFailure => {
            "Execution failed due to an internal error: Network error communicating with endpoint"
                .to_owned()
        }
        other => format!(
            "Gateway response: {} {}",
            other.status().as_u16(),
            other.body()
        ),
    });
}

/// The last lines.
pub(crate) fn ended(recording: &mut Recording, response: &Result<MethodResponse, Fault>) {
    let status = match response {
        Ok(response) => {
            responded(recording, response);
            response.status
        }
        Err(fault) => {
            failed(recording, fault);
            fault.status()
        }
    };
    recording.add(|| format!("Method completed with status: {}", status.as_u16()));
}

/// A body as text; more than a line can hold is not looked at.
fn text(body: &Bytes) -> String {
    let shown = &body[..body.len().min(4096)];
    match std::str::from_utf8(shown) {
        Ok(text) => text.to_owned(),
        Err(error) if error.valid_up_to() + 4 > shown.len() => {
            String::from_utf8_lossy(&shown[..error.valid_up_to()]).into_owned()
        }
        Err(_) => format!("[Binary Data: {}]", counted(body.len(), "byte")),
    }
}
