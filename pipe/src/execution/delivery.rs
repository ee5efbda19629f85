//! How a target is invoked: once for each event, or with many events in one request. Each event
//! gets a result of its own either way.

use kit::call::Reply;
use kit::time::Timestamp;

use super::api_destination::ApiDestinationClient;
use super::entries::Entries;
use super::invocation::record_unplannable;
use super::invoke::Invoke;
use super::queue::send_to_queue;
use super::rest_api::RestApiClient;
use super::tally::{Delivered, SourcedEvent};
use crate::event::Event;
use crate::execution_log::{ExecutionLog, Stage};
use crate::flow::{Verdict, Work};
use crate::sqs::send::QueueSender;
use crate::targets::{PlanError, Refusal, check_json};

/// How a target is invoked.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// Once for each event: an API destination or a REST API.
    PerEvent(PerEvent),
    /// With as many entries as fit: an event bus, a topic, a stream or a log group.
    Entries(Entries),
    /// With as many messages as fit: an SQS queue.
    Queue(QueueSender),
    /// Once for the batch: a function or a state machine.
    Invoke(Invoke),
}

/// How a target, or an enrichment, is invoked that takes one event at a time.
#[derive(Debug)]
pub(crate) enum PerEvent {
    /// An API destination.
    ApiDestination(Box<ApiDestinationClient>),
    /// A REST API.
    RestApi(RestApiClient),
}

impl PerEvent {
    /// One invocation with the `body` that was made of `event`; `id` is the message's. Returns the
    /// reply when it is one of success.
    pub(super) async fn invoke(
        &self,
        event: &Event,
        id: &str,
        body: String,
        stage: Stage,
        log: &ExecutionLog<'_>,
    ) -> Result<Reply, Verdict> {
        match self {
            PerEvent::ApiDestination(client) => client.invoke(event, id, body, log).await,
            // On the heap, so that the future of the common case is no larger than it must be.
            PerEvent::RestApi(client) => Box::pin(client.invoke(event, id, body, stage, log)).await,
        }
    }
}

impl Delivery {
    /// Delivers the events that could be transformed to `bodies`. One result for each event.
    pub(super) async fn deliver(
        &self,
        events: &[SourcedEvent<'_>],
        bodies: Vec<Result<String, Verdict>>,
        batch: &[Work],
        log: &ExecutionLog<'_>,
    ) -> Vec<Delivered> {
        // Deliveries of whole batches are on the heap, so that the future of the common case, one
        // event to an API destination, is no larger than it must be.
        match self {
            Delivery::PerEvent(per_event) => {
                let mut results = Vec::with_capacity(events.len());
                for (sourced, body) in events.iter().zip(bodies) {
                    let id = message_id(sourced, batch);
                    let body = match body {
                        Ok(body) => body,
                        Err(verdict) => {
                            results.push(Err(verdict));
                            continue;
                        }
                    };
                    let reply = per_event
                        .invoke(&sourced.event, id, body, Stage::Target, log)
                        .await;
                    results.push(reply.map(|reply| Some(reply.status.as_u16())));
                }
                results
            }
            Delivery::Queue(sender) => {
                let plan = |event: &Event, body| sender.outlet.plan(event, body);
                let planned = Planned::new(events, bodies, plan, log);
                let sent = Box::pin(send_to_queue(sender, &planned.requests, log)).await;
                planned.results(sent)
            }
            Delivery::Entries(entries) => {
                let now = Timestamp::wall();
                let plan = |event: &Event, body| entries.feed.entry(event, body, now);
                let mut planned = Planned::new(events, bodies, plan, log);
                let requests = std::mem::take(&mut planned.requests);
                let sent = Box::pin(entries.send(requests, log)).await;
                planned.results(sent)
            }
            Delivery::Invoke(invoke) => {
                let plan = |_: &Event, body: String| check_json(&body).map(|()| body);
                let planned = Planned::new(events, bodies, plan, log);
                let ids: Vec<&str> = planned
                    .places
                    .iter()
                    .map(|&place| message_id(&events[place], batch))
                    .collect();
                let sent = Box::pin(invoke.run(&planned.requests, &ids, log)).await;
                planned.results(sent)
            }
        }
    }
}

/// The id of the message that an event stands for; of an event that may stand for any, the first
/// message's.
fn message_id<'b>(sourced: &SourcedEvent<'_>, batch: &'b [Work]) -> &'b str {
    batch
        .get(sourced.source.unwrap_or_default())
        .map_or("", |work| work.id.as_str())
}

/// What is sent for the events that could be planned, and the results of those that could not.
struct Planned<T> {
    requests: Vec<T>,
    /// The place of each request's event among all.
    places: Vec<usize>,
    results: Vec<Result<(), Verdict>>,
}

impl<T> Planned<T> {
    fn new(
        events: &[SourcedEvent<'_>],
        bodies: Vec<Result<String, Verdict>>,
        plan: impl Fn(&Event, String) -> Result<T, PlanError>,
        log: &ExecutionLog<'_>,
    ) -> Planned<T> {
        let mut planned = Planned {
            requests: Vec::with_capacity(events.len()),
            places: Vec::with_capacity(events.len()),
            results: Vec::with_capacity(events.len()),
        };
        for (place, (sourced, body)) in events.iter().zip(bodies).enumerate() {
            let request = body.and_then(|body| {
                plan(&sourced.event, body)
                    .map_err(|error| record_unplannable(Stage::Target, &error, log))
            });
            planned.results.push(request.map(|request| {
                planned.requests.push(request);
                planned.places.push(place);
            }));
        }
        planned
    }

    /// One result for each event; `sent` has one for each request. A request for several events
    /// has no status of its own for each.
    fn results(mut self, sent: Vec<Result<(), Refusal>>) -> Vec<Delivered> {
        for (place, sent) in self.places.into_iter().zip(sent) {
            self.results[place] = sent.map_err(|refusal| refusal.verdict());
        }
        self.results
            .into_iter()
            .map(|result| result.map(|()| None))
            .collect()
    }
}
