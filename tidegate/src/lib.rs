#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod cases;
mod cli;
mod demo;
mod import;
mod invoke;
mod lint;
mod match_;
mod peek;
pub mod provision;
mod queues;
mod redrive;
mod render;
mod shells;
mod status;
mod transform;
pub mod up;

pub use cli::main;
