//! The command line: `tidegate VERB`; without a verb, `up`.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use kit::health::HealthArgs;
use kit::program::{self, Program};
use kit::{cli, console, telemetry};

use crate::{
    demo, import, invoke, lint, match_, peek, provision, redrive, render, shells, status,
    transform, up,
};

/// Server-to-server calls that survive the receiver's outage: the AWS chain API Gateway → SQS →
/// EventBridge Pipe → API destination, run anywhere.
///
/// Without a verb, runs the whole chain in this process (up).
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    up: up::Args,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run emulator, gateway, pipe, publisher and subscriber in one process
    Up(up::Args),
    Demo(demo::Args),
    Gateway(Program<gateway::Cli>),
    Pipe(Program<pipe::Cli>),
    Emulator(Program<emulator::Cli>),
    Pub(Program<publisher::Cli>),
    Sub(Program<subscriber::Cli>),
    #[command(mut_arg("address", |address| address.required(true)))]
    Health(HealthArgs),
    Provision(provision::Args),
    Import(import::Args),
    Render(render::Args),
    Match(match_::Args),
    Transform(transform::Args),
    Invoke(Box<invoke::Args>),
    Lint(Box<lint::Args>),
    Peek(peek::Args),
    Redrive(redrive::Args),
    Status(status::Args),
    Completions(shells::CompletionsArgs),
    Man(shells::ManArgs),
}

/// Reads the command line and runs the verb.
pub fn main() -> ExitCode {
    let cli: Cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.verb.unwrap_or(Verb::Up(cli.up)) {
        Verb::Up(args) => program::run("tidegate", up::prepare(args), up::run),
        Verb::Demo(args) => finish(demo::run(&args)),
        Verb::Gateway(part) => part.start("gateway", gateway::Cli::prepare, gateway::run),
        Verb::Pipe(part) => part.start("pipe", pipe::Cli::prepare, pipe::run),
        Verb::Emulator(part) => part.start("emulator", emulator::Cli::prepare, emulator::run),
        Verb::Pub(part) => part.start("pub", publisher::Cli::prepare, publisher::run),
        Verb::Sub(part) => part.start("sub", subscriber::Cli::prepare, subscriber::run),
        Verb::Health(args) => args.run("tidegate", None),
        Verb::Provision(args) => finish(asynchronous(provision::run(args))),
        Verb::Import(args) => finish(import::run(&args)),
        Verb::Render(args) => finish(render::run(&args)),
        Verb::Match(args) => finish(match_::run(&args)),
        Verb::Transform(args) => finish(transform::run(&args)),
        Verb::Invoke(args) => finish(invoke::run(&args)),
        Verb::Lint(args) => finish(lint::run(&args)),
        Verb::Peek(args) => finish(asynchronous(peek::run(args))),
        Verb::Redrive(args) => finish(asynchronous(redrive::run(args))),
        Verb::Status(args) => finish(asynchronous(status::run(args))),
        Verb::Completions(args) => finish(shells::completions(&args, Cli::command())),
        Verb::Man(args) => finish(shells::man(&args, Cli::command())),
    }
}

/// Runs a tool that calls services.
fn asynchronous(tool: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    program::install_tls();
    telemetry::init()?;
    tokio::runtime::Runtime::new()?.block_on(tool)
}

/// The exit code of a tool: its own, or 2 after an error, which is printed.
fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    let code = result.unwrap_or_else(|error| {
        // A reader that ended early has what it wanted.
        if console::is_reader_gone(&error) {
            return ExitCode::SUCCESS;
        }
        console::error(format_args!("tidegate: {}", kit::aws::one_line(&error)));
        ExitCode::from(2)
    });
    console::flush();
    code
}
