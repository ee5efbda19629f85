//! The JSON protocol of SQS, as far as every message takes part in it: receives, deletes, changes
//! of visibility, sends. Pure.
//!
//! Through the SDK each of these requests costs three times the CPU time, most of all for reading
//! ten messages. Requests that are rare are left to the SDK.

mod reply;
mod request;

pub(super) use reply::{FailedEntry, failed, is_about_content, is_transient, messages, sent};
pub(super) use request::{Action, Delete, Hide, Receive, SendBatch};

#[cfg(test)]
mod tests;
