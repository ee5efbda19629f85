//! Equips pipes, and knows what they share: a connection's token, a destination's rate.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kit::lock::Mutex;
use kit::send::Sender;
use kit::service::Services;
use tokio_util::sync::CancellationToken;

use super::worker::Job;
use crate::control::filtered::Filtered;
use crate::control::state::Status;
use crate::definition::{EnrichmentTarget, Pipe, Target};
use crate::execution::api_destination::Invoker;
use crate::execution::aws::Caller;
use crate::execution::executor::{Courier, EXECUTION_LIMIT};
use crate::execution::token::Authorizer;
use crate::execution::unended::Unended;
use crate::execution::{Enricher, Feeder, Line, Road, Runner};
use crate::execution_log::Stage;
use crate::flow::{Rate, Rates, VerdictRule};
use crate::sqs::clients::Clients;
use crate::sqs::send::Outbox;
use crate::targets::webhook;
use crate::targets::{Destination, HttpTarget};

/// How long a service may take that only has to accept something.
const ACCEPT_DEADLINE: Duration = Duration::from_secs(30);

/// What every pipe of the process works with.
#[derive(Debug)]
pub struct Tools {
    /// The way out to API destinations.
    pub sender: Sender,
    /// The way to AWS services.
    pub services: Arc<Services>,
    /// SQS.
    pub clients: Arc<Clients>,
    /// How long an API destination may take to answer.
    pub deadline: Duration,
    /// Deliveries that each pipe may have under way at once.
    pub concurrency: usize,
    /// Whose word counts for what a failure means, where a pipe doesn't say.
    pub verdict_rule: VerdictRule,
    /// What signs calls to targets, if anything does.
    pub webhook_keys: Option<Arc<webhook::WebhookKeys>>,
}

/// Equips pipes.
#[derive(Debug)]
pub struct Yard {
    tools: Tools,
    /// By the address of the connection, which an authorizer keeps alive.
    authorizers: Shared<usize, Authorizer>,
    rates: Shared<(String, u32), Mutex<Rate>>,
}

impl Yard {
    /// With these tools.
    pub fn new(tools: Tools) -> Yard {
        Yard {
            tools,
            authorizers: Shared::default(),
            rates: Shared::default(),
        }
    }

    /// What a pipe needs to work until `stop`.
    pub fn equip(
        &mut self,
        pipe: Arc<Pipe>,
        status: Arc<Status>,
        filtered: Arc<Filtered>,
        stop: &CancellationToken,
    ) -> Job {
        let called = [
            pipe.target.http_target(),
            pipe.enrichment.as_ref().and_then(|it| it.http_target()),
        ];
        let rates = called
            .into_iter()
            .flatten()
            .map(|invocation| self.rate(&invocation.destination))
            .collect::<Vec<_>>();
        let enricher = pipe
            .enrichment
            .as_ref()
            .map(|enrichment| self.enricher(&enrichment.target));
        let road = self.road(&pipe);
        let clients = self.tools.clients.clone();
        let (concurrency, verdict_rule) = (
            self.concurrency(&pipe),
            pipe.verdict_rule.unwrap_or(self.tools.verdict_rule),
        );
        let courier = Arc::new(Courier::new(pipe, enricher, road, stop.clone()));
        Job {
            courier,
            clients,
            rates: Rates::new(rates),
            concurrency,
            verdict_rule,
            filtered,
            status,
        }
    }

    /// Fewer messages than a batch would wait for the end of its window every time. It begins with
    /// a tenth.
    fn concurrency(&self, pipe: &Pipe) -> usize {
        let least = if pipe.batch.window.is_zero() {
            0
        } else {
            pipe.batch.size * 10
        };
        self.tools.concurrency.max(least)
    }

    fn enricher(&mut self, asked: &EnrichmentTarget) -> Enricher {
        match asked {
            EnrichmentTarget::Http(invocation) => {
                Enricher::Line(self.http(Stage::Enrichment, invocation))
            }
            EnrichmentTarget::Api(api) => {
                Enricher::Line(Line::Api(self.caller(ACCEPT_DEADLINE), api.clone()))
            }
            EnrichmentTarget::Program(program) => Enricher::Program(Runner {
                caller: self.caller(EXECUTION_LIMIT),
                program: program.clone(),
            }),
        }
    }

    fn road(&mut self, pipe: &Pipe) -> Road {
        match &pipe.target {
            Target::Http(invocation) => Road::Line(self.http(Stage::Target, invocation)),
            Target::Api(api) => Road::Line(Line::Api(self.caller(ACCEPT_DEADLINE), api.clone())),
            Target::Queue(outlet) => Road::Queue(Outbox::new(
                self.tools.clients.at(&pipe.names.target_arn),
                outlet.clone(),
            )),
            Target::Feed(feed) => Road::Feed(Feeder {
                caller: self.caller(ACCEPT_DEADLINE),
                feed: feed.clone(),
            }),
            Target::Program(program) => Road::Program(Runner {
                caller: self.caller(EXECUTION_LIMIT),
                program: program.clone(),
            }),
        }
    }

    fn caller(&self, deadline: Duration) -> Caller {
        Caller::new(self.tools.services.clone(), deadline)
    }

    fn http(&mut self, stage: Stage, invocation: &Arc<HttpTarget>) -> Line {
        let (sender, deadline) = (self.tools.sender.clone(), self.tools.deadline);
        let connection = &invocation.destination.connection;
        let make = || Authorizer::new(connection.clone(), sender.clone());
        let authorizer = self.authorizers.get(Arc::as_ptr(connection).addr(), make);
        authorizer.keep_secret(invocation.destination.endpoint.query_values());
        let webhook_keys = self
            .tools
            .webhook_keys
            .clone()
            .filter(|_| stage == Stage::Target);
        let invocation = invocation.clone();
        Line::Http(Box::new(Invoker {
            stage,
            invocation,
            authorizer,
            sender,
            deadline,
            webhook_keys,
            unended: Unended::default(),
        }))
    }

    /// A destination keeps its rate when other pipes of it are read again.
    fn rate(&mut self, destination: &Destination) -> Arc<Mutex<Rate>> {
        self.rates
            .get((destination.name.clone(), destination.rate), || {
                Mutex::new(Rate::new(destination.rate))
            })
    }
}

/// One `V` for each `K` that pipes at work share.
#[derive(Debug)]
struct Shared<K, V>(HashMap<K, Weak<V>>);

impl<K, V> Default for Shared<K, V> {
    fn default() -> Shared<K, V> {
        Shared(HashMap::new())
    }
}

impl<K: Eq + std::hash::Hash, V> Shared<K, V> {
    fn get(&mut self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        self.0.retain(|_, value| value.strong_count() > 0);
        if let Some(value) = self.0.get(&key).and_then(Weak::upgrade) {
            return value;
        }
        let value = Arc::new(make());
        self.0.insert(key, Arc::downgrade(&value));
        value
    }
}
