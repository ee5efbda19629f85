//! An event to the one call that delivers it to an API destination.
//!
//! Method and endpoint, `*` filled, query and headers merged; then the connection's own on top.
//! Between the two stands the [`PlannedCall`], which holds no secret and can be shown. Not as AWS does
//! it: connections are kept alive (`Connection: close` is not sent), and every call carries the
//! message's id as `webhook-id`, so that a target can tell a repetition. See
//! `docs/aws/pipes.md#dynamic-paths`, `docs/aws/pipes.md#api-destinations` and
//! `docs/aws/pipes.md#connections`.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::Call;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use super::{HttpTarget, PlanError};
use crate::event::Event;
use crate::targets::connection::{Auth, Connection, append};
use crate::targets::webhook;

/// Headers that a pipe cannot set; AWS drops them (`docs/aws/pipes.md#requests`).
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

/// A call as the pipe asks for it, before the connection adds credentials and parameters of its
/// own.
#[derive(Debug, Clone)]
pub struct PlannedCall {
    call: Call,
    /// How much of the query string is the endpoint's own; keys are often kept there.
    endpoint_query: usize,
}

/// Headers that are not shown, whoever set them.
const HIDDEN: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];

/// The call with `body` for `event`, at which dynamic values look. `id` is the message's.
///
/// # Errors
/// The event lacks a path parameter, or a value cannot be sent in a header.
pub fn plan(
    invocation: &HttpTarget,
    event: &Event,
    id: &str,
    body: String,
) -> Result<PlannedCall, PlanError> {
    let method = invocation.destination.method.clone();
    let body = if has_body(&method) {
        Bytes::from(body)
    } else {
        Bytes::new()
    };
    let headers = headers(invocation, event, id)?;
    let (url, endpoint_query) = url(invocation, event)?;
    Ok(PlannedCall {
        call: Call {
            method,
            url,
            headers,
            body,
        },
        endpoint_query,
    })
}

impl PlannedCall {
    /// For a call whose answer is read: asks for an answer that is not compressed.
    #[must_use]
    pub fn uncompressed(mut self) -> PlannedCall {
        self.call.headers.remove(header::ACCEPT_ENCODING);
        self
    }

    /// The draft as a request in text, for a log that may hold execution data. `…` stands for what
    /// may be a key.
    pub fn describe(&self) -> String {
        let Call {
            method,
            url,
            headers,
            body,
        } = &self.call;
        let (place, query) = url.as_str().split_once('?').unwrap_or((url.as_str(), ""));
        let hidden = if self.endpoint_query > 0 { "?…" } else { "" };
        let shown = query.get(self.endpoint_query..).unwrap_or_default();
        let mark = if hidden.is_empty() && !shown.is_empty() {
            "?"
        } else {
            ""
        };
        let mut text = format!("{method} {place}{hidden}{mark}{shown}\n");
        for (name, value) in headers {
            let value = if HIDDEN.contains(name) {
                "…".into()
            } else {
                String::from_utf8_lossy(value.as_bytes())
            };
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(body));
        text
    }

    /// The call with everything that the connection adds; on the same key the connection wins.
    /// `token` is the header of an OAuth connection.
    ///
    /// # Errors
    /// The connection's body parameters have nothing to go into.
    pub fn authorize(
        self,
        connection: &Connection,
        token: Option<HeaderValue>,
    ) -> Result<Call, PlanError> {
        let mut call = self.call;
        if has_body(&call.method) && !connection.invocation.body.is_empty() {
            call.body = add_to_body(&call.body, connection)?;
        }
        let query = connection.invocation.query.iter();
        append(
            &mut call.url,
            query.map(|(key, value)| (key.as_str(), value.expose_secret())),
        );
        for (name, value) in &connection.invocation.headers {
            call.headers.insert(name, value.clone());
        }
        if let Auth::Header { name, value } = &connection.auth {
            call.headers.insert(name, value.clone());
        }
        if let Some(token) = token {
            call.headers.insert(header::AUTHORIZATION, token);
        }
        Ok(call)
    }
}

/// AWS does not say what it does with a body of the others; here they have one.
fn has_body(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// With how much of its query string is the endpoint's own.
fn url(invocation: &HttpTarget, event: &Event) -> Result<(Url, usize), PlanError> {
    let HttpTarget {
        destination,
        parameters,
    } = invocation;
    let value = |dynamic: &'_ super::DynamicValue| {
        dynamic
            .text(event)
            .map(Cow::into_owned)
            .map(Cow::<str>::Owned)
    };
    let values: Option<Vec<_>> = parameters.path.iter().map(value).collect();
    let values =
        values.ok_or_else(|| PlanError("the event has no value for a path parameter".into()))?;
    let mut url = destination.endpoint.fill(&values)?;
    let endpoint_query = url.query().map_or(0, str::len);
    let fixed = &destination.connection.invocation.query;
    let own: Vec<_> = super::query(parameters, event)
        .filter(|(key, _)| fixed.iter().all(|(other, _)| other != key.as_ref()))
        .collect();
    append(
        &mut url,
        own.iter()
            .map(|(key, value)| (key.as_ref(), value.as_ref())),
    );
    Ok((url, endpoint_query))
}

fn headers(invocation: &HttpTarget, event: &Event, id: &str) -> Result<HeaderMap, PlanError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(webhook::ID, id);
    }
    super::put_headers(&invocation.parameters, event, &mut headers)?;
    headers.insert(
        header::USER_AGENT,
        HeaderValue::from_static("Amazon/EventBridge/ApiDestinations"),
    );
    headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1048575"));
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("gzip,deflate"),
    );
    Ok(headers)
}

/// Puts the connection's body parameters into a body that is a JSON object; the connection wins.
fn add_to_body(body: &[u8], connection: &Connection) -> Result<Bytes, PlanError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut map)) => {
            for (key, value) in &connection.invocation.body {
                map.insert(key.clone(), value.expose_secret().into());
            }
            Ok(Bytes::from(Value::Object(map).to_string()))
        }
        _ => Err(PlanError(
            "the connection adds body parameters, and the body is no JSON object".into(),
        )),
    }
}
