//! The pipe as a program of its own.

use std::process::ExitCode;

/// Every event is a few hundred small allocations, handed from thread to thread, which the C
/// library's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kit::program::main("pipe", pipe::Cli::prepare, pipe::run)
}
