//! The emulator as a process of its own, so that a story can kill it.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    emulator::Cli::parse().main()
}
