#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

mod cases;
mod cli;
mod demo;
mod invoke;
mod lint;
mod match_;
pub mod provision;
mod render;
mod transform;
pub mod up;

pub use cli::main;
