//! Targets and enrichments of a pipe, and what an event becomes for them. Pure.
//!
//! `call` plans the request to an API destination, `api` the one to a REST API, `queue` the message
//! for a queue. Of the other AWS services, a `feed` takes entries (`bus`, `topic`, `stream`, `log`)
//! and a `program` takes the whole batch (`function`, `workflow`); their requests have the forms of
//! AWS's API models. Values may come from the event by a path (`docs/aws/pipes.md#dynamic-paths`).
//! `connection` holds credentials, `webhook` signs by the Standard Webhooks scheme. The room
//! `execution` sends the requests.
//!
//! The room imports `event`, `flow` (the causes of failures) and `arn`.

mod api;
mod bus;
mod call;
pub(crate) mod connection;
mod destination;
mod dynamic;
mod endpoint;
mod entry;
mod feed;
mod function;
mod http_parameters;
mod invocation_type;
mod json;
mod log;
mod partial;
mod program;
mod queue;
mod refusal;
mod service;
mod split;
mod stream;
mod topic;
pub mod webhook;
mod workflow;

pub(crate) use api::PROHIBITED;
pub use api::RestApi;
pub(crate) use bus::{Bus, BusParameters};
pub(crate) use call::{PROTECTED, PlannedCall, plan};
pub use destination::{Destination, HttpTarget};
pub(crate) use dynamic::{DynamicValue, PlanError};
pub use endpoint::Endpoint;
pub(crate) use entry::FeedEntry;
pub use feed::Feed;
pub(crate) use function::Function;
pub(crate) use http_parameters::{HttpParameters, METHODS};
pub(crate) use invocation_type::InvocationType;
pub(crate) use json::check_json;
pub(crate) use log::{LONGEST_NAME, LogGroup};
pub use program::Program;
pub(crate) use queue::QueueEntry;
pub use queue::QueueTarget;
pub(crate) use refusal::Refusal;
pub(crate) use service::ServiceRequest;
pub(crate) use split::split;
pub(crate) use stream::{LONGEST_KEY, Stream};
pub(crate) use topic::Topic;
pub(crate) use workflow::Workflow;

#[cfg(test)]
mod tests;
