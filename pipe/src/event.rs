//! An event on its way through a pipe, paths into it, and the filters that it must pass. Pure.
//!
//! `message` is an SQS message as it was received, `record` the event that pipes show of it.
//! Nothing here knows how messages are received and settled. The room imports `pattern` alone.

pub mod filter;
mod known_fields;
mod message;
pub mod path;
mod record;

pub use known_fields::{NeverMet, UnknownField, unknown_field};
pub use message::{Message, MessageAttribute};
pub use record::Event;

#[cfg(test)]
mod tests;
