//! The gateway as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::program::main("gateway", gateway::Cli::prepare, gateway::run)
}
