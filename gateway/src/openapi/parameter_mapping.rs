//! Parameter mappings: `integration.request.header.N` on the left, a source expression on the
//! right. See `docs/aws/api-gateway.md#parameter-mappings` for requests,
//! `docs/aws/api-gateway.md#response-headers` for responses.

use kit::document::{Entry, Node, Problem};
use kit::jsonpath::JsonPath;

use crate::api::{CacheKeyParameter, MappingSource, ParameterLocation, RequestParameter};

/// One entry of an integration's `requestParameters`.
pub(super) fn request_parameter(label: &str, entry: &Entry) -> Result<RequestParameter, Problem> {
    let invalid = || {
        invalid_target(
            label,
            entry,
            "integration.request.{header|querystring|path}.NAME",
        )
    };
    let target = entry.key.strip_prefix("integration.request.");
    let (location, name) = target.and_then(located).ok_or_else(invalid)?;
    Ok(RequestParameter {
        location,
        name: name.to_owned(),
        source: source(label, entry, Side::Request)?,
    })
}

/// One of an integration's `cacheKeyParameters`.
pub(super) fn cache_key_parameter(label: &str, node: &Node) -> Result<CacheKeyParameter, Problem> {
    let text = node.text()?;
    let wrong = || {
        node.problem(format!(
            "{label}: invalid cache key parameter {text}: expected \
             {{method|integration}}.request.{{path|querystring|header}}.NAME"
        ))
    };
    if let Some(rest) = text.strip_prefix("method.request.") {
        let source = of_message(rest, Side::Request).and_then(Result::ok);
        let source = source.filter(|source| !matches!(source, MappingSource::Body(_)));
        return source.map(CacheKeyParameter::Method).ok_or_else(wrong);
    }
    let target = text.strip_prefix("integration.request.");
    let (location, name) = target.and_then(located).ok_or_else(wrong)?;
    Ok(CacheKeyParameter::Integration(location, name.to_owned()))
}

/// `header.N` as the part of a call and a name.
fn located(target: &str) -> Option<(ParameterLocation, &str)> {
    let (location, name) = target.split_once('.')?;
    let location = match location {
        "header" => ParameterLocation::Header,
        "querystring" => ParameterLocation::QueryString,
        "path" => ParameterLocation::Path,
        _ => return None,
    };
    (!name.is_empty()).then_some((location, name))
}

/// One entry of an integration response's `responseParameters`: the header's name and its source.
pub(super) fn response_header(
    label: &str,
    entry: &Entry,
) -> Result<(String, MappingSource), Problem> {
    let name = entry.key.strip_prefix("method.response.header.");
    let name = name.ok_or_else(|| invalid_target(label, entry, "method.response.header.NAME"))?;
    Ok((name.to_owned(), source(label, entry, Side::Response)?))
}

/// One entry of a gateway response's `responseParameters`: the header's name and its source.
pub(super) fn gateway_header(
    label: &str,
    entry: &Entry,
) -> Result<(String, MappingSource), Problem> {
    let name = entry.key.strip_prefix("gatewayresponse.header.");
    let name = name.ok_or_else(|| invalid_target(label, entry, "gatewayresponse.header.NAME"))?;
    Ok((name.to_owned(), source(label, entry, Side::Gateway)?))
}

fn invalid_target(label: &str, entry: &Entry, expected: &str) -> Problem {
    let message = format!(
        "{label}: invalid mapping target {}: expected {expected}",
        entry.key
    );
    entry.place.problem(message)
}

/// Whether a mapping is one of the request or of the response.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Request,
    Response,
    /// A gateway response: from the request, but never from its body.
    Gateway,
}

fn source(label: &str, entry: &Entry, side: Side) -> Result<MappingSource, Problem> {
    let text = entry.node.text()?;
    let wrong = |why: &str| {
        entry.node.problem(format!(
            "{label}: Invalid mapping expression specified: {text}{why}"
        ))
    };
    if let Some(inner) = text.strip_prefix('\'') {
        let inner = inner
            .strip_suffix('\'')
            .ok_or_else(|| wrong(" (the quote is not closed)"))?;
        return Ok(MappingSource::Static(inner.to_owned()));
    }
    if let Some(name) = text.strip_prefix("stageVariables.") {
        return Ok(MappingSource::StageVariable(name.to_owned()));
    }
    if let Some(path) = text.strip_prefix("context.") {
        return Ok(MappingSource::Context(
            path.split('.').map(ToOwned::to_owned).collect(),
        ));
    }
    let found = match side {
        Side::Request | Side::Gateway => text
            .strip_prefix("method.request.")
            .map(|rest| of_message(rest, side)),
        Side::Response => text
            .strip_prefix("integration.response.")
            .map(|rest| of_message(rest, side)),
    };
    let found = found
        .flatten()
        .ok_or_else(|| wrong(" (static values need single quotes)"))?;
    found.map_err(|reason| wrong(&format!(" ({reason})")))
}

