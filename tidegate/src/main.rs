//! `tidegate VERB`; without a verb, `up`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kit::console;
use tidegate::{match_, provision, render, transform, up};

/// Server-to-server calls that survive the receiver's outage: API Gateway → SQS → Pipe → API
/// destination, anywhere.
///
/// Without a verb, `up`: the whole chain in this process.
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
    /// Emulator, gateway, pipe, publisher and subscriber in one process
    Up(up::Args),
    Provision(provision::Args),
    /// A mapping template with a body and parameters, to text
    Render(render::Args),
    /// An event against an event pattern: yes or no, and why
    Match(match_::Args),
    /// An event through an input template, to text
    Transform(transform::Args),
}

fn main() -> ExitCode {
    let cli: Cli = match kit::cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    match cli.verb.unwrap_or(Verb::Up(cli.up)) {
        Verb::Up(args) => kit::program::run("tidegate", args.prepare(), up::run),
        Verb::Provision(args) => provision(args),
        Verb::Render(args) => done(render::run(&args)),
        Verb::Match(args) => done(match_::run(&args)),
        Verb::Transform(args) => done(transform::run(&args)),
    }
}

fn provision(args: provision::Args) -> ExitCode {
    kit::program::install_tls();
    if let Err(error) = kit::telemetry::init() {
        return done(Err(error.into()));
    }
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => done(runtime.block_on(provision::run(args))),
        Err(error) => done(Err(error.into())),
    }
}

fn done(result: anyhow::Result<ExitCode>) -> ExitCode {
    let code = result.unwrap_or_else(|error| {
        // Whoever reads only the first lines has what they wanted.
        if console::is_reader_gone(&error) {
            return ExitCode::SUCCESS;
        }
        console::error(format_args!("tidegate: {}", kit::aws::one_line(&error)));
        ExitCode::from(2)
    });
    console::flush();
    code
}
