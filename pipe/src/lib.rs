//! EventBridge Pipes, run anywhere.

pub mod pattern;
