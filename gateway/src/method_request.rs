//! The method request: what a client sends to a method.
//!
//! A [`Request`] is a value: the server fills it from the connection, and everything after that is
//! pure. What a method may ask of a request before its integration sees it (an API
//! key, a validator, required parameters) belongs into this folder.

mod context;
mod parameters;
mod request;
mod sources;

pub(crate) use parameters::{is_hidden, title_case};
pub use request::Request;
pub(crate) use request::{is_json, media_type, parse_query};
pub(crate) use sources::{ContextFields, Sources, in_json};
