//! From HTTP to actions and back: which service and protocol a request speaks, who sends it, and
//! what it asks for. Pure: headers and bytes in, an action and its rendering out.
//!
//! See `docs/aws/sqs.md#queues-and-their-addresses`, `docs/aws/sqs.md#json-protocol` and
//! `docs/aws/sqs.md#query-protocol`.

mod caller;
mod detect;
mod head;
pub(crate) mod json;
pub(crate) mod query;
mod services;
#[cfg(test)]
mod tests;

pub(crate) use caller::{ACCOUNT, caller};
pub(crate) use detect::Protocol;
pub(crate) use head::{TARGET, header, is_form, is_queue_path};
pub(crate) use services::{ErrorFormat, UnsupportedService, error_body};
