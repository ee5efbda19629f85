//! The frame of every program: prepare, then serve until a stop signal.
//!
//! What goes wrong before a port is open (settings, definitions, busy addresses) ends with exit
//! code 2 and one clear line on stderr; what goes wrong later ends with exit code 1.

use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser};
use tokio_util::sync::CancellationToken;

use crate::health::{Address, HealthArgs};
use crate::{admin, aws, cli, console, descriptors, registry, serve, telemetry, time};

/// The command line of a program that serves.
pub trait Settings: Parser + Args {
    /// Where a program with these settings can be asked whether it is ready.
    fn health(&self) -> Address;
}

/// A program's command line, with the verb `health`.
#[derive(Debug, Clone)]
pub struct Program<C> {
    cli: C,
    health: Option<HealthArgs>,
}

impl<C: Settings> Program<C> {
    /// Runs the verb `health` if it was given, else the program, as [`run`].
    pub fn start<P, A, F>(
        self,
        name: &str,
        prepare: impl FnOnce(C) -> A,
        serve: impl FnOnce(P, CancellationToken) -> F,
    ) -> ExitCode
    where
        A: Future<Output = anyhow::Result<P>>,
        F: Future<Output = anyhow::Result<()>>,
    {
        match self.health {
            Some(health) => health.run(name, Some(self.cli.health())),
            None => run(name, prepare(self.cli), serve),
        }
    }
}

fn with_health(command: Command) -> Command {
    let health = HealthArgs::augment_args(Command::new("health"));
    let health = health.mut_arg("address", |address| {
        address.help(
            "Where to ask: host:port, :port or port, perhaps with a path [default: where the \
             environment has this program listen]",
        )
    });
    command
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand(health)
}

impl<C: Settings> Parser for Program<C> {}

impl<C: Settings> CommandFactory for Program<C> {
    fn command() -> Command {
        with_health(C::command())
    }

    fn command_for_update() -> Command {
        with_health(C::command_for_update())
    }
}

impl<C: Settings> Args for Program<C> {
    fn augment_args(command: Command) -> Command {
        with_health(C::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        with_health(C::augment_args_for_update(command))
    }
}

impl<C: Settings> FromArgMatches for Program<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Program<C>, clap::Error> {
        let health = matches.subcommand_matches("health");
        Ok(Program {
            cli: C::from_arg_matches(matches)?,
            health: health.map(HealthArgs::from_arg_matches).transpose()?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Program::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Runs a program that is a process of its own: reads its command line, then as
/// [`Program::start`].
pub fn main<C, P, A, F>(
    name: &str,
    prepare: impl FnOnce(C) -> A,
    serve: impl FnOnce(P, CancellationToken) -> F,
) -> ExitCode
where
    C: Settings,
    A: Future<Output = anyhow::Result<P>>,
    F: Future<Output = anyhow::Result<()>>,
{
    match cli::parse::<Program<C>>() {
        Ok(program) => program.start(name, prepare, serve),
        Err(code) => code,
    }
}

/// Runs a program: `prepare` reads settings and binds ports, `serve` runs until its token is
/// cancelled by SIGTERM or SIGINT. `name` stands in front of error messages.
pub fn run<P, F>(
    name: &str,
    prepare: impl Future<Output = anyhow::Result<P>>,
    serve: impl FnOnce(P, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = anyhow::Result<()>>,
{
    let code = run_to_end(name, prepare, serve);
    console::flush();
    code
}

fn run_to_end<P, F>(
    name: &str,
    prepare: impl Future<Output = anyhow::Result<P>>,
    serve: impl FnOnce(P, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = anyhow::Result<()>>,
{
    install_tls();
    if let Err(error) = telemetry::init() {
        return failed(name, &error.into(), 2);
    }
    registry::install();
    descriptors::raise_limit();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(name, &error.into(), 1),
    };
    runtime.block_on(async {
        if let Err(error) = serve::survive_hangups() {
            return failed(name, &error.into(), 1);
        }
        // Before the preparation, which announces the port: whoever reads that line may stop the
        // program.
        let stop = match serve::stop_on_signal() {
            Ok(stop) => stop,
            Err(error) => return failed(name, &error.into(), 1),
        };
        let prepared = tokio::select! {
            biased;
            prepared = prepare => prepared,
            () = stop.cancelled() => return ExitCode::SUCCESS,
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return failed(name, &error, 2),
        };
        tokio::spawn(admin::upkeep());
        tokio::spawn(time::report_steps());
        match serve(prepared, stop).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(name, &error, 1),
        }
    })
}

/// Makes aws-lc the process's TLS library. rustls panics when two are compiled in and none was
/// chosen.
pub fn install_tls() {
    // An error means that one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn failed(name: &str, error: &anyhow::Error, code: u8) -> ExitCode {
    console::error(format_args!("{name}: {}", aws::one_line(error)));
    ExitCode::from(code)
}
