//! EventBridge Pipes, run anywhere.

pub mod event;
pub mod path;
pub mod pattern;
pub mod transform;
