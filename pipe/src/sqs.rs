//! SQS: receives from the source queue, deletes and hides its messages, and sends to queues that
//! are targets.
//!
//! The only room that speaks SQS. It obeys: which message is settled how, and when to receive
//! again, is decided in `flow`.

pub mod batcher;
pub mod clients;
pub mod error;
pub mod queue;
pub mod send;
pub mod settle;
pub mod wire;
