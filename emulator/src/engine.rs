//! All queues: a state machine without a clock, without I/O, and without the bodies of messages.
//!
//! Time and input are arguments. What must be stored, which receivers may wake up and which content
//! may be dropped is returned as [`Pending`]; [`Engine::next_wakeup`] says when to call again. The
//! engine knows nothing of HTTP, JSON or files.

mod ages;
mod arn;
mod attributes;
mod content;
mod definition;
mod delivery;
mod effect;
mod expiry;
mod fifo;
mod ids;
pub(crate) mod limits;
mod list;
mod machine;
mod manage;
mod message;
mod move_tasks;
mod peek;
mod pending;
mod queue;
mod receive;
mod replay;
mod schedule;
mod send;
mod settle;
mod slab;
mod task;
#[cfg(test)]
mod tests;
mod transfer;
mod wake;

pub use arn::QueueArn;
pub use attributes::Attributes;
pub(crate) use attributes::{FifoAttributes, Redrive, RedriveAllow};
pub use content::Content;
pub(crate) use content::{AttributeData, AttributeValue, Fingerprint, fingerprint};
pub(crate) use definition::{Purge, QueueDefinition};
pub(crate) use delivery::{Delivery, Receipt};
pub(crate) use effect::{Effect, Snapshot, StoredMessage};
pub use ids::QueueId;
pub(crate) use ids::{Location, MessageKey, MessageState, Serial};
pub use machine::Engine;
pub(crate) use move_tasks::MoveError;
pub(crate) use peek::{PeekFilter, PeekedMessage};
pub(crate) use queue::{Counts, Queue};
pub(crate) use receive::ReceiveRequest;
pub use send::NewMessage;
pub(crate) use send::Sent;
pub(crate) use settle::SettleError;
pub(crate) use task::{MoveFailure, MoveStatus, MoveTask};
