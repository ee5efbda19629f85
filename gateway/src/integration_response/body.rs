//! The body of a method response: converted as content handling has it, and rendered. See
//! `docs/aws/api-gateway.md#response-body` and `docs/aws/api-gateway.md#payload-encodings`.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use kit::call::Reply;

use super::function::quoted;
use crate::api::{Backend, ContentHandling, IntegrationResponse, Templates};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::media_type;
use crate::payload::{NotBase64, PayloadKind, for_client, from_base64};
use crate::vtl::Template;

/// The body that `chosen` makes of a reply's.
///
/// # Errors
/// A body that is to become binary is not base64, one that is binary meets a template, or the
/// template fails.
pub(super) fn body(
    exchange: &mut Exchange<'_>,
    chosen: &IntegrationResponse,
    reply: &Reply,
) -> Result<Bytes, Fault> {
    let Some(template) = template(exchange, &chosen.templates) else {
        return converted(exchange, reply, chosen.content_handling);
    };
    // What a template makes is base64 then, of a reply that need not be: our choice, for otherwise
    // no template could make bytes.
    let is_encoded = chosen.content_handling == Some(ContentHandling::ToBinary)
        && kind(exchange, reply) != Some(PayloadKind::Binary);
    let given = if is_encoded {
        String::from_utf8_lossy(&reply.body).into_owned().into()
    } else {
        converted(exchange, reply, chosen.content_handling)?
    };
    let Ok(text) = std::str::from_utf8(&given) else {
        return Err(exchange.misconfigured(
            "a response template cannot read a binary body: set contentHandling to CONVERT_TO_TEXT",
        ));
    };
    let rendered = exchange.render(template, text)?;
    if is_encoded {
        return from_base64(rendered.trim_ascii().as_bytes()).map_err(|_| not_base64(exchange));
    }
    Ok(rendered.into())
}

/// A reply's body as its client gets it. One that is compressed stays as it is: as text, it could
/// not be read any more.
///
/// # Errors
/// A body that is to become binary is not base64.
pub(super) fn converted(
    exchange: &Exchange<'_>,
    reply: &Reply,
    handling: Option<ContentHandling>,
) -> Result<Bytes, Fault> {
    let coding = reply.headers.get(CONTENT_ENCODING);
    if coding.is_some_and(|coding| coding != "identity") {
        return Ok(reply.body.clone());
    }
    let types = &exchange.route.api.encoding.binary_types;
    let accepted = PayloadKind::of(&exchange.request.accepted_type(), types);
    let converted = for_client(&reply.body, kind(exchange, reply), accepted, handling);
    let backend = &exchange.route.method.integration.backend;
    let is_function = matches!(backend, Backend::Aws(uri) if uri.is_function());
    let converted = match converted {
        // A function's result is JSON: base64 comes as a string.
        Err(NotBase64) if is_function => quoted(&reply.body)
            .ok_or(NotBase64)
            .and_then(|text| from_base64(text.as_bytes())),
        converted => converted,
    };
    converted.map_err(|NotBase64| not_base64(exchange))
}

fn not_base64(exchange: &Exchange<'_>) -> Fault {
    exchange.misconfigured(
        "Unable to base64 decode the body: it is to become binary, and is not base64",
    )
}

/// The kind of a reply; [`None`] where the API has no binary types.
fn kind(exchange: &Exchange<'_>, reply: &Reply) -> Option<PayloadKind> {
    let types = &exchange.route.api.encoding.binary_types;
    if types.is_empty() {
        return None;
    }
    let named = reply.headers.get(CONTENT_TYPE);
    let named = named
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| "application/json".to_owned(), media_type);
    Some(PayloadKind::of(&named, types))
}

/// The response template for the client's first `Accept`ed type, else the JSON one, else the first.
fn template<'a>(exchange: &Exchange<'_>, templates: &'a Templates) -> Option<&'a Template> {
    templates
        .of(&exchange.request.accepted_type())
        .or_else(|| templates.of("application/json"))
        .or_else(|| templates.0.values().next())?
        .as_ref()
}
