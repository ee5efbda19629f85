//! An event to the call that delivers it to an API destination. Pure.
//!
//! The call has the destination's method and endpoint, with `*` filled and query and headers
//! merged. Until the connection's credentials are added it is a [`PlannedCall`], which contains no
//! secret and can be shown. Two things differ from AWS: connections are kept alive
//! (`Connection: close` is not sent), and every call carries the message's id as `webhook-id`, so
//! that a target can recognize a repetition. See `docs/aws/pipes.md#dynamic-paths`,
//! `docs/aws/pipes.md#api-destinations` and `docs/aws/pipes.md#connections`.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kit::call::Call;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use super::connection::{Auth, Connection, append};
use super::destination::HttpTarget;
use super::dynamic::PlanError;
use super::http_parameters::{body_of, has_body, put_id};
use crate::event::Event;

/// Headers that a pipe cannot set; AWS drops them (`docs/aws/pipes.md#requests`).
pub(crate) const PROTECTED: [&str; 33] = [
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

/// A call with everything but what the connection adds: credentials and parameters.
#[derive(Debug, Clone)]
pub(crate) struct PlannedCall {
    call: Call,
    /// How much of the query string is the endpoint's own; it often contains keys.
    endpoint_query: usize,
}

/// Headers whose values are never shown.
const HIDDEN: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];

/// The call with `body` for `event`, from which dynamic values come. `id` is the message's.
///
/// # Errors
/// The event has no value for a path parameter, or a value cannot be sent in a header.
pub(crate) fn plan(
    target: &HttpTarget,
    event: &Event,
    id: &str,
    body: String,
) -> Result<PlannedCall, PlanError> {
    let method = target.destination.method.clone();
    let body = body_of(&method, body);
    let headers = headers(target, event, id)?;
    let (url, endpoint_query) = url(target, event)?;
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
    /// Asks for an answer that is not compressed, because the pipe reads it.
    #[must_use]
    pub(crate) fn uncompressed(mut self) -> PlannedCall {
        self.call.headers.remove(header::ACCEPT_ENCODING);
        self
    }

    /// The call as it is planned.
    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// The call as text, for a log that may contain execution data. `…` stands for what may be a
    /// key.
    pub(crate) fn describe(&self) -> String {
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

    /// Adds what the connection adds; for the same key, the connection wins. `token` is the header
    /// of an OAuth connection.
    ///
    /// # Errors
    /// The connection adds body parameters, and the body is not a JSON object.
    pub(crate) fn authorize(
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

/// The URL, and how much of its query string is the endpoint's own.
fn url(target: &HttpTarget, event: &Event) -> Result<(Url, usize), PlanError> {
    let HttpTarget {
        destination,
        parameters,
    } = target;
    let mut url = destination.endpoint.fill(&parameters.path(event)?)?;
    let endpoint_query = url.query().map_or(0, str::len);
    let fixed = &destination.connection.invocation.query;
    let own: Vec<_> = parameters
        .query(event)
        .filter(|(key, _)| fixed.iter().all(|(other, _)| other != key.as_ref()))
        .collect();
    append(
        &mut url,
        own.iter()
            .map(|(key, value)| (key.as_ref(), value.as_ref())),
    );
    Ok((url, endpoint_query))
}

fn headers(target: &HttpTarget, event: &Event, id: &str) -> Result<HeaderMap, PlanError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    put_id(id, &mut headers);
    target.parameters.put_headers(event, &mut headers)?;
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

/// Adds the connection's body parameters to a body that is a JSON object; the connection wins.
fn add_to_body(body: &[u8], connection: &Connection) -> Result<Bytes, PlanError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut map)) => {
            for (key, value) in &connection.invocation.body {
                map.insert(key.clone(), value.expose_secret().into());
            }
            Ok(Bytes::from(Value::Object(map).to_string()))
        }
        _ => Err(PlanError(
            "the connection adds body parameters, but the body is not a JSON object".into(),
        )),
    }
}
