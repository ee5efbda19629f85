//! The gateway under clients that behave badly, as a process of its own. With `TIDEGATE_FULL=1` the
//! numbers are those of a bad day; without it, they are such that they show the same in seconds.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "hardening/client.rs"]
mod client;
#[path = "hardening/connections.rs"]
mod connections;
#[path = "hardening/http2.rs"]
mod http2;
#[path = "hardening/process.rs"]
mod process;
#[path = "hardening/reloads.rs"]
mod reloads;
#[path = "hardening/uploads.rs"]
mod uploads;
#[path = "hardening/wire.rs"]
mod wire;

/// Whether the full numbers are asked for.
fn is_full() -> bool {
    std::env::var("TIDEGATE_FULL").is_ok_and(|value| value == "1")
}

/// `full` if the full numbers are asked for.
fn sized<T>(small: T, full: T) -> T {
    if is_full() { full } else { small }
}
