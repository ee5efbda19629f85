//! Door: the prepared programs of a chain, run in one process until a stop signal.

use std::collections::BTreeSet;
use std::net::TcpListener;

use anyhow::Context as _;
use aws_config::SdkConfig;
use kit::console;
use kit::definition::Declarations;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::banner::Banner;
use super::provisioning::provision_all;
use super::reload::Reload;
use super::undeclared::UndeclaredQueue;
use crate::provision::buckets;
use crate::provision::rules::RuleQueues;

/// A chain that is ready to start: everything is read, and every port is bound. A program that the
/// definition has no work for is `None`.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(super) emulator: emulator::Opened,
    pub(super) gateway: Option<gateway::Settings>,
    pub(super) pipe: Option<pipe::Settings>,
    pub(super) publisher: Option<publisher::Settings>,
    pub(super) subscriber: Option<subscriber::Settings>,
    /// The emulator's port.
    pub(super) listener: TcpListener,
    pub(super) definition: Declarations,
    pub(super) undeclared: BTreeSet<UndeclaredQueue>,
    pub(super) rules: RuleQueues,
    pub(super) sdk: SdkConfig,
    /// Reads the definition again when it changes.
    pub(super) reload: Reload,
    pub(super) banner: Banner,
}

/// Runs the chain until `stop` is cancelled. The clients of the emulator end first, then the
/// emulator.
///
/// # Errors
/// A program ended by itself.
pub(crate) async fn run(chain: Chain, stop: CancellationToken) -> anyhow::Result<()> {
    let last = CancellationToken::new();
    let watch = chain.reload.watch()?;
    let bucket = chain
        .subscriber
        .as_ref()
        .map(|subscriber| subscriber.bucket.clone());
    let provision = provision(
        &chain.definition,
        (&chain.undeclared, &chain.rules),
        bucket.as_deref(),
        &chain.sdk,
    );
    let mut emulator = tokio::spawn(chain.emulator.serve(chain.listener, last.clone()));
    tokio::select! {
        provisioned = provision => provisioned?,
        ended = &mut emulator => return ended_by_itself(ended),
        // Thousands of queues take minutes; a stop signal does not wait for them.
        () = stop.cancelled() => {
            last.cancel();
            return flat(emulator.await);
        }
    };
    let mut programs = start(
        chain.gateway,
        chain.pipe,
        chain.publisher,
        chain.subscriber,
        &stop,
    );
    console::announce(&chain.banner);
    // A program that ends by itself takes the others with it: half a chain is none.
    let mut result = Ok(());
    let emulator_runs = tokio::select! {
        ended = programs.join_next(), if !programs.is_empty() => {
            result = result.and(ended.map_or(Ok(()), flat));
            true
        }
        ended = &mut emulator => {
            result = ended_by_itself(ended);
            false
        }
        () = stop.cancelled() => true,
        () = chain.reload.keep(watch) => true,
    };
    stop.cancel();
    while let Some(ended) = programs.join_next().await {
        result = result.and(flat(ended));
    }
    last.cancel();
    if emulator_runs {
        result.and(flat(emulator.await))
    } else {
        result
    }
}

/// Creates the queues and buckets that the other programs rely on. `bucket` is the subscriber's,
/// which the definition need not declare.
async fn provision(
    definition: &Declarations,
    (undeclared, rules): (&BTreeSet<UndeclaredQueue>, &RuleQueues),
    bucket: Option<&str>,
    sdk: &SdkConfig,
) -> anyhow::Result<()> {
    provision_all(definition, undeclared, rules, sdk).await?;
    if let Some(bucket) = bucket {
        buckets::create_plain(bucket, sdk).await?;
    }
    Ok(())
}

/// Starts the programs that the definition has work for.
fn start(
    gateway: Option<gateway::Settings>,
    pipe: Option<pipe::Settings>,
    publisher: Option<publisher::Settings>,
    subscriber: Option<subscriber::Settings>,
    stop: &CancellationToken,
) -> JoinSet<anyhow::Result<()>> {
    let mut programs = JoinSet::new();
    if let Some(gateway) = gateway {
        programs.spawn(named("gateway", gateway::run(gateway, stop.clone())));
    }
    if let Some(pipe) = pipe {
        programs.spawn(named("pipe", pipe::run(pipe, stop.clone())));
    }
    if let Some(publisher) = publisher {
        programs.spawn(named("pub", publisher::run(publisher, stop.clone())));
    }
    if let Some(subscriber) = subscriber {
        programs.spawn(named("sub", subscriber::run(subscriber, stop.clone())));
    }
    programs
}

fn flat(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Result<()> {
    ended.map_err(anyhow::Error::from).flatten()
}

/// The emulator was not told to end, so that even a good end is a failure of the chain.
fn ended_by_itself(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Result<()> {
    flat(ended)
        .and(Err(anyhow::anyhow!("ended without a stop signal")))
        .context("emulator")
}

async fn named(
    name: &'static str,
    program: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    program.await.context(name)
}
