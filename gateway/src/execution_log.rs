//! The execution log: what happened to one request, step by step, in API Gateway's own words. See
//! `docs/aws/api-gateway.md#execution-log`.
//!
//! Nothing is recorded unless somebody asked: the stage by its `LoggingLevel` (then
//! `--execution-log` names the file), or an operator on the admin port, for the next request or for
//! a certain one. [`Recording`], `lines` and `demand` are pure; `keeper` (door) holds the lock and
//! writes, `routes` (door) answers the operator.

mod demand;
mod keeper;
mod lines;
mod masking;
mod recording;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use keeper::ExecutionLogs;
pub(crate) use lines::{begun, ended, received, sent};
pub(crate) use masking::{header_value as shown_header, url as shown_url};
pub(crate) use recording::Recording;
pub(crate) use routes::routes;
