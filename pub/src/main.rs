//! The publisher as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::program::main("pub", publisher::Cli::prepare, publisher::run)
}
