//! The publisher as a program of its own.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    kit::program::run("pub", publisher::Cli::parse().prepare(), publisher::run)
}
