//! The body for the backend: rendered, passed through, or refused. See
//! `docs/aws/api-gateway.md#choosing-the-request-template`.

use bytes::Bytes;

use crate::api::{Integration, Passthrough, Templates};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::payload::{NotBase64, PayloadKind, for_integration};
use crate::trouble::{Trouble, printable};

/// What becomes of the client's body.
pub(super) enum RequestBody {
    /// A template made a body of it.
    Rendered(String),
    /// It goes to the backend without a template.
    PassedThrough(Bytes),
}

impl RequestBody {
    /// The bytes for the backend.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            RequestBody::Rendered(text) => text.into(),
            RequestBody::PassedThrough(bytes) => bytes,
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
    let template = match template {
        Some(template) => template.as_ref(),
        None => match integration.passthrough {
            Passthrough::WhenNoMatch => None,
            Passthrough::WhenNoTemplates if templates.0.is_empty() => None,
            Passthrough::WhenNoTemplates | Passthrough::Never => {
                return Err(no_template(exchange, templates));
            }
        },
    };
    let given = converted(exchange, integration)?;
    let Some(template) = template else {
        return Ok(RequestBody::PassedThrough(given));
    };
    let Ok(text) = std::str::from_utf8(&given) else {
        return Err(exchange.misconfigured(
            "a request template cannot read a binary body: set contentHandling to CONVERT_TO_TEXT",
        ));
    };
    exchange.render(template, text).map(RequestBody::Rendered)
}

/// The client's body as content handling has it: `docs/aws/api-gateway.md#payload-encodings`.
pub(super) fn converted(
    exchange: &Exchange<'_>,
    integration: &Integration,
) -> Result<Bytes, Fault> {
    let request = exchange.request;
    let types = &exchange.route.api.encoding.binary_types;
    let kind = PayloadKind::of(&request.media_type(), types);
    for_integration(&request.body, kind, integration.content_handling).map_err(|NotBase64| {
        exchange.misconfigured(
            "Unable to base64 decode the body: it is to become binary, and is not base64",
        )
    })
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
    Trouble::NoTemplate.report(exchange.request_id(), reason);
    Fault::UnsupportedMediaType
}
