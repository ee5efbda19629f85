//! The gateway as a program of its own.

use std::process::ExitCode;

/// Large payloads are given back to the system when they are answered, which the C library's
/// allocator does late or never.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kit::program::main("gateway", gateway::Cli::prepare, gateway::run)
}
