#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod action;
mod clock;
mod config;
mod cors;
mod endpoint;
mod engine;
mod events;
mod fault;
mod lines;
mod localstack;
mod memory;
mod node;
mod opened;
mod permission;
mod protocol;
mod region;
pub mod s3;
mod server;
mod signature;
mod stats;
mod store;
mod sts;

pub use action::Cooldowns;
pub use config::{Cli, EmulatorArgs, Prepared, run};
pub use endpoint::Strategy;
pub use engine::{Attributes, Content, Engine, NewMessage, QueueArn, QueueId};
pub use memory::Bytes;
pub use node::{Node, Tuning};
pub use opened::{Opened, Settings, open, open_with};
pub use server::Emulator;
pub use signature::Credentials;
