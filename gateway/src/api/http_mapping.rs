//! Parameter mappings of HTTP APIs: what an integration changes of a request on its way to the
//! backend, and of a response on its way back. See
//! `docs/aws/api-gateway.md#parameter-mappings-of-http-apis`.

use http::{HeaderName, StatusCode};

use super::expression::ValueExpression;

/// Headers that cannot be mapped; a `*` stands for anything.
const RESERVED: [&str; 22] = [
    "access-control-*",
    "apigw-*",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amz-*",
    "x-amzn-*",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// What an integration of an HTTP API changes.
#[derive(Debug, Default)]
pub struct HttpMappings {
    /// Of the request, in the order in which it is done.
    pub(crate) request: Vec<HttpMapping>,
    /// Of responses, by the status of the backend's answer.
    pub(crate) responses: Vec<(StatusCode, Vec<HttpMapping>)>,
}

/// One change.
#[derive(Debug)]
pub(crate) struct HttpMapping {
    pub(crate) operation: MappingOperation,
    pub(crate) target: MappingTarget,
    pub(crate) value: ValueExpression,
}

/// What is done. What is removed goes first, then values are set, then added: AWS does not say in
/// which order it does them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MappingOperation {
    Remove,
    Overwrite,
    Append,
}

/// What it is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MappingTarget {
    Header(HeaderName),
    QueryString(String),
    Path,
    StatusCode,
}

/// Whether a request or a response is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MappingSide {
    Request,
    Response,
}

impl HttpMapping {
    /// Reads one: `append:header.x-trace` with `$context.requestId`.
    ///
    /// # Errors
    /// There is no such mapping, or its value is none.
    pub(crate) fn parse(side: MappingSide, key: &str, value: &str) -> Result<HttpMapping, String> {
        let unknown = || match side {
            MappingSide::Request => format!(
                "invalid mapping {key}: expected append, overwrite or remove, a colon, and header.NAME, \
                 querystring.NAME or (overwrite) path"
            ),
            MappingSide::Response => format!(
                "invalid mapping {key}: expected append, overwrite or remove, a colon, and header.NAME or \
                 (overwrite) statuscode"
            ),
        };
        let (operation, target) = key.split_once(':').ok_or_else(unknown)?;
        let operation = match operation {
            "append" => MappingOperation::Append,
            "overwrite" => MappingOperation::Overwrite,
            "remove" => MappingOperation::Remove,
            _ => return Err(unknown()),
        };
        let named = |kind: &str| target.strip_prefix(kind).filter(|name| !name.is_empty());
        let target = if let Some(name) = named("header.") {
            MappingTarget::Header(header(name)?)
        } else if let (Some(name), MappingSide::Request) = (named("querystring."), side) {
            MappingTarget::QueryString(name.to_owned())
        } else {
            match (target.to_ascii_lowercase().as_str(), side, operation) {
                ("path", MappingSide::Request, MappingOperation::Overwrite) => MappingTarget::Path,
                ("statuscode", MappingSide::Response, MappingOperation::Overwrite) => {
                    MappingTarget::StatusCode
                }
                _ => return Err(unknown()),
            }
        };
        let value = match (operation, side) {
            // What stands there has no effect.
            (MappingOperation::Remove, _) => ValueExpression::default(),
            (_, MappingSide::Request) => ValueExpression::parse(value)?,
            (_, MappingSide::Response) => ValueExpression::parse_of_response(value)?,
        };
        Ok(HttpMapping {
            operation,
            target,
            value,
        })
    }
}

impl HttpMappings {
    /// The changes of a response to an answer of this status.
    pub(crate) fn of_status(&self, status: StatusCode) -> &[HttpMapping] {
        let found = self.responses.iter().find(|(known, _)| *known == status);
        found.map_or(&[], |(_, mappings)| mappings)
    }
}

fn header(name: &str) -> Result<HeaderName, String> {
    let lower = name.to_ascii_lowercase();
    let is_reserved = |known: &&'static str| match known.strip_suffix('*') {
        Some(start) => lower.starts_with(start),
        None => lower == **known,
    };
    if RESERVED.iter().any(is_reserved) {
        return Err(format!(
            "the header {name} is reserved and cannot be mapped"
        ));
    }
    lower
        .parse()
        .map_err(|_| format!("{name:?} is not a valid header name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_read_and_wrong_ones_refused() {
        let read = |side, key: &str| HttpMapping::parse(side, key, "v").map(|read| read.target);
        let (request, response) = (MappingSide::Request, MappingSide::Response);
        let header = || MappingTarget::Header("x-a".parse().unwrap());
        assert_eq!(read(request, "append:header.X-A"), Ok(header()));
        assert_eq!(read(response, "remove:header.x-a"), Ok(header()));
        assert_eq!(
            read(request, "overwrite:querystring.q"),
            Ok(MappingTarget::QueryString("q".into()))
        );
        assert_eq!(read(request, "overwrite:path"), Ok(MappingTarget::Path));
        assert_eq!(
            read(response, "overwrite:statuscode"),
            Ok(MappingTarget::StatusCode)
        );
        for (side, key, told) in [
            (
                request,
                "append:path",
                "expected append, overwrite or remove",
            ),
            (request, "overwrite:statuscode", "(overwrite) path"),
            (response, "overwrite:path", "(overwrite) statuscode"),
            (response, "append:querystring.q", "header.NAME"),
            (request, "set:header.a", "expected append"),
            (request, "header.a", "expected append"),
            (request, "append:header.", "expected append"),
            (request, "append:header.Authorization", "is reserved"),
            (response, "append:header.X-Amzn-Trace", "is reserved"),
            (
                response,
                "overwrite:header.access-control-max-age",
                "is reserved",
            ),
            (request, "append:header.a b", "not a valid header name"),
        ] {
            let error = read(side, key).unwrap_err();
            assert!(error.contains(told), "{key}: {error}");
        }
        let value = |side, text| HttpMapping::parse(side, "append:header.a", text);
        assert!(value(request, "$response.header.x").is_err());
        assert!(value(response, "$response.header.x").is_ok());
        assert!(value(response, "${response.body.a.b}-$request.path").is_ok());
    }
}
