//! Stages: which stage of which API a request is for, and what becomes of it there.
//!
//! [`route`] is pure. The rooms of what a stage adds to its methods are `cache`, `access_log` and
//! `execution_log`.

mod address;
mod resource;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use address::{asked_host, host_name};
pub(crate) use route::unrouted;
pub use route::{NoRoute, Route, route};
