//! SendMessage and SendMessageBatch in the JSON protocol of SQS. Pure.
//!
//! Through the SDK each of these requests costs three times the CPU time.

mod reply;
mod request;
#[cfg(test)]
mod tests;

pub(super) use reply::{EntryResult, Said, read, results};
pub(super) use request::call;
