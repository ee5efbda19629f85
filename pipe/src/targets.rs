//! Where events go, and what an event becomes for them. Pure.
//!
//! `call` plans the request to an API destination, `api` the one to a REST API, `queue` the message
//! for a queue. Of the other AWS services, a `feed` takes entries (`bus`, `topic`, `stream`, `log`)
//! and a `program` takes the whole batch (`function`, `workflow`); their requests have the forms of
//! AWS's API models. Values may come from the event by a path (`docs/aws/pipes.md#dynamic-paths`).
//! `connection` holds credentials, `webhook` signs by the Standard Webhooks scheme. Sending is
//! elsewhere, in `execution`.
//!
//! The room imports `event`, `flow` (the causes of failures) and `arn`.

mod api;
mod bus;
mod call;
pub mod connection;
mod endpoint;
mod feed;
mod function;
mod log;
mod partial;
mod program;
mod queue;
mod refusal;
mod site;
mod stream;
mod topic;
pub mod webhook;
mod workflow;

pub use api::{PROHIBITED, RestApi};
pub use bus::{Bus, BusParameters};
pub use call::{PROTECTED, PlannedCall, plan};
pub use endpoint::Endpoint;
pub use feed::{Feed, FeedEntry};
pub use function::Function;
pub use log::{LONGEST_NAME, LogGroup};
pub use program::{InvocationType, Program, check_json};
pub use queue::{QueueEntry, QueueTarget};
pub(crate) use refusal::Refusal;
pub use site::ServiceRequest;
pub use stream::{LONGEST_KEY, Stream};
pub use topic::Topic;
pub use workflow::Workflow;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::event::Event;
use crate::event::path::Path;
use crate::targets::connection::Connection;

/// What API destinations and REST APIs allow (EventBridge API model); CONNECT and TRACE are not
/// among them.
pub const METHODS: [&str; 7] = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];

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

/// An API destination, and what a pipe sends to it: as its target, or as its enrichment.
#[derive(Debug)]
pub struct HttpTarget {
    /// Shared by all pipes that use it, and so is its rate.
    pub destination: Arc<Destination>,
    /// `HttpParameters`.
    pub parameters: HttpParameters,
}

/// The `HttpParameters` of a pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpParameters {
    /// For the `*` of the endpoint, from left to right.
    pub path: Vec<DynamicValue>,
    /// Headers, none of them protected.
    pub headers: Vec<(HeaderName, DynamicValue)>,
    /// For the query string; keys may come from the event, too.
    pub query: Vec<(DynamicValue, DynamicValue)>,
}

/// A value that stands as it is, or comes from the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DynamicValue {
    /// As it stands.
    Literal(String),
    /// Whatever stands there in the event, before it is transformed.
    Path(Path),
}

/// Why an event cannot become a call: the customer's error, in AWS's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call cannot be made: {0}")]
pub struct PlanError(String);

impl DynamicValue {
    /// A text that is a path is looked up in the event, any other stands for itself.
    ///
    /// # Errors
    /// It starts like a path and is none.
    pub fn parse(text: &str) -> Result<DynamicValue, String> {
        if !text.starts_with("$.") && text != "$" {
            return Ok(DynamicValue::Literal(text.to_owned()));
        }
        Path::parse(text)
            .map(DynamicValue::Path)
            .map_err(|error| error.to_string())
    }

    /// The text for this event; `None` when the event has nothing there, or null.
    fn text<'v>(&'v self, event: &'v Event) -> Option<Cow<'v, str>> {
        let path = match self {
            DynamicValue::Literal(text) => return Some(Cow::Borrowed(text)),
            DynamicValue::Path(path) => path,
        };
        match event.find(path)? {
            Cow::Borrowed(Value::String(text)) => Some(Cow::Borrowed(text)),
            Cow::Borrowed(Value::Null) => None,
            other => Some(Cow::Owned(other.to_string())),
        }
    }
}

/// What goes into a query string. A value that the event does not have is sent empty, as AWS does
/// it; a name that it does not have leaves nothing to send.
fn query<'p>(
    parameters: &'p HttpParameters,
    event: &'p Event,
) -> impl Iterator<Item = (Cow<'p, str>, Cow<'p, str>)> {
    let text = |(key, value): &'p (DynamicValue, DynamicValue)| {
        Some((key.text(event)?, value.text(event).unwrap_or_default()))
    };
    parameters.query.iter().filter_map(text)
}

/// Puts headers on; one whose value the event does not have is sent empty, as AWS does it.
fn put_headers(
    parameters: &HttpParameters,
    event: &Event,
    headers: &mut HeaderMap,
) -> Result<(), PlanError> {
    for (name, value) in &parameters.headers {
        let text = value.text(event).unwrap_or_default();
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
            PlanError(format!(
                "the value for header {name} holds a control character"
            ))
        })?;
        headers.insert(name, value);
    }
    Ok(())
}

/// Takes a list apart, by the sizes of its elements, into runs of `most` elements of `largest`
/// together. One that is too large stands alone.
pub fn parts(sizes: impl Iterator<Item = usize>, most: usize, largest: usize) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut end, mut sum) = (Vec::new(), 0, 0, 0);
    for size in sizes {
        if end > start && (end - start >= most || sum + size > largest) {
            parts.push(start..end);
            (start, sum) = (end, 0);
        }
        sum += size;
        end += 1;
    }
    if end > start {
        parts.push(start..end);
    }
    parts
}

#[cfg(test)]
mod tests;
