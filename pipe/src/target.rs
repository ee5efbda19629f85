//! Where events go: API destinations and SQS queues, and what an event becomes for them. Pure.
//!
//! `call` plans the request to an API destination, `queue` the message for a queue. Values may come from the event by
//! a path (fact sheet, section 11). Sending and judging are elsewhere.

mod call;
mod endpoint;
mod queue;

pub use call::{Draft, PROTECTED, plan};
pub use endpoint::Endpoint;
pub use queue::{Entry, Outlet};

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, Method};
use serde_json::Value;

use crate::connection::Connection;
use crate::event::Event;
use crate::path::Path;

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
pub struct Invocation {
    /// Shared by all pipes that use it, and so is its rate.
    pub destination: Arc<Destination>,
    /// `HttpParameters`.
    pub parameters: HttpParameters,
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

#[cfg(test)]
mod tests;
