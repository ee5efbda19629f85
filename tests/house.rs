//! The programs as processes of their own, so that a story can kill them: `house emulator …`, `house pipe …`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kit::{cli, program};

#[derive(Debug, Parser)]
struct House {
    #[command(subcommand)]
    program: Program,
}

#[derive(Debug, Subcommand)]
enum Program {
    Emulator(emulator::Cli),
    Pipe(pipe::Cli),
}

fn main() -> ExitCode {
    let House { program } = match cli::parse() {
        Ok(house) => house,
        Err(code) => return code,
    };
    match program {
        Program::Emulator(cli) => program::run("emulator", cli.prepare(), emulator::run),
        Program::Pipe(cli) => program::run("pipe", cli.prepare(), pipe::run),
    }
}
