//! The values of parameter mappings, looked up in a request, its context, or the reply. See
//! `docs/aws/api-gateway.md#parameter-mappings`.

use kit::call::Reply;

use crate::api::{MappingSource, ValueExpression, ValuePart};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::in_json;

/// The values of a source. A source that is missing has none, and its target is then not sent.
///
/// # Errors
/// The source lies in a request body that begins like JSON but cannot be read.
pub(crate) fn values(
    source: &MappingSource,
    exchange: &Exchange<'_>,
    reply: Option<&Reply>,
) -> Result<Vec<String>, Fault> {
    match reply.and_then(|reply| reply_values(source, reply)) {
        Some(values) => Ok(values),
        None => exchange.sources().values(source),
    }
}

/// The text of a value of an HTTP API; [`None`] for a single expression that has none here.
///
/// # Errors
/// As [`values`].
pub(crate) fn text(
    expression: &ValueExpression,
    exchange: &Exchange<'_>,
    reply: Option<&Reply>,
) -> Result<Option<String>, Fault> {
    if let [ValuePart::Source(source)] = expression.0.as_slice() {
        let values = values(source, exchange, reply)?;
        return Ok((!values.is_empty()).then(|| values.join(",")));
    }
    let mut made = String::new();
    for part in &expression.0 {
        match part {
            ValuePart::Text(text) => made += text,
            ValuePart::RequestPath => made += &exchange.route.event_path,
            ValuePart::Source(source) => made += &values(source, exchange, reply)?.join(","),
        }
    }
    Ok(Some(made))
}

/// The values of a source that lies in the reply; `None` for other sources.
fn reply_values(source: &MappingSource, reply: &Reply) -> Option<Vec<String>> {
    Some(match source {
        MappingSource::ReplyHeader(name) => all_of_header(reply, name).pop().into_iter().collect(),
        MappingSource::ReplyMultiValueHeader(name) => all_of_header(reply, name),
        MappingSource::ReplyBody(None) => vec![String::from_utf8_lossy(&reply.body).into_owned()],
        MappingSource::ReplyBody(Some(path)) => {
            let found = in_json(&reply.body, |json| path.lookup(json));
            found.ok().flatten().into_iter().collect()
        }
        _ => return None,
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
