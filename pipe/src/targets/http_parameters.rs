//! What requests to API destinations and to REST APIs have in common. Pure.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::dynamic::{DynamicValue, PlanError};
use super::endpoint::Endpoint;
use super::webhook;
use crate::event::Event;

/// The methods that API destinations and REST APIs allow (EventBridge API model); CONNECT and TRACE
/// are not among them.
pub(crate) const METHODS: [&str; 7] = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];

/// The `HttpParameters` of a pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HttpParameters {
    /// For the `*` of the endpoint, from left to right.
    pub(crate) path: Vec<DynamicValue>,
    /// Headers, none of them protected.
    pub(crate) headers: Vec<(HeaderName, DynamicValue)>,
    /// For the query string; keys may come from the event, too.
    pub(crate) query: Vec<(DynamicValue, DynamicValue)>,
}

impl HttpParameters {
    /// The values for the `*` of an endpoint.
    ///
    /// # Errors
    /// The event has no value for one of them.
    pub(super) fn path<'p>(&'p self, event: &'p Event) -> Result<Vec<Cow<'p, str>>, PlanError> {
        let values: Option<_> = self.path.iter().map(|value| value.text(event)).collect();
        values.ok_or_else(|| PlanError("the event has no value for a path parameter".into()))
    }

    /// The query string. A value that the event does not have is sent empty, as AWS does it;
    /// without its name, a parameter is left out.
    pub(super) fn query<'p>(
        &'p self,
        event: &'p Event,
    ) -> impl Iterator<Item = (Cow<'p, str>, Cow<'p, str>)> {
        let text = |(key, value): &'p (DynamicValue, DynamicValue)| {
            Some((key.text(event)?, value.text(event).unwrap_or_default()))
        };
        self.query.iter().filter_map(text)
    }

    /// Adds the headers. A value that the event does not have is sent empty, as AWS does it.
    ///
    /// # Errors
    /// A value cannot be sent in a header.
    pub(super) fn put_headers(
        &self,
        event: &Event,
        headers: &mut HeaderMap,
    ) -> Result<(), PlanError> {
        for (name, value) in &self.headers {
            let text = value.text(event).unwrap_or_default();
            let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
                PlanError(format!(
                    "the value for header {name} contains a control character"
                ))
            })?;
            headers.insert(name, value);
        }
        Ok(())
    }

    /// Checks that every `*` of the endpoint of `name` has a value.
    ///
    /// # Errors
    /// There are fewer values than `*`.
    pub(crate) fn check_path(&self, endpoint: &Endpoint, name: &str) -> Result<(), String> {
        let wildcards = endpoint.wildcards();
        let values = self.path.len();
        if values >= wildcards {
            return Ok(());
        }
        Err(format!(
            "{name} has {wildcards} `*`, but PathParameterValues has {}",
            kit::counted::counted(values, "value")
        ))
    }
}

/// Adds the message's id as `webhook-id`, so that the target can recognize a repetition.
pub(super) fn put_id(id: &str, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(webhook::ID, id);
    }
}

/// Whether requests with this method have a body. AWS does not say what it does with a body of the
/// other methods; here they have one.
pub(super) fn has_body(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// The body of a request with this method.
pub(super) fn body_of(method: &Method, body: String) -> Bytes {
    if has_body(method) {
        Bytes::from(body)
    } else {
        Bytes::new()
    }
}
