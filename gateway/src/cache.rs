//! The response cache of a stage. See `docs/aws/api-gateway.md#cache`.
//!
//! [`plan()`] (pure) decides for one request whether and under which key its response is cached;
//! [`ResponseCache`] (door: a lock, no I/O) keeps the responses within its memory. `entries` is the
//! core, and takes the time as an argument.

mod entries;
mod invalidation;
mod key;
mod plan;
mod responses;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use plan::{plan, warn};
pub(crate) use responses::ResponseCache;
pub(crate) use routes::routes;
