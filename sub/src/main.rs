//! The subscriber as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::program::main("sub", subscriber::Cli::prepare, subscriber::run)
}
