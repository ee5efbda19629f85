//! The pipe as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("pipe", pipe::Cli::parse().prepare(), pipe::run)
}
