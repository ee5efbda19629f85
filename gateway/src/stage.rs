//! Stages: which stage of which API a request is for, and what becomes of it there.
//!
//! [`route`] is pure. What a stage adds to its methods (throttles, a response cache, a canary) and
//! the log that it keeps of requests belong into this folder.

mod access_log;
mod address;
mod resource;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use access_log::AccessLine;
pub(crate) use address::host_name;
pub(crate) use route::unrouted;
pub use route::{NoRoute, Route, route};
