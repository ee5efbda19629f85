//! An event to the one call that delivers it to an API destination. Pure.
//!
//! Method and endpoint, `*` filled, query and headers merged, the connection's own on top (fact sheet, sections 11, 18
//! to 20). Sending and judging are elsewhere. Not as AWS does it: connections are kept alive (`Connection: close` is
//! not sent), and every call carries the message's id as `webhook-id`, so that a target can tell a repetition.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::Call;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use crate::connection::{Auth, Connection, append};
use crate::event::Event;
use crate::path::Path;

/// What stays as it is in a path parameter: the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Headers that a pipe cannot set; AWS drops them (API destinations guide, "Headers").
pub const PROTECTED: [&str; 33] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "warning",
];

/// An API destination.
#[derive(Debug)]
pub struct Destination {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The method of every call.
    pub method: Method,
    /// Where calls go.
    pub endpoint: Endpoint,
    /// `InvocationRateLimitPerSecond`.
    pub rate: u32,
    /// Credentials and further parameters.
    pub connection: Arc<Connection>,
}

/// An `InvocationEndpoint`: the URL in pieces, cut at the `*` of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pieces: Vec<String>,
}

/// The `HttpParameters` of a pipe.
#[derive(Debug, Default)]
pub struct HttpParameters {
    /// For the `*` of the endpoint, from left to right.
    pub path: Vec<Dynamic>,
    /// Headers, none of them protected.
    pub headers: Vec<(HeaderName, Dynamic)>,
    /// For the query string.
    pub query: Vec<(String, Dynamic)>,
}

/// A value that stands as it is, or comes from the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dynamic {
    /// As it stands.
    Literal(String),
    /// Whatever stands there in the event, before it is transformed.
    Path(Path),
}

/// Why an event cannot become a call: the customer's error, in AWS's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call cannot be made: {0}")]
pub struct Unplannable(String);

impl Endpoint {
    /// Reads an endpoint. `http` is accepted as well as `https`, which AWS demands.
    ///
    /// # Errors
    /// Not an absolute HTTP URL, or one with a user name or a fragment.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let url = Url::parse(text).map_err(|error| format!("InvocationEndpoint is not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("InvocationEndpoint must be an http or https URL".into());
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("InvocationEndpoint cannot have a user name, a password or a fragment".into());
        }
        let text = url.as_str();
        let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
        let mut pieces: Vec<String> = path.split('*').map(str::to_owned).collect();
        pieces.last_mut().expect("split gives at least one piece").push_str(query);
        Ok(Endpoint { pieces })
    }

    /// How many path parameters it takes.
    pub fn wildcards(&self) -> usize {
        self.pieces.len() - 1
    }

    fn fill(&self, values: &[Cow<'_, str>]) -> Result<Url, Unplannable> {
        let mut text = self.pieces[0].clone();
        for (value, piece) in values.iter().zip(&self.pieces[1..]) {
            // A URL parser reads a segment of dots as a way up, encoded or not.
            if matches!(value.as_ref(), "." | "..") {
                return Err(Unplannable("a path parameter is `.` or `..`".into()));
            }
            text.extend(utf8_percent_encode(value, SEGMENT));
            text.push_str(piece);
        }
        Url::parse(&text).map_err(|error| Unplannable(error.to_string()))
    }
}

impl Dynamic {
    /// A text that is a path is looked up in the event, any other stands for itself.
    ///
    /// # Errors
    /// It starts like a path and is none.
    pub fn parse(text: &str) -> Result<Dynamic, String> {
        if !text.starts_with("$.") && text != "$" {
            return Ok(Dynamic::Literal(text.to_owned()));
        }
        Path::parse(text).map(Dynamic::Path).map_err(|error| error.to_string())
    }

    /// The text for this event; `None` when the event has nothing there, or null.
    fn text<'v>(&'v self, event: &'v Event) -> Option<Cow<'v, str>> {
        let path = match self {
            Dynamic::Literal(text) => return Some(Cow::Borrowed(text)),
            Dynamic::Path(path) => path,
        };
        match event.find(path)? {
            Cow::Borrowed(Value::String(text)) => Some(Cow::Borrowed(text)),
            Cow::Borrowed(Value::Null) => None,
            other => Some(Cow::Owned(other.to_string())),
        }
    }
}

/// The call that delivers `body`. `token` is the header of an OAuth connection; `event` is what dynamic values look at.
///
/// # Errors
/// The event lacks a path parameter, a value cannot be sent in a header, or the connection's body parameters have
/// nothing to go into.
pub fn plan(
    destination: &Destination,
    parameters: &HttpParameters,
    event: &Event,
    body: String,
    token: Option<HeaderValue>,
) -> Result<Call, Unplannable> {
    let body = match destination.method {
        Method::GET | Method::HEAD => Bytes::new(),
        _ => add_to_body(body, &destination.connection)?,
    };
    let headers = headers(destination, parameters, event, token)?;
    Ok(Call { method: destination.method.clone(), url: url(destination, parameters, event)?, headers, body })
}

fn url(destination: &Destination, parameters: &HttpParameters, event: &Event) -> Result<Url, Unplannable> {
    let value = |dynamic: &'_ Dynamic| dynamic.text(event).map(Cow::into_owned).map(Cow::<str>::Owned);
    let values: Option<Vec<_>> = parameters.path.iter().map(value).collect();
    let values = values.ok_or_else(|| Unplannable("the event has no value for a path parameter".into()))?;
    let mut url = destination.endpoint.fill(&values)?;
    let fixed = &destination.connection.invocation.query;
    let own = parameters.query.iter().filter(|(key, _)| fixed.iter().all(|(other, _)| other != key));
    let own: Vec<_> = own.filter_map(|(key, value)| Some((key.as_str(), value.text(event)?))).collect();
    append(&mut url, own.iter().map(|(key, value)| (*key, value.as_ref())));
    append(&mut url, fixed.iter().map(|(key, value)| (key.as_str(), value.expose_secret())));
    Ok(url)
}

fn headers(
    destination: &Destination,
    parameters: &HttpParameters,
    event: &Event,
    token: Option<HeaderValue>,
) -> Result<HeaderMap, Unplannable> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Some(id) = event.value()["messageId"].as_str().and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(HeaderName::from_static("webhook-id"), id);
    }
    for (name, value) in &parameters.headers {
        let Some(text) = value.text(event) else { continue };
        let value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| Unplannable(format!("the value for header {name} holds a control character")))?;
        headers.insert(name, value);
    }
    for (name, value) in &destination.connection.invocation.headers {
        headers.insert(name, value.clone());
    }
    if let Auth::Header { name, value } = &destination.connection.auth {
        headers.insert(name, value.clone());
    }
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, token);
    }
    headers.insert(header::USER_AGENT, HeaderValue::from_static("Amazon/EventBridge/ApiDestinations"));
    headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1048575"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip,deflate"));
    Ok(headers)
}

/// Puts the connection's body parameters into a body that is a JSON object; the connection wins.
fn add_to_body(body: String, connection: &Connection) -> Result<Bytes, Unplannable> {
    if connection.invocation.body.is_empty() {
        return Ok(Bytes::from(body));
    }
    match serde_json::from_str(&body) {
        Ok(Value::Object(mut map)) => {
            for (key, value) in &connection.invocation.body {
                map.insert(key.clone(), value.expose_secret().into());
            }
            Ok(Bytes::from(Value::Object(map).to_string()))
        }
        _ => Err(Unplannable("the connection adds body parameters, and the body is no JSON object".into())),
    }
}

#[cfg(test)]
mod tests;
