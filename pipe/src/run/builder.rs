//! Builds what a worker needs to run a pipe, and keeps what pipes share: a connection's token, a
//! destination's rate.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use kit::lock::Mutex;
use kit::send::Sender;
use kit::service::Services;
use tokio_util::sync::CancellationToken;

use super::giving_up::GivingUp;
use super::worker::WorkerParts;
use crate::control::filtered::FilteredEvents;
use crate::control::state::Status;
use crate::definition::{EnrichmentTarget, Pipe, Target};
use crate::execution::api_destination::ApiDestinationClient;
use crate::execution::aws::AwsClient;
use crate::execution::delivery::{Delivery, PerEvent};
use crate::execution::enrichment::EnrichmentCall;
use crate::execution::entries::Entries;
use crate::execution::executor::Executor;
use crate::execution::invoke::Invoke;
use crate::execution::rest_api::RestApiClient;
use crate::execution::stages::{EXECUTION_LIMIT, Stages};
use crate::execution::token_cache::TokenCache;
use crate::execution::unfinished::UnfinishedReplies;
use crate::execution_log::Stage;
use crate::flow::{Rate, Rates, VerdictRule};
use crate::outbox::Outbox;
use crate::sqs::clients::Clients;
use crate::targets::{Destination, HttpTarget, Program, RestApi, webhook};

/// How long a service may take that only has to accept something.
const ACCEPT_DEADLINE: Duration = Duration::from_secs(30);

/// What every pipe of the process depends on.
#[derive(Debug)]
pub(crate) struct Dependencies {
    /// Sends requests to API destinations.
    pub(crate) sender: Sender,
    /// Sends requests to AWS services.
    pub(crate) services: Arc<Services>,
    /// The clients of SQS.
    pub(crate) clients: Arc<Clients>,
    /// How long an API destination may take to answer.
    pub(crate) deadline: Duration,
    /// Deliveries that each pipe may have under way at once.
    pub(crate) concurrency: usize,
    /// What decides what a failure means, for pipes that do not name it themselves.
    pub(crate) verdict_rule: VerdictRule,
    /// What signs requests to targets, if anything does.
    pub(crate) webhook_keys: Option<Arc<webhook::WebhookKeys>>,
    /// Keeps calls that are not to be made, if any are.
    pub(crate) outbox: Option<Arc<Outbox>>,
}

/// Builds the parts of workers.
#[derive(Debug)]
pub(crate) struct Builder {
    dependencies: Dependencies,
    /// By the address of the connection, which a token cache keeps alive.
    tokens: Shared<usize, TokenCache>,
    rates: Shared<(String, u32), Mutex<Rate>>,
}

impl Builder {
    /// A builder with these dependencies.
    pub(crate) fn new(dependencies: Dependencies) -> Builder {
        Builder {
            dependencies,
            tokens: Shared::default(),
            rates: Shared::default(),
        }
    }

    /// The parts of a worker that runs a pipe until `stop`.
    pub(crate) fn build(
        &mut self,
        pipe: Arc<Pipe>,
        status: Arc<Status>,
        filtered: Arc<FilteredEvents>,
        stop: &CancellationToken,
    ) -> WorkerParts {
        let rates = self.rates(&pipe);
        let enrichment = pipe
            .enrichment
            .as_ref()
            .map(|enrichment| self.enrichment(&enrichment.target));
        let delivery = self.delivery(&pipe);
        let concurrency = self.concurrency(&pipe);
        let verdict_rule = pipe.verdict_rule.unwrap_or(self.dependencies.verdict_rule);
        let letters = pipe
            .rule
            .as_ref()
            .and_then(|rule| rule.limits.dead_letters());
        let letters = letters.map(|letters| {
            let queue = letters.queue.clone();
            self.dependencies.clients.sender(&letters.arn, queue)
        });
        let giving_up = GivingUp::new(&pipe, letters);
        let stages = Stages {
            pipe,
            enrichment,
            delivery,
        };
        WorkerParts {
            giving_up,
            executor: Arc::new(Executor::new(stages, stop.clone())),
            clients: self.dependencies.clients.clone(),
            rates,
            concurrency,
            verdict_rule,
            filtered,
            status,
        }
    }

