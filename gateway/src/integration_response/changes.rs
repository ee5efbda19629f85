//! What the parameter mappings of an HTTP API change of a response. See
//! `docs/aws/api-gateway.md#parameter-mappings-of-http-apis`.

use http::StatusCode;
use kit::call::Reply;

use crate::api::{MappingOperation, MappingTarget};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_response::MethodResponse;
use crate::parameter_mapping::text;

/// The response as the mappings for the answer's status make it.
///
/// # Errors
/// A mapping gives a status that is none.
pub(super) fn applied(
    exchange: &Exchange<'_>,
    reply: &Reply,
    mut response: MethodResponse,
) -> Result<MethodResponse, Fault> {
    let integration = &exchange.route.method.integration;
    for mapping in integration.http_mappings.of_status(reply.status) {
        let value = text(&mapping.value, exchange, Some(reply))?;
        let Some(value) =
            value.or((mapping.operation == MappingOperation::Remove).then(String::new))
        else {
            continue;
        };
        match &mapping.target {
            MappingTarget::StatusCode => response.status = status(exchange, &value)?,
            MappingTarget::Header(name) => {
                let name = name.as_str();
                if mapping.operation != MappingOperation::Append {
                    let is_other =
                        |(known, _): &(String, String)| !known.eq_ignore_ascii_case(name);
                    response.headers.retain(is_other);
                }
                if mapping.operation != MappingOperation::Remove {
                    response.headers.push((name.to_owned(), value));
                }
            }
            // They are not read for responses.
            MappingTarget::QueryString(_) | MappingTarget::Path => {}
        }
    }
    Ok(response)
}

fn status(exchange: &Exchange<'_>, text: &str) -> Result<StatusCode, Fault> {
    let status = text.trim().parse::<u16>().ok();
    let status = status.filter(|status| (200..600).contains(status));
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| {
        exchange.misconfigured(&format!(
            "overwrite:statuscode gives {text:?}, which is no status"
        ))
    })
}
