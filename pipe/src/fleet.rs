//! Door: the pipes of one definition at work, each in a task of its own, with what they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use kit::send::Sender;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::authorizer::Authorizer;
use crate::connection::Connection;
use crate::courier::{Courier, Road};
use crate::definition::{Definition, DesiredState, Pipe, Source, Target};
use crate::filtered::Filtered;
use crate::invoker::Invoker;
use crate::journal::Stage;
use crate::outbox::Outbox;
use crate::pace::{Rate, Rates};
use crate::source::Queue;
use crate::target::{Destination, Invocation};
use crate::webhook;
use crate::worker::{self, Job};

/// How long a queue may take to answer `/readyz`.
const READY_DEADLINE: Duration = Duration::from_secs(3);

/// What every pipe of the process works with.
#[derive(Debug)]
pub struct Tools {
    /// The way out to targets.
    pub sender: Sender,
    /// SQS.
    pub client: Client,
    /// How long a target may take to answer.
    pub deadline: Duration,
    /// Deliveries that each pipe may have under way at once.
    pub concurrency: usize,
    /// What signs calls to targets, if anything does.
    pub webhook_keys: Option<Arc<webhook::Keys>>,
}

/// Pipes at work.
#[derive(Debug)]
pub struct Fleet {
    tools: Tools,
    board: Arc<Board>,
    workers: JoinSet<()>,
    stop: CancellationToken,
}

/// What the admin port shows of the pipes.
#[derive(Debug, Default)]
pub struct Board {
    /// What filters turned away.
    pub filtered: Arc<Filtered>,
    sources: Mutex<Vec<Source>>,
}

impl Fleet {
    /// Starts the pipes of `definition`, to run until `stop`.
    pub fn start(tools: Tools, definition: Definition, stop: &CancellationToken) -> Fleet {
        let mut fleet = Fleet { tools, board: Arc::default(), workers: JoinSet::new(), stop: stop.child_token() };
        fleet.launch(definition);
        fleet
    }

    /// Starts the pipes of another definition, to run until `stop`, and stops those at work: they finish what is under
    /// way and hand back the rest, which the new ones then receive.
    pub fn replace(&mut self, definition: Definition, stop: &CancellationToken) {
        std::mem::replace(&mut self.stop, stop.child_token()).cancel();
        self.launch(definition);
    }

    /// What the admin port shows.
    pub fn board(&self) -> Arc<Board> {
        self.board.clone()
    }

    /// Waits for a pipe to end. Never returns when there is none.
    ///
    /// # Errors
    /// It did not end by itself: a bug.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        match self.workers.join_next().await {
            Some(ended) => ended.context("a pipe ended early, this is a bug"),
            None => std::future::pending().await,
        }
    }

    /// Waits until all pipes have drained, after the stop signal.
    ///
    /// # Errors
    /// One did not end by itself: a bug.
    pub async fn drained(mut self) -> anyhow::Result<()> {
        while !self.workers.is_empty() {
            self.ended().await?;
        }
        Ok(())
    }

    fn launch(&mut self, definition: Definition) {
        let pipes: Vec<Arc<Pipe>> = definition.pipes.into_iter().filter(is_running).map(Arc::new).collect();
        self.board.show(&pipes);
        let mut yard =
            Yard { tools: &self.tools, stop: &self.stop, authorizers: Shared::default(), rates: Shared::default() };
        for pipe in pipes {
            let job = yard.equip(pipe, self.board.filtered.clone());
            self.workers.spawn(worker::run(job, self.stop.clone()));
        }
    }
}

/// Equips pipes, and knows what they share: a connection's token, a destination's rate.
struct Yard<'t> {
    tools: &'t Tools,
    stop: &'t CancellationToken,
    authorizers: Shared<Connection, Authorizer>,
    rates: Shared<Destination, Mutex<Rate>>,
}

impl Yard<'_> {
    fn equip(&mut self, pipe: Arc<Pipe>, filtered: Arc<Filtered>) -> Job {
        let asked = pipe.enrichment.as_ref().map(|enrichment| enrichment.invocation.clone());
        let called = [asked.as_ref(), pipe.target.invocation()];
        let called = called.into_iter().flatten().map(|invocation| &invocation.destination);
        let rates = Rates::new(called.map(|it| self.rates.get(it, || Mutex::new(Rate::new(it.rate)))));
        let enricher = asked.map(|invocation| self.invoker(Stage::Enrichment, invocation));
        let road = match &pipe.target {
            Target::Http(invocation) => Road::Http(Box::new(self.invoker(Stage::Target, invocation.clone()))),
            Target::Queue(outlet, batch) => {
                Road::Queue(Outbox::open(self.tools.client.clone(), outlet.clone(), *batch, self.stop.clone()))
            }
        };
        let (client, concurrency) = (self.tools.client.clone(), self.tools.concurrency);
        Job { courier: Arc::new(Courier { pipe, enricher, road }), client, rates, concurrency, filtered }
    }

    fn invoker(&mut self, stage: Stage, invocation: Arc<Invocation>) -> Invoker {
        let (sender, deadline) = (self.tools.sender.clone(), self.tools.deadline);
        let connection = &invocation.destination.connection;
        let authorizer = self.authorizers.get(connection, || Authorizer::new(connection.clone(), sender.clone()));
        let webhook_keys = self.tools.webhook_keys.clone().filter(|_| stage == Stage::Target);
        Invoker { stage, invocation, authorizer, sender, deadline, webhook_keys }
    }
}

fn is_running(pipe: &Pipe) -> bool {
    if pipe.state == DesiredState::Stopped {
        tracing::info!(pipe = pipe.name, "the pipe is stopped by its definition");
    }
    pipe.state == DesiredState::Running
}

impl Board {
    fn show(&self, pipes: &[Arc<Pipe>]) {
        self.filtered.keep_only(pipes.iter().map(|pipe| pipe.name.as_str()));
        let sources = pipes.iter().map(|pipe| pipe.source.clone()).collect();
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = sources;
    }

    /// Every queue can be found and read.
    ///
    /// # Errors
    /// One cannot; the text names it and the reason.
    pub async fn ready(&self, client: &Client) -> Result<(), String> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for source in &sources {
            match tokio::time::timeout(READY_DEADLINE, Queue::open(client.clone(), source)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(format!("queue {}: {error}", source.queue)),
                Err(_) => return Err(format!("queue {}: no answer in {READY_DEADLINE:?}", source.queue)),
            }
        }
        Ok(())
    }
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
