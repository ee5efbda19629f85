//! Execution: takes events through enrichment and target, and reports how each of them ended.
//!
//! What AWS calls an execution: one batch of events, its stages, and the invocations in them. The
//! room sends calls, and tells the execution log and nobody else what it does. Which event comes
//! when, and what a failure means for the message, is decided in `flow`; what is sent is planned in
//! `targets`.

pub mod api_destination;
pub mod aws;
pub mod executor;
mod feeder;
mod head;
mod line;
mod request;
mod road;
mod runner;
mod stage;
mod tally;
pub mod token;
pub mod unended;
mod unpack;

pub use feeder::Feeder;
pub use line::Line;
pub use road::{Enricher, Road};
pub use runner::Runner;
pub use tally::{Ending, Execution, Outcome};
