//! Door: runs every pipe of a definition in one process, and the admin port beside them.

use std::sync::Arc;

use anyhow::Context as _;
use kit::send::Sender;
use kit::serve;
use kit::service::Services;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;

use super::builder::Dependencies;
use super::supervisor::Supervisor;
use crate::config::Settings;
use crate::control::http::{self, PipeCommand};
use crate::definition::PipeDefinitions;
use crate::sqs::address;
use crate::sqs::clients::Clients;

/// Commands of the admin port that may wait.
const COMMANDS: usize = 16;

/// Runs all pipes until `stop`, then drains them for up to thirty seconds.
///
/// # Errors
/// The system's certificate authorities cannot be read, the signal handler for reloads cannot be
/// installed, or the admin port broke.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let without = "cannot read the system's certificate authorities";
    let sdk = kit::send::with_keepalive(settings.sdk).context(without)?;
    let services = Arc::new(Services::new(sdk.clone()).context(without)?);
    let clients = Arc::new(Clients::new(address::client(&sdk), services.clone()));
    let dependencies = Dependencies {
        sender: Sender::new(settings.allow_targets).context(without)?,
        services,
        clients: clients.clone(),
        deadline: settings.invocation_timeout,
        concurrency: settings.concurrency,
        verdict_rule: settings.verdict_rule,
        webhook_keys: settings.webhook_keys,
        outbox: settings.outbox.clone(),
    };
    let mut supervisor = Supervisor::start(dependencies, settings.definition, &stop);
    let (commands, mut received) = channel(COMMANDS);
    let routes = kit::admin::guarded(http::routes(
        supervisor.registry(),
        clients,
        commands,
        settings.outbox,
    ));
    let serving = async {
        if let Some(listener) = settings.admin {
            serve::serve(listener, routes, stop.clone()).await?;
        }
        stop.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    let mut serving = std::pin::pin!(serving);
    let mut definitions = match settings.reload {
        Some(reload) => Some(reload.watch(stop.clone())?),
        None => settings.further,
    };
    loop {
        tokio::select! {
            served = &mut serving => break served?,
            ended = supervisor.ended() => ended?,
            Some(definition) = next(&mut definitions) => {
                let summary = supervisor.replace(definition);
                tracing::info!("{summary}");
            }
            Some(PipeCommand { pipe, wanted, answer }) = received.recv() => {
                // The caller may have closed its connection.
                let _ = answer.send(supervisor.set(&pipe, wanted));
            }
        }
    }
    supervisor.drained().await
}

async fn next(definitions: &mut Option<Receiver<PipeDefinitions>>) -> Option<PipeDefinitions> {
    definitions.as_mut()?.recv().await
}
