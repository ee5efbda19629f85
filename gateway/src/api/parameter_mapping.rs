//! Parameter mappings, as the definition declares them.

use kit::jsonpath::JsonPath;

use super::backend::Backend;

/// Headers that no integration request can have: every call fails when one of them is mapped. See
/// `docs/aws/api-gateway.md#parameter-mappings`.
const RESERVED: [&str; 4] = [
    "content-length",
    "transfer-encoding",
    "x-amzn-trace-id",
    "x-amzn-apigateway-api-id",
];

/// Those that a call to a service of AWS cannot have either.
const RESERVED_FOR_SERVICES: [&str; 5] = [
    "authorization",
    "connection",
    "expect",
    "proxy-authenticate",
    "te",
];

/// Whether every call to a backend of this kind fails when this header is mapped.
pub(crate) fn is_reserved(name: &str, backend: &Backend) -> bool {
    let is_in = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match backend {
        Backend::Mock | Backend::Subtype(_) | Backend::Absent(_) | Backend::Unsupported => false,
        Backend::Http(_) => is_in(&RESERVED),
        Backend::Aws(_) | Backend::LambdaProxy(_) => {
            is_in(&RESERVED) || is_in(&RESERVED_FOR_SERVICES)
        }
    }
}

/// A request parameter mapping: `integration.request.{location}.{name}` from a source.
#[derive(Debug)]
pub struct RequestParameter {
    /// The part of the call that the value goes to.
    pub location: ParameterLocation,
    /// The name of the parameter there.
    pub name: String,
    /// Where the value comes from.
    pub source: MappingSource,
}

impl RequestParameter {
    /// Whether it is a header with which every call to a backend of this kind fails.
    pub fn is_reserved(&self, backend: &Backend) -> bool {
        self.location == ParameterLocation::Header && is_reserved(&self.name, backend)
    }
}

/// The part of a call that a mapped parameter goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterLocation {
    /// A header of the call.
    Header,
    /// The call's query string.
    QueryString,
    /// A `{name}` in the integration's URI.
    Path,
}

/// Where the value of a parameter mapping comes from, in requests and responses.
#[derive(Debug)]
pub enum MappingSource {
    /// `method.request.path.N`
    Path(String),
    /// `method.request.querystring.N`: the last value.
    QueryString(String),
    /// `method.request.multivaluequerystring.N`
    MultiValueQueryString(String),
    /// `method.request.header.N`: the last value.
    Header(String),
    /// `method.request.multivalueheader.N`: joined with commas.
    MultiValueHeader(String),
    /// `method.request.body`, or a JSONPath below it.
    Body(Option<JsonPath>),
    /// `integration.response.header.N`
    ReplyHeader(String),
    /// `integration.response.multivalueheader.N`
    ReplyMultiValueHeader(String),
    /// `integration.response.body`, or a JSONPath below it.
    ReplyBody(Option<JsonPath>),
    /// `stageVariables.N`
    StageVariable(String),
    /// `context.a.b`, in parts.
    Context(Vec<String>),
    /// `'text'`
    Static(String),
}
