//! All queues, durable: the engine, the store and the receivers that wait.
//!
//! An action takes one way: `admission` decides whether it can be carried out; `execute` changes
//! the engine, hands what happened to the store under the same lock, waits until it is durable, and
//! returns the result. Long polls wait in `receive`, not in the engine; `upkeep` holds the work
//! that no request asks for.

mod admission;
mod events;
mod execute;
mod meter;
mod open;
mod receive;
mod state;
mod stats;
#[cfg(test)]
mod tests;
mod upkeep;

pub use open::Tuning;
pub use state::Node;
