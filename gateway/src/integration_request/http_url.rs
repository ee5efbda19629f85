//! The URL of an HTTP endpoint. See `docs/aws/api-gateway.md#integration-uri`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::fill;
use super::parameters::MappedParameters;
use crate::api::{HttpEndpoint, HttpMode};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// What is escaped in the path of an HTTP endpoint: all that RFC 3986 does not allow there, so that
/// `a:b@c` arrives as it was sent.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The URL, with parameters and stage variables filled in. A query holds what the URI has, then
/// what the client sent, if that is passed on, then what is mapped.
///
/// # Errors
/// A parameter would change the host or leave the path that the definition fixes, or there is no
/// such URL.
pub(super) fn url(
    exchange: &Exchange<'_>,
    endpoint: &HttpEndpoint,
    mapped: &MappedParameters,
) -> Result<Url, Fault> {
    let text = fill::stage_variables(&endpoint.uri, &exchange.route.stage.variables);
    let invalid = || exchange.misconfigured("Invalid endpoint address: the URI is not a URL");
    let (scheme, rest) = text.split_once("://").ok_or_else(invalid)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));

    let authority = fill::parameters(authority, &mapped.path, part_of_host)?;
    let in_path = |value: &str| Ok::<_, Fault>(utf8_percent_encode(value, IN_PATH).to_string());
    let path = fill::parameters(path, &mapped.path, in_path)?;
    if path.split('/').any(fill::climbs) {
        return Err(exchange.leaves_path());
    }
    let in_query = |value: &str| Ok::<_, Fault>(fill::in_query(value));
    let mut query = fill::parameters(query, &mapped.path, in_query)?;
    if endpoint.mode == HttpMode::Proxy {
        query = fill::with_pairs(query, &exchange.request.query);
    }
    query = fill::with_pairs(query, &mapped.query);
    let mark = if query.is_empty() { "" } else { "?" };
    Url::parse(&format!("{scheme}://{authority}{path}{mark}{query}")).map_err(|_| invalid())
}

/// A parameter in the place of a part of the host. Anything that could end the host there would
/// let the client choose it.
fn part_of_host(value: &str) -> Result<String, Fault> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if value.bytes().all(is_known) {
        Ok(value.to_owned())
    } else {
        Err(Fault::InvalidPath)
    }
}