fn of_message(rest: &str, side: Side) -> Option<Result<MappingSource, String>> {
    let (location, name) = rest.split_once('.').unwrap_or((rest, ""));
    let owned = name.to_owned();
    Some(Ok(match (side, location, name) {
        (Side::Request | Side::Response, "body", _) => return body(rest, side),
        (_, _, "") => return None,
        (Side::Request | Side::Gateway, "path", _) => MappingSource::Path(owned),
        (Side::Request | Side::Gateway, "querystring", _) => MappingSource::QueryString(owned),
        (Side::Request | Side::Gateway, "multivaluequerystring", _) => {
            MappingSource::MultiValueQueryString(owned)
        }
        (Side::Request | Side::Gateway, "header", _) => MappingSource::Header(owned),
        (Side::Request | Side::Gateway, "multivalueheader", _) => {
            MappingSource::MultiValueHeader(owned)
        }
        (Side::Response, "header", _) => MappingSource::ReplyHeader(owned),
        (Side::Response, "multivalueheader", _) => MappingSource::ReplyMultiValueHeader(owned),
        _ => return None,
    }))
}

/// `body`, or a JSONPath behind it without the leading `$`.
fn body(rest: &str, side: Side) -> Option<Result<MappingSource, String>> {
    let tail = rest.strip_prefix("body")?;
    let path = match tail.chars().next() {
        None => None,
        Some('.' | '[') => match JsonPath::parse(&format!("${tail}")) {
            Ok(path) => Some(path),
            Err(error) => return Some(Err(error.to_string())),
        },
        Some(_) => return None,
    };
    Some(Ok(if side == Side::Request {
        MappingSource::Body(path)
    } else {
        MappingSource::ReplyBody(path)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, value: &str) -> Result<String, Problem> {
        let node = Node::parse("f", &format!("{key}: \"{value}\"")).unwrap();
        let entry = &node.entries().unwrap()[0];
        let parameter = request_parameter("post /a", entry)?;
        let text = format!(
            "{:?} {} {:?}",
            parameter.location, parameter.name, parameter.source
        );
        let shown = text.split(" JsonPath").next().unwrap_or_default();
        Ok(shown.to_owned())
    }

    #[test]
    fn expressions_are_read() {
        for (value, expected) in [
            ("'a=b'", r#"Header X Static("a=b")"#),
            ("method.request.path.id", r#"Header X Path("id")"#),
            (
                "method.request.querystring.a.b",
                r#"Header X QueryString("a.b")"#,
            ),
            (
                "method.request.multivalueheader.Y",
                r#"Header X MultiValueHeader("Y")"#,
            ),
            ("method.request.body", "Header X Body(None)"),
            ("stageVariables.v", r#"Header X StageVariable("v")"#),
            (
                "context.identity.sourceIp",
                r#"Header X Context(["identity", "sourceIp"])"#,
            ),
        ] {
            assert_eq!(
                read("integration.request.header.X", value).unwrap(),
                expected
            );
        }
        assert!(
            read(
                "integration.request.querystring.MessageBody",
                "method.request.body.a[0].b"
            )
            .is_ok()
        );
    }

    #[test]
    fn malformed_mappings_are_refused_with_their_place() {
        for (key, value, message) in [
            (
                "integration.request.header.X",
                "plain",
                "f:1:31: post /a: Invalid mapping expression specified: plain (static values need single quotes)",
            ),
            (
                "integration.request.cookie.X",
                "'x'",
                "f:1:1: post /a: invalid mapping target integration.request.cookie.X: expected integration.request.{header|querystring|path}.NAME",
            ),
            (
                "integration.request.header.X",
                "integration.response.body",
                "f:1:31: post /a: Invalid mapping expression specified: integration.response.body (static values need single quotes)",
            ),
        ] {
            assert_eq!(read(key, value).unwrap_err().to_string(), message);
        }
    }
}
