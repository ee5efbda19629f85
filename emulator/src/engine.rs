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
pub mod limits;
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
pub use attributes::{Attributes, FifoAttributes, Redrive, RedriveAllow};
pub use content::{AttributeData, AttributeValue, Content, Fingerprint, fingerprint};
pub use definition::{Purge, QueueDefinition};
pub use delivery::{Delivery, Receipt};
pub use effect::{Effect, Snapshot, StoredMessage};
pub use ids::{Location, MessageKey, MessageState, QueueId, Serial};
pub use machine::Engine;
pub use move_tasks::MoveError;
pub use peek::{PeekFilter, PeekedMessage};
pub use queue::{Counts, Queue};
pub use receive::ReceiveRequest;
pub use send::{NewMessage, Sent};
pub use settle::SettleError;
pub use task::{MoveFailure, MoveStatus, MoveTask};
