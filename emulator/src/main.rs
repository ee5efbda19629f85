//! The emulator as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("emulator", emulator::Cli::parse().prepare(), emulator::run)
}
