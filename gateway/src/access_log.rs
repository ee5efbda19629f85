//! The access log: a line a request, in the format of the request's stage. See
//! `docs/aws/api-gateway.md#access-log`.
//!
//! [`render`] is pure. `destination` (door) hands the line to a file or to standard output and
//! never waits for either. Without `--access-log`, the line is one of the program's own log.

mod answered;
mod args;
mod destination;
mod fields;
mod render;
#[cfg(test)]
mod tests;

pub(crate) use answered::{Answered, Served};
pub use args::LogArgs;
pub(crate) use destination::AccessLog;
pub(crate) use fields::LogFields;
