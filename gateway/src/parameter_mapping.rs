//! The values of parameter mappings, looked up in a request, its context, or the reply. See
//! `docs/aws/api-gateway.md#parameter-mappings`.

use kit::call::Reply;
use serde_json::Value as Json;

use crate::api::MappingSource;
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::is_hidden;

/// The values of a source. A source that is missing has none, and its target is then not sent.
///
/// # Errors
/// The source lies in a request body that begins like JSON but cannot be read.
pub(crate) fn values(
    source: &MappingSource,
    exchange: &Exchange<'_>,
    reply: Option<&Reply>,
) -> Result<Vec<String>, Fault> {
    let request = exchange.request;
    let one = |value: Option<&str>| value.map(ToOwned::to_owned).into_iter().collect();
    Ok(match source {
        MappingSource::Static(text) => vec![text.clone()],
        MappingSource::Path(name) => one(exchange.parameters.path.get(name).map(String::as_str)),
        MappingSource::QueryString(name) => one(request.query_value(name)),
        MappingSource::MultiValueQueryString(name) => request
            .query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect(),
        MappingSource::Header(name) | MappingSource::MultiValueHeader(name) if is_hidden(name) => {
            Vec::new()
        }
        MappingSource::Header(name) => one(request.header(name)),
        MappingSource::MultiValueHeader(name) => request.all_of_header(name).into_iter().collect(),
        MappingSource::Body(None) => vec![String::from_utf8_lossy(&request.body).into_owned()],
        MappingSource::Body(Some(path)) => {
            let found = in_json(&request.body, |json| path.lookup(json));
            found
                .map_err(|NotJson| Fault::InvalidJson)?
                .into_iter()
                .collect()
        }
        MappingSource::StageVariable(name) => {
            one(exchange.route.stage.variables.get(name).map(String::as_str))
        }
        MappingSource::Context(path) => exchange.context.get(path).into_iter().collect(),
        MappingSource::ReplyHeader(name) => one(reply.and_then(|reply| {
            reply
                .headers
                .get_all(name)
                .iter()
                .next_back()?
                .to_str()
                .ok()
        })),
        MappingSource::ReplyMultiValueHeader(name) => reply
            .into_iter()
            .flat_map(|reply| all_of_header(reply, name))
            .collect(),
        MappingSource::ReplyBody(None) => reply
            .map(|reply| String::from_utf8_lossy(&reply.body).into_owned())
            .into_iter()
            .collect(),
        MappingSource::ReplyBody(Some(path)) => {
            let found = reply.map(|reply| in_json(&reply.body, |json| path.lookup(json)));
            found.and_then(Result::ok).flatten().into_iter().collect()
        }
    })
}

/// All values of a header of a reply.
fn all_of_header(reply: &Reply, name: &str) -> Vec<String> {
    reply
        .headers
        .get_all(name)
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.to_owned()))
        .collect()
}

/// A body begins like JSON and cannot be read as JSON.
struct NotJson;

/// What a path finds in a body, as text: strings as they are, everything else as JSON. A body that
/// does not even begin like JSON has no values.
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
