//! SQS: receives from the source queue, deletes and hides its messages, and sends to queues that
//! are targets.
//!
//! The only room that speaks SQS. It obeys: which message is settled how, and when to receive
//! again, is decided in `flow`.

pub(crate) mod address;
pub(crate) mod attributes;
pub(crate) mod batcher;
pub(crate) mod clients;
pub(crate) mod error;
pub(crate) mod queue;
pub(crate) mod send;
pub(crate) mod settle;
mod wire;
