//! Control: what the admin port shows of the pipes, and how it starts and stops one.
//!
//! Knows pipes as declared, their state and what filters turned away; asks a queue only whether it
//! answers. Never delivers anything: changes of state are passed on to `run`, which imports this
//! room and not the other way round.

pub mod api;
pub mod filtered;
pub mod http;
pub mod registry;
pub mod state;
