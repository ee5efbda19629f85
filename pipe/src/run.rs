//! Run: the program itself. Builds a worker for each pipe of the definition, starts and stops it,
//! and reports what it does.
//!
//! The top room: it may import every other room, and none imports it.

pub(crate) mod builder;
mod find_queue;
mod giving_up;
mod metrics;
mod reload_summary;
mod report;
pub(crate) mod service;
mod supervisor;
mod worker;
