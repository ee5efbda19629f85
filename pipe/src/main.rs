//! The pipe as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

/// Every event is a few hundred small allocations, handed from thread to thread, which the C library's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kit::program::run("pipe", pipe::Cli::parse().prepare(), pipe::run)
}
