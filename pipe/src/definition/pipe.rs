//! A pipe as declared.

use std::sync::Arc;
use std::time::Duration;

use kit::document::Place;

use super::fingerprint::Fingerprint;
use super::of_rule::OfRule;
use crate::event::filter::Filter;
use crate::event::{Event, Message};
use crate::execution_log::LogConfiguration;
use crate::flow::{Order, VerdictRule};
use crate::targets::{Feed, HttpTarget, Program, QueueTarget, RestApi};
use crate::transform::{BodyFormat, ReservedVariables, Transform};
use kit::arn::Arn;

/// One pipe.
#[derive(Debug)]
pub struct Pipe {
    /// Its name.
    pub name: String,
    /// The values of its reserved variables.
    pub names: ReservedVariables,
    /// Whether it runs: `DesiredState`.
    pub state: DesiredState,
    /// Why it cannot run here, whatever its state is to be.
    pub blocked: Option<String>,
    /// The queue that it reads.
    pub source: Source,
    /// Which events go on.
    pub filter: Filter,
    /// What replaces each event first.
    pub enrichment: Option<Enrichment>,
    /// How events are transformed; without it, an event is delivered as it is.
    pub input: Option<Transform>,
    /// Where events are delivered.
    pub target: Target,
    /// How events are gathered into batches.
    pub batch: Batch,
    /// `LogConfiguration`; without it there are no records, only a line for each failure.
    pub log: Option<LogConfiguration>,
    /// What decides about failures, if the pipe's tag `tidegate:verdict` says so.
    pub verdict_rule: Option<VerdictRule>,
    /// The members of `describe-pipe` that the definition has, unchanged.
    pub description: serde_json::Map<String, serde_json::Value>,
    /// Distinguishes this pipe from another of the same name.
    pub fingerprint: Fingerprint,
    /// Where the definition has what it does, if that is the target of a rule.
    pub place: Option<Place>,
    /// What it has beside, if it is the target of a rule.
    pub rule: Option<OfRule>,
}

impl Pipe {
    /// The event that a message of its source is.
    pub(crate) fn event(&self, message: Message) -> Event {
        match &self.rule {
            Some(_) => Event::from_bus(&message.body, message.sent_at()),
            None => Event::from_message(message, &self.source.arn),
        }
    }

    /// The event bus that it sends events to, and where the definition says so.
    pub fn target_bus(&self) -> Option<(&str, Option<&Place>)> {
        let name = Arn::parse(&self.names.target_arn)?.event_bus()?;
        Some((name, self.place.as_ref()))
    }
}

/// `DesiredState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DesiredState {
    /// The pipe receives and delivers: the default.
    #[default]
    Running,
    /// The pipe does nothing.
    Stopped,
}

/// The SQS queue of a pipe, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The ARN.
    pub arn: String,
    /// The account that owns the queue.
    pub account: String,
    /// The queue's name; a FIFO queue's ends with `.fifo`.
    pub queue: String,
}

/// The target of a pipe.
#[derive(Debug)]
pub enum Target {
    /// An API destination: one event a call.
    Http(Arc<HttpTarget>),
    /// A REST API: one event a call.
    Api(Arc<RestApi>),
    /// An SQS queue: several events a request.
    Queue(Arc<QueueTarget>),
    /// A service that takes entries: several events a request.
    Feed(Arc<Feed>),
    /// A function or a state machine: the batch as one array.
    Program(Arc<Program>),
}

/// What answers for an enrichment.
#[derive(Debug)]
pub enum EnrichmentTarget {
    /// An API destination.
    Http(Arc<HttpTarget>),
    /// A REST API.
    Api(Arc<RestApi>),
    /// A function or a state machine.
    Program(Arc<Program>),
}

/// What replaces an event with an answer, before it goes to the target.
#[derive(Debug)]
pub struct Enrichment {
    /// `EnrichmentParameters.InputTemplate`; without it, the event is sent as it is.
    pub input: Option<Transform>,
    /// What answers.
    pub target: EnrichmentTarget,
}

/// How events are gathered for a target that takes several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// `BatchSize`: the most events in a batch.
    pub size: usize,
    /// `MaximumBatchingWindowInSeconds`: how long the first event may wait for others.
    pub window: Duration,
}

impl Source {
    /// Whether the queue keeps the order of message groups.
    pub(super) fn order(&self) -> Order {
        if self.queue.ends_with(".fifo") {
            Order::Fifo
        } else {
            Order::Standard
        }
    }
}

impl Target {
    /// The largest batch that the target accepts: `docs/aws/pipes.md#targets`.
    pub(crate) fn most(&self) -> usize {
        match self {
            Target::Http(_) | Target::Api(_) => 1,
            Target::Queue(_) => 10,
            Target::Feed(feed) => feed.most(),
            Target::Program(_) => 10_000,
        }
    }

    /// What the target accepts as a body.
    pub(crate) fn body_format(&self) -> BodyFormat {
        match self {
            Target::Http(_) | Target::Api(_) | Target::Queue(_) => BodyFormat::Text,
            Target::Feed(feed) if !matches!(**feed, Feed::Bus(_)) => BodyFormat::Text,
            Target::Feed(_) | Target::Program(_) => BodyFormat::Json,
        }
    }

    /// The API destination, if it is one.
    pub fn http_target(&self) -> Option<&Arc<HttpTarget>> {
        match self {
            Target::Http(target) => Some(target),
            _ => None,
        }
    }
}

impl EnrichmentTarget {
    /// What the enrichment accepts as a body.
    pub(crate) fn body_format(&self) -> BodyFormat {
        match self {
            EnrichmentTarget::Http(_) | EnrichmentTarget::Api(_) => BodyFormat::Text,
            EnrichmentTarget::Program(_) => BodyFormat::Json,
        }
    }
}

impl Enrichment {
    /// The API destination, if it is one.
    pub(crate) fn http_target(&self) -> Option<&Arc<HttpTarget>> {
        match &self.target {
            EnrichmentTarget::Http(target) => Some(target),
            _ => None,
        }
    }
}

impl Default for Batch {
    /// One event at a time.
    fn default() -> Batch {
        Batch {
            size: 1,
            window: Duration::ZERO,
        }
    }
}
