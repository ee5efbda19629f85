//! A value that is fixed, or that comes from the event by a path. Pure.

use std::borrow::Cow;

use serde_json::Value;

use crate::event::Event;
use crate::event::path::Path;

/// A value in the parameters of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DynamicValue {
    /// A fixed text.
    Literal(String),
    /// Whatever the event, before it is transformed, has at this path.
    Path(Path),
}

impl DynamicValue {
    /// Reads a value: a text that begins like a path is one, any other is fixed.
    ///
    /// # Errors
    /// The text begins like a path and is not a valid one.
    pub(crate) fn parse(text: &str) -> Result<DynamicValue, String> {
        if !text.starts_with("$.") && text != "$" {
            return Ok(DynamicValue::Literal(text.to_owned()));
        }
        Path::parse(text)
            .map(DynamicValue::Path)
            .map_err(|error| error.to_string())
    }

    /// The text for this event; `None` when the event has nothing there, or null.
    pub(super) fn text<'v>(&'v self, event: &'v Event) -> Option<Cow<'v, str>> {
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

    /// The elements, where the event has a list there.
    pub(super) fn list<'v>(&self, event: &'v Event) -> Option<&'v Vec<Value>> {
        let DynamicValue::Path(path) = self else {
            return None;
        };
        match event.find(path)? {
            Cow::Borrowed(Value::Array(list)) => Some(list),
            _ => None,
        }
    }

    /// The text for this event, which must not be empty.
    ///
    /// # Errors
    /// The event has no text for `name`.
    pub(super) fn required<'v>(
        &'v self,
        event: &'v Event,
        name: &str,
    ) -> Result<Cow<'v, str>, PlanError> {
        self.text(event)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| PlanError(format!("the event has no value for {name}")))
    }
}

/// Why an event cannot become a request: the customer's error, in AWS's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be made: {0}")]
pub(crate) struct PlanError(pub(super) String);
