//! The emulator as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::program::main("emulator", emulator::Cli::prepare, emulator::run)
}
