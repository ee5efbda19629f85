#![doc = include_str!("../README.md")]
//!
//! # Rooms
//!
//! From the roof to the ground; no room imports one above it:
//!
//! | room | what it holds |
//! |---|---|
//! | `run` | the program: starts, watches and stops a worker for each pipe |
//! | `control` | what the admin port shows and changes |
//! | `execution` | one execution: its stages, and the invocations in them |
//! | [`test_invoke`] | one message through a pipe without sending anything |
//! | `sqs` | the source queue, and queues as targets |
//! | [`config`], [`definition`] | settings; pipes as declared |
//! | `execution_log`, [`targets`] | log records; an event to the call that invokes a target |
//! | `flow`, [`transform`] | when which message is delivered, retried, given up; input templates |
//! | [`event`] | a message as pipes show it, its JSON paths and filters |
//! | [`arn`], [`pattern`], `redact` | the ground: values and text |
#![warn(unreachable_pub)]

pub mod config;
mod control;
pub mod definition;
pub mod event;
mod execution;
mod execution_log;
mod flow;
pub mod outbox;
pub mod pattern;
mod redact;
mod run;
mod sqs;
pub mod targets;
pub mod test_invoke;
pub mod transform;

pub use config::{Cli, PipeArgs, Settings};
pub use run::service::run;
