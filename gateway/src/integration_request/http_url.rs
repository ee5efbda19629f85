//! The URL of an HTTP endpoint. See `docs/aws/api-gateway.md#integration-uri`.

use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};
use url::Url;

use super::changes::RequestChanges;
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
    changes: &RequestChanges<'_>,
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
    let path = match changes.path().or(whole_path(exchange, endpoint)) {
        Some(path) => whole(path),
        None => fill::parameters(path, &mapped.path, in_path)?,
    };
    if path.split('/').any(fill::climbs) {
        return Err(exchange.leaves_path());
    }
    let in_query = |value: &str| Ok::<_, Fault>(fill::in_query(value));
    let mut query = fill::parameters(query, &mapped.path, in_query)?;
    if endpoint.mode == HttpMode::Proxy {
        query = fill::with_pairs(query, &changes.query(&exchange.request.query));
    }
    query = fill::with_pairs(query, &mapped.query);
    let mark = if query.is_empty() { "" } else { "?" };
    Url::parse(&format!("{scheme}://{authority}{path}{mark}{query}")).map_err(|_| invalid())
}

/// The path that a backend behind the VPC link of an HTTP API gets, whose URI is a listener and has
/// none: the request's, with the stage. [`None`] for every other endpoint.
fn whole_path<'e>(exchange: &'e Exchange<'_>, endpoint: &HttpEndpoint) -> Option<&'e str> {
    endpoint
        .is_listener
        .then_some(exchange.request.path.as_str())
}

/// A path that stands for all of it, escaped where it is not yet.
fn whole(path: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let path = percent_encode(&decoded, IN_PATH).to_string();
    match path.starts_with('/') {
        true => path,
        false => format!("/{path}"),
    }
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
