//! The emulator as a process of its own, so that a story can kill it.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("emulator", emulator::Cli::parse().prepare(), emulator::run)
}
