//! The right side of a parameter mapping, looked up in a request, its context, or the reply.

use kit::call::Reply;
use serde_json::Value as Json;

use super::Exchange;
use crate::api::Source;
use crate::fault::Fault;
use crate::request::is_hidden;

/// The values of a source: none when it is missing, in which case the target is not sent.
///
/// # Errors
/// The source is inside of a request body that begins like JSON but is not.
pub(super) fn values(
    source: &Source,
    exchange: &Exchange<'_>,
    reply: Option<&Reply>,
) -> Result<Vec<String>, Fault> {
    let request = exchange.request;
    let one = |value: Option<&str>| value.map(ToOwned::to_owned).into_iter().collect();
    Ok(match source {
        Source::Static(text) => vec![text.clone()],
        Source::Path(name) => one(exchange.parameters.path.get(name).map(String::as_str)),
        Source::QueryString(name) => one(request.query_value(name)),
        Source::MultiValueQueryString(name) => request
            .query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect(),
        Source::Header(name) | Source::MultiValueHeader(name) if is_hidden(name) => Vec::new(),
        Source::Header(name) => one(request.header(name)),
        Source::MultiValueHeader(name) => request.all_of_header(name).into_iter().collect(),
        Source::Body(None) => vec![String::from_utf8_lossy(&request.body).into_owned()],
        Source::Body(Some(path)) => {
            let found = in_json(&request.body, |json| path.lookup(json));
            found
                .map_err(|NotJson| Fault::InvalidJson)?
                .into_iter()
                .collect()
        }
        Source::StageVariable(name) => {
            one(exchange.route.stage.variables.get(name).map(String::as_str))
        }
        Source::Context(path) => exchange.context.get(path).into_iter().collect(),
        Source::ReplyHeader(name) => one(reply.and_then(|reply| {
            reply
                .headers
                .get_all(name)
                .iter()
                .next_back()?
                .to_str()
                .ok()
        })),
        Source::ReplyMultiValueHeader(name) => reply
            .into_iter()
            .flat_map(|reply| all(reply, name))
            .collect(),
        Source::ReplyBody(None) => reply
            .map(|reply| String::from_utf8_lossy(&reply.body).into_owned())
            .into_iter()
            .collect(),
        Source::ReplyBody(Some(path)) => {
            let found = reply.map(|reply| in_json(&reply.body, |json| path.lookup(json)));
            found.and_then(Result::ok).flatten().into_iter().collect()
        }
    })
}

fn all(reply: &Reply, name: &str) -> Vec<String> {
    reply
        .headers
        .get_all(name)
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.to_owned()))
        .collect()
}

/// A body that begins like JSON and cannot be read.
struct NotJson;

/// What a path finds in a body, as text: strings as they are, everything else as JSON. Text that
/// does not even begin like JSON has no values in it: `docs/aws/api-gateway.md#parameter-mappings`.
fn in_json(
    body: &[u8],
    look: impl FnOnce(&Json) -> Option<Json>,
) -> Result<Option<String>, NotJson> {
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => Ok(look(&json).and_then(text)),
        Err(_) if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) => Err(NotJson),
        Err(_) => Ok(None),
    }
}

fn text(value: Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
