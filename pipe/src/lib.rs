//! EventBridge Pipes, run anywhere.

pub mod breaker;
pub mod connection;
pub mod definition;
pub mod event;
pub mod filter;
pub mod flow;
pub mod held;
pub mod pace;
pub mod path;
pub mod pattern;
pub mod retry;
pub mod target;
pub mod transform;
