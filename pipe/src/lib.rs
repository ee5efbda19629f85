#![doc = include_str!("../README.md")]

pub mod authorizer;
pub mod breaker;
pub mod config;
pub mod connection;
pub mod courier;
pub mod definition;
pub mod event;
pub mod filter;
pub mod filtered;
mod fleet;
pub mod flow;
mod gather;
pub mod held;
pub mod invoker;
pub mod journal;
pub mod outbox;
pub mod pace;
pub mod path;
pub mod pattern;
pub mod reload;
pub mod report;
pub mod retry;
mod service;
pub mod settle;
pub mod source;
pub mod target;
pub mod transform;
pub mod webhook;
pub mod worker;

pub use config::{Cli, Settings};
pub use service::run;