    /// A batch that waits for the end of its window holds its deliveries, so that too few of them
    /// would make every batch wait. A pipe begins with a tenth.
    fn concurrency(&self, pipe: &Pipe) -> usize {
        let least = if pipe.batch.window.is_zero() {
            0
        } else {
            pipe.batch.size * 10
        };
        self.dependencies.concurrency.max(least)
    }

    fn enrichment(&mut self, asked: &EnrichmentTarget) -> EnrichmentCall {
        match asked {
            EnrichmentTarget::Http(invocation) => {
                EnrichmentCall::PerEvent(self.api_destination(Stage::Enrichment, invocation))
            }
            EnrichmentTarget::Api(api) => EnrichmentCall::PerEvent(self.rest_api(api)),
            EnrichmentTarget::Program(program) => EnrichmentCall::Invoke(self.invoke(program)),
        }
    }

    fn delivery(&mut self, pipe: &Pipe) -> Delivery {
        match &pipe.target {
            Target::Http(invocation) => {
                Delivery::PerEvent(self.api_destination(Stage::Target, invocation))
            }
            Target::Api(api) => Delivery::PerEvent(self.rest_api(api)),
            Target::Queue(outlet) => Delivery::Queue(
                self.dependencies
                    .clients
                    .sender(&pipe.names.target_arn, outlet.clone()),
            ),
            Target::Feed(feed) => Delivery::Entries(Entries {
                client: self.client(ACCEPT_DEADLINE),
                feed: feed.clone(),
            }),
            Target::Program(program) => Delivery::Invoke(self.invoke(program)),
        }
    }

    fn rest_api(&self, api: &Arc<RestApi>) -> PerEvent {
        PerEvent::RestApi(RestApiClient {
            client: self.client(ACCEPT_DEADLINE),
            api: api.clone(),
        })
    }

    fn invoke(&self, program: &Arc<Program>) -> Invoke {
        Invoke {
            client: self.client(EXECUTION_LIMIT),
            program: program.clone(),
        }
    }

    fn client(&self, deadline: Duration) -> AwsClient {
        AwsClient::new(self.dependencies.services.clone(), deadline)
    }

    fn api_destination(&mut self, stage: Stage, invocation: &Arc<HttpTarget>) -> PerEvent {
        let sender = self.dependencies.sender.clone();
        let destination = &invocation.destination;
        let connection = &destination.connection;
        let tokens = self.tokens.get(Arc::as_ptr(connection).addr(), || {
            TokenCache::new(connection.clone(), sender.clone())
        });
        tokens.keep_secret(destination.endpoint.query_values());
        let webhook_keys = self
            .dependencies
            .webhook_keys
            .clone()
            .filter(|_| stage == Stage::Target);
        PerEvent::ApiDestination(Box::new(ApiDestinationClient {
            stage,
            invocation: invocation.clone(),
            tokens,
            sender,
            deadline: self.dependencies.deadline,
            webhook_keys,
            outbox: self.dependencies.outbox.clone(),
            unfinished: UnfinishedReplies::default(),
        }))
    }

    /// The rates of the API destinations that a pipe invokes.
    fn rates(&mut self, pipe: &Pipe) -> Rates {
        let invoked = [
            pipe.target.http_target(),
            pipe.enrichment.as_ref().and_then(|it| it.http_target()),
        ];
        let rates: Vec<_> = invoked
            .into_iter()
            .flatten()
            .map(|invocation| self.rate(&invocation.destination))
            .collect();
        Rates::new(rates)
    }

    /// The rate of a destination, which the destination keeps when its pipes are read again.
    fn rate(&mut self, destination: &Destination) -> Arc<Mutex<Rate>> {
        self.rates
            .get((destination.name.clone(), destination.rate), || {
                Mutex::new(Rate::new(destination.rate))
            })
    }
}

/// Values by key that pipes at work share; a value that none of them uses any more is dropped.
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
