//! The URL of a call to a service. See `docs/aws/api-gateway.md#integration-uri`.

use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::parameters::MappedParameters;
use crate::api::{Operation, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// What is escaped in a path parameter that goes into a path: all but RFC 3986's unreserved
/// characters, and the slash, so that a greedy parameter stays several parts.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The URL of the service, with parameters and stage variables filled in.
///
/// # Errors
/// A parameter would leave the path that the definition fixes, or there is no such URL.
pub(super) fn url(
    exchange: &Exchange<'_>,
    uri: &ServiceUri,
    mapped: &MappedParameters,
) -> Result<Url, Fault> {
    let suffix = if uri.region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let subdomain = uri
        .subdomain
        .as_ref()
        .map(|name| format!("{name}."))
        .unwrap_or_default();
    let (path, mut query) = path_and_query(exchange, &uri.operation, mapped)?;
    if !mapped.query.is_empty() {
        query = Serializer::for_suffix(query, 0)
            .extend_pairs(&mapped.query)
            .finish();
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let text = format!(
        "https://{subdomain}{}.{}.{suffix}{path}{mark}{query}",
        uri.service, uri.region
    );
    Url::parse(&text)
        .map_err(|_| exchange.misconfigured("the integration's URI is not a valid URL"))
}

/// Path and query of the operation, before parameters are mapped to the query.
fn path_and_query(
    exchange: &Exchange<'_>,
    operation: &Operation,
    mapped: &MappedParameters,
) -> Result<(String, String), Fault> {
    match operation {
        Operation::Path(path) => {
            let filled = fill(exchange, path, mapped);
            let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
            if path.split('/').any(climbs) {
                tracing::warn!(
                    request_id = %exchange.request.request_id,
                    "a parameter holds `.` or `..` and would leave the integration's path: the client gets 400"
                );
                return Err(Fault::InvalidPath);
            }
            Ok((path.to_owned(), query.to_owned()))
        }
        Operation::Action { name, query } => {
            let more = fill(exchange, query, mapped);
            let separator = if more.is_empty() { "" } else { "&" };
            Ok(("/".to_owned(), format!("Action={name}{separator}{more}")))
        }
    }
}

/// Whether a URL drops this part of a path, with the part before it: a client could then call
/// another bucket or queue than the definition fixes. Our choice: what AWS does is not documented.
fn climbs(part: &str) -> bool {
    matches!(
        part.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

/// Replaces `{name}` by mapped path parameters and `${stageVariables.name}` by stage variables. A
/// name that has no value becomes empty text.
fn fill(exchange: &Exchange<'_>, text: &str, mapped: &MappedParameters) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        if let (Some(before), Some(name)) = (
            before.strip_suffix('$'),
            name.strip_prefix("stageVariables."),
        ) {
            out += before;
            out += exchange
                .route
                .stage
                .variables
                .get(name)
                .map_or("", String::as_str);
        } else {
            out += before;
            let value = mapped
                .path
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value);
            out.extend(utf8_percent_encode(value, IN_PATH));
        }
        rest = tail;
    }
    out + rest
}
