//! Door: every pipe of a definition in one process, and the admin port beside them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use kit::send::Sender;
use kit::{admin, serve};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::authorizer::Authorizer;
use crate::config::Settings;
use crate::connection::Connection;
use crate::courier::Courier;
use crate::definition::{DesiredState, Pipe, Source};
use crate::pace::Rate;
use crate::source::{self, Queue};
use crate::target::Destination;
use crate::worker;

/// How long a queue may take to answer `/readyz`.
const READY_DEADLINE: Duration = Duration::from_secs(3);

/// Runs all pipes until `stop`, then drains them for up to thirty seconds.
///
/// # Errors
/// The system's certificate authorities cannot be read, or the admin port broke.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let sender = Sender::new(settings.allow_targets).context("cannot read the system's certificate authorities")?;
    let client = source::client(&settings.sdk);
    let running = settings.definition.pipes.into_iter().filter(is_running).map(Arc::new);
    let pipes: Vec<Arc<Pipe>> = running.collect();
    let sources: Vec<Source> = pipes.iter().map(|pipe| pipe.source.clone()).collect();
    let (mut authorizers, mut rates) = (Shared::<Connection, _>::default(), Shared::<Destination, _>::default());
    let mut workers = JoinSet::new();
    for pipe in pipes {
        let destination = &pipe.target.destination;
        let connection = &destination.connection;
        let authorizer = authorizers.get(connection, || Authorizer::new(connection.clone(), sender.clone()));
        let rate = rates.get(destination, || Mutex::new(Rate::new(destination.rate)));
        let courier =
            Courier { pipe: pipe.clone(), sender: sender.clone(), authorizer, deadline: settings.invocation_timeout };
        workers.spawn(worker::run(Arc::new(courier), client.clone(), rate, settings.concurrency, stop.clone()));
    }
    let ready = move || ready(client.clone(), sources.clone());
    let serving = async {
        if let Some(listener) = settings.admin {
            serve::serve(listener, admin::router(ready), stop.clone()).await?;
        }
        stop.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    tokio::select! {
        served = serving => served?,
        Some(ended) = workers.join_next() => check(ended)?,
    }
    while let Some(ended) = workers.join_next().await {
        check(ended)?;
    }
    Ok(())
}

fn check(ended: Result<(), JoinError>) -> anyhow::Result<()> {
    ended.context("a pipe ended early, this is a bug")
}

fn is_running(pipe: &Pipe) -> bool {
    if pipe.state == DesiredState::Stopped {
        tracing::info!(pipe = pipe.name, "the pipe is stopped by its definition");
    }
    pipe.state == DesiredState::Running
}

/// Every queue can be found and read.
async fn ready(client: aws_sdk_sqs::Client, sources: Vec<Source>) -> Result<(), String> {
    for source in &sources {
        match tokio::time::timeout(READY_DEADLINE, Queue::open(client.clone(), source)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(format!("queue {}: {error}", source.queue)),
            Err(_) => return Err(format!("queue {}: no answer in {READY_DEADLINE:?}", source.queue)),
        }
    }
    Ok(())
}

/// One `V` for each `K` that pipes share.
struct Shared<K, V>(HashMap<*const K, Arc<V>>);

impl<K, V> Default for Shared<K, V> {
    fn default() -> Shared<K, V> {
        Shared(HashMap::new())
    }
}

impl<K, V> Shared<K, V> {
    fn get(&mut self, key: &Arc<K>, make: impl FnOnce() -> V) -> Arc<V> {
        self.0.entry(Arc::as_ptr(key)).or_insert_with(|| Arc::new(make())).clone()
    }
}
