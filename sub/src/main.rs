//! The subscriber as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("sub", subscriber::Cli::parse().prepare(), subscriber::run)
}
