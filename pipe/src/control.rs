//! Control: what the admin port shows of the pipes, and how it starts and stops one.
//!
//! Knows pipes as declared, their state, and the messages that no filter matched; asks a queue only
//! whether it answers. Never delivers anything: commands are passed on to `run`, which imports this
//! room, and not the other way round.

pub(crate) mod api;
pub(crate) mod filtered;
pub(crate) mod http;
pub(crate) mod registry;
pub(crate) mod state;
