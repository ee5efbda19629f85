//! The AWS SDK for Rust as a client of the real server: the server understands what the SDK sends,
//! and the SDK's own checks pass.

#![allow(clippy::unwrap_used, reason = "a test")]

mod messages;
mod objects;
mod server;
mod signatures;
