//! `tidegate demo`: plays an outage of the subscriber with the real chain, and counts.
//!
//! The chain is `tidegate up` with the built-in template, the subscriber is `tidegate sub`: both
//! are child processes of this binary, so that the subscriber can be killed as by `kill -9`.

mod chain;
mod child;
mod client;
mod counts;
mod screen;
mod story;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use kit::{cli, program, serve};

use chain::ChainProcess;
use screen::Screen;
use story::Story;

/// Play an outage: publish, kill the subscriber, publish on, start it again, and count.
///
/// Runs the chain of the built-in template.yaml on free ports of this machine, with its data in a
/// temporary folder, which is removed at the end.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Exit code: 0 every message arrived and none is dead, 1 a message is missing or \
                  dead, 2 the demo could not be played."
)]
pub(crate) struct Args {
    /// Events to publish, half of them while the subscriber is dead
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = cli::number(2_u32..=100_000, "a count"))]
    messages: u32,
    /// Seconds to wait for each step before the demo gives up
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = cli::number(1_u64..=3600, "seconds"))]
    patience: u64,
    /// Keep the data folder and the logs, and print where they are
    #[arg(long)]
    keep: bool,
}

/// Runs the verb.
///
/// # Errors
/// The demo could not be played: a process did not start, ended by itself, or did not get on.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    program::install_tls();
    tokio::runtime::Runtime::new()?.block_on(async {
        let stop = serve::stop_on_signal()?;
        tokio::select! {
            played = play(args) => played,
            () = stop.cancelled() => Err(anyhow::anyhow!("the demo was stopped before its end")),
        }
    })
}

/// Plays in a temporary folder, which goes at the end unless it is to be kept.
async fn play(args: &Args) -> anyhow::Result<ExitCode> {
    let screen = Screen::new();
    let folder = tempfile::Builder::new()
        .prefix("tidegate-demo-")
        .tempdir()
        .context("cannot make a temporary folder (set TMPDIR to a folder that can be written)")?;
    let result = play_in(folder.path(), args, &screen).await;
    if args.keep {
        let folder = folder.keep();
        let path = folder.display();
        screen.line(&format!(
            "The logs are kept in {path}. To look at the queues and objects: \
             tidegate up --data {path}/data"
        ))?;
    }
    result
}

async fn play_in(folder: &Path, args: &Args, screen: &Screen) -> anyhow::Result<ExitCode> {
    let patience = Duration::from_secs(args.patience);
    let mut chain = ChainProcess::start(folder, patience).await?;
    let story = Story::new(&mut chain, screen, patience).await?;
    let played = story.play(args.messages).await;
    chain.stop().await;
    Ok(ExitCode::from(u8::from(!played?)))
}
