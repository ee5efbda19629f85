//! EventBridge's PutEvents. Pure: the request in, events and answers out.
//!
//! A rule of an event bus is run by the pipe program, which reads a queue of the rule's own. Such a
//! queue says by a tag which bus it reads: every event of that bus is stored in it, as
//! a message of its own, before the request is answered. So events are as durable as messages, and
//! a rule whose target is down holds up no other rule. Patterns are not known here: the pipe drops
//! what its rule does not match. See `docs/aws/events.md#here`.

mod entry;
mod failure;
mod fault;
mod put;

pub(crate) use entry::ReadyEvent;
pub(crate) use failure::Failure;
pub(crate) use fault::EventsFault;
pub(crate) use put::{PutEvents, Results, read};

/// In front of the action's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "AWSEvents.";
