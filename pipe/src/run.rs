//! Run: the program itself. Builds a worker for each pipe of the definition, starts and stops it,
//! and counts what it does.
//!
//! The top room: it may import every other one, and none imports it.

pub(crate) mod builder;
mod reload_summary;
mod report;
pub mod service;
mod supervisor;
mod worker;
