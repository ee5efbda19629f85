//! The programs as processes of their own, so that a story can kill them: `house emulator …`,
//! `house pipe …`.

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
    Gateway(gateway::Cli),
    Pipe(pipe::Cli),
    Pub(publisher::Cli),
    Sub(subscriber::Cli),
    Up(tidegate::up::Args),
    /// Has a bug in each of its tasks, and ends well.
    Panics,
}

async fn panics() -> anyhow::Result<()> {
    for number in 0..100 {
        let task = tokio::spawn(async move { panic!("the bug of task {number}") });
        anyhow::ensure!(
            task.await.is_err_and(|error| error.is_panic()),
            "task {number} has no bug"
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let House { program } = match cli::parse() {
        Ok(house) => house,
        Err(code) => return code,
    };
    match program {
        Program::Emulator(cli) => program::run("emulator", cli.prepare(), emulator::run),
        Program::Gateway(cli) => program::run("gateway", cli.prepare(), gateway::run),
        Program::Pipe(cli) => program::run("pipe", cli.prepare(), pipe::run),
        Program::Pub(cli) => program::run("pub", cli.prepare(), publisher::run),
        Program::Sub(cli) => program::run("sub", cli.prepare(), subscriber::run),
        Program::Up(args) => program::run("tidegate", args.prepare(), tidegate::up::run),
        Program::Panics => program::run("panics", async { Ok(()) }, |(), _| panics()),
    }
}
