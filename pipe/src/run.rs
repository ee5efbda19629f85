//! Run: the program itself. Builds a worker for each pipe of the definition, starts and stops it,
//! and counts what it does.
//!
//! The top room: it may import every other one, and none imports it.

pub mod build;
pub mod metrics;
pub mod replaced;
pub mod service;
pub mod supervisor;
pub mod worker;
