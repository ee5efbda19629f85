//! The gateway as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("gateway", gateway::Cli::parse().prepare(), gateway::run)
}
