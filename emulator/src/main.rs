//! The emulator as a program of its own.

use std::process::ExitCode;

/// Every message is a few dozen small allocations, handed from thread to thread, which the C
/// library's allocator is slow at: a tenth of the time of a SendMessage was in it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kit::program::main("emulator", emulator::Cli::prepare, emulator::run)
}
