//! The frame of every program: prepare, then serve until told to stop.
//!
//! What goes wrong before a port is open (settings, definitions, busy addresses) ends with exit
//! code 2 and one clear line on stderr; what goes wrong later ends with exit code 1.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::{admin, aws, cli, console, descriptors, registry, serve, telemetry, time};

/// Runs a program that is a process of its own: reads its command line, then as [`run`].
pub fn main<C, P, A, F>(
    name: &str,
    prepare: impl FnOnce(C) -> A,
    serve: impl FnOnce(P, CancellationToken) -> F,
) -> ExitCode
where
    C: clap::Parser,
    A: Future<Output = anyhow::Result<P>>,
    F: Future<Output = anyhow::Result<()>>,
{
    cli::parse().map_or_else(|code| code, |cli| run(name, prepare(cli), serve))
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
        let prepared = match prepare.await {
            Ok(prepared) => prepared,
            Err(error) => return failed(name, &error, 2),
        };
        let stop = match serve::stop_on_signal() {
            Ok(stop) => stop,
            Err(error) => return failed(name, &error.into(), 1),
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
