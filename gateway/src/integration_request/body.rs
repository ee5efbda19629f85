//! The body for the backend: rendered, passed through, or refused. See
//! `docs/aws/api-gateway.md#choosing-the-request-template`.

use bytes::Bytes;

use crate::api::{Integration, Passthrough, Templates};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::Request;
use crate::trouble::{Trouble, printable};

/// What becomes of the client's body.
pub(super) enum RequestBody {
    /// A template made a body of it.
    Rendered(String),
    /// It goes to the backend as it is.
    PassedThrough,
}

impl RequestBody {
    /// The bytes for the backend.
    pub(super) fn into_bytes(self, request: &Request) -> Bytes {
        match self {
            RequestBody::Rendered(text) => text.into(),
            RequestBody::PassedThrough => request.body.clone(),
        }
    }
}

/// The body for the backend, by the client's content type.
///
/// # Errors
/// No template is for the content type and the body is not passed through, or the template fails.
pub(super) fn body(
    exchange: &mut Exchange<'_>,
    integration: &Integration,
) -> Result<RequestBody, Fault> {
    let templates = &integration.request_templates;
    let template = templates
        .of(&exchange.request.media_type())
        .or_else(|| templates.of("$default"));
    match template {
        Some(Some(template)) => {
            let request = exchange.request;
            exchange
                .render(template, &String::from_utf8_lossy(&request.body))
                .map(RequestBody::Rendered)
        }
        Some(None) => Ok(RequestBody::PassedThrough),
        None => match integration.passthrough {
            Passthrough::WhenNoMatch => Ok(RequestBody::PassedThrough),
            Passthrough::WhenNoTemplates if templates.0.is_empty() => {
                Ok(RequestBody::PassedThrough)
            }
            Passthrough::WhenNoTemplates | Passthrough::Never => {
                Err(no_template(exchange, templates))
            }
        },
    }
}

/// Reports that no template is for the content type, and gives the fault for it.
fn no_template(exchange: &Exchange<'_>, templates: &Templates) -> Fault {
    let request = exchange.request;
    let known: Vec<&str> = templates.0.keys().map(String::as_str).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let reason = format!(
        "{} {} has no request template for content type {}, the client gets 415 (it has {known}): \
         add a template for that type, or set passthroughBehavior to WHEN_NO_MATCH",
        request.method,
        exchange.route.resource.path,
        printable(&request.media_type()),
    );
    Trouble::NoTemplate.report(&request.request_id, reason);
    Fault::UnsupportedMediaType
}
