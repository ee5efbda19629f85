//! The ways to targets and enrichments. What has a body goes out in as few requests as the other
//! side takes, and each event learns what became of it.

use std::ops::Range;

use bytes::Bytes;
use kit::time::Timestamp;

use super::feeder::Feeder;
use super::line::{Line, begin};
use super::runner::Runner;
use super::stage::{Form, read_answer, unplannable};
use super::tally::Owned;
use crate::event::Event;
use crate::execution_log::{Details, Journal, Moment, Stage, Step};
use crate::flow::{Cause, Verdict, Work};
use crate::sqs::send::Outbox;
use crate::targets::{Feed, PlanError, QueueEntry, Refusal, check_json};

/// The way to a target.
#[derive(Debug)]
pub enum Road {
    /// One event a request.
    Line(Line),
    /// To a queue.
    Queue(Outbox),
    /// To a service that takes entries.
    Feed(Feeder),
    /// To a function or a state machine.
    Program(Runner),
}

/// The way to an enrichment.
#[derive(Debug)]
pub enum Enricher {
    /// One event a request.
    Line(Line),
    /// To a function or a state machine.
    Program(Runner),
}

impl Enricher {
    /// What it takes.
    pub fn form(&self) -> Form {
        match self {
            Enricher::Line(_) => Form::Any,
            Enricher::Program(_) => Form::Json,
        }
    }

    /// The bodies that go into one question each.
    pub fn parts(&self, bodies: &[String]) -> Vec<Range<usize>> {
        match self {
            Enricher::Line(_) => (0..bodies.len()).map(|at| at..at + 1).collect(),
            Enricher::Program(runner) => runner.program.parts(bodies),
        }
    }

    /// What it answers about the messages with these `ids` and bodies, the first of which is
    /// `event`.
    pub async fn ask(
        &self,
        event: &Event,
        ids: &[&str],
        bodies: &[String],
        journal: &Journal<'_>,
    ) -> Result<Bytes, Verdict> {
        match self {
            Enricher::Line(line) => {
                // It is asked about one event at a time.
                let (id, body) = (ids.first().copied().unwrap_or_default(), bodies.concat());
                let reply = line
                    .exchange(event, id, body, Stage::Enrichment, journal)
                    .await?;
                read_answer(&reply).map_err(|reason| Verdict::failed(reason, Cause::Message))?;
                Ok(reply.body)
            }
            Enricher::Program(runner) => {
                let wrong = bodies.iter().find_map(|body| check_json(body).err());
                if let Some(wrong) = wrong {
                    return Err(unplannable(Stage::Enrichment, &wrong, journal));
                }
                runner
                    .ask(bodies, journal)
                    .await
                    .map_err(|refusal| refusal.verdict())
            }
        }
    }
}

impl Road {
    /// What it carries.
    pub fn form(&self) -> Form {
        match self {
            Road::Line(_) | Road::Queue(_) => Form::Any,
            Road::Feed(feeder) if !matches!(*feeder.feed, Feed::Bus(_)) => Form::Any,
            Road::Feed(_) | Road::Program(_) => Form::Json,
        }
    }

    /// Delivers events, as far as there is a body of each. The status of the answer, or a verdict
    /// for each that was not taken.
    pub async fn carry(
        &self,
        events: &[Owned<'_>],
        shaped: Vec<Result<String, Verdict>>,
        batch: &[Work],
        journal: &Journal<'_>,
    ) -> Vec<Result<Option<u16>, Verdict>> {
        // The ways that carry a whole batch at once are on the heap: nobody else's future is as
        // large as theirs then.
        match self {
            Road::Line(line) => {
                let mut results = Vec::with_capacity(events.len());
                for (owned, body) in events.iter().zip(shaped) {
                    let id = id_of(owned, batch);
                    results.push(match body {
                        Ok(body) => {
                            let reply = line
                                .exchange(&owned.event, id, body, Stage::Target, journal)
                                .await;
                            reply.map(|reply| Some(reply.status.as_u16()))
                        }
                        Err(verdict) => Err(verdict),
                    });
                }
                results
            }
            Road::Queue(outbox) => {
                let plan = |event: &Event, body| outbox.outlet.plan(event, body);
                let (mut results, entries) = plan_all(events, shaped, plan, journal);
                settle(&mut results, Box::pin(post(outbox, entries, journal)).await);
                without_status(results)
            }
            Road::Feed(feeder) => {
                let now = Timestamp::wall();
                let plan = |event: &Event, body| feeder.feed.entry(event, body, now);
                let (mut results, entries) = plan_all(events, shaped, plan, journal);
                settle(&mut results, Box::pin(feeder.send(entries, journal)).await);
                without_status(results)
            }
            Road::Program(runner) => {
                let plan = |_: &Event, body: String| check_json(&body).map(|()| body);
                let (mut results, bodies) = plan_all(events, shaped, plan, journal);
                let (places, bodies): (Vec<usize>, Vec<String>) = bodies.into_iter().unzip();
                let ids: Vec<&str> = places
                    .iter()
                    .map(|&place| id_of(&events[place], batch))
                    .collect();
                let run = Box::pin(runner.run(&bodies, &ids, journal)).await;
                settle(&mut results, places.into_iter().zip(run));
                without_status(results)
            }
        }
    }
}

/// A request for several events has no status of one.
fn without_status(results: Vec<Result<(), Verdict>>) -> Vec<Result<Option<u16>, Verdict>> {
    results
        .into_iter()
        .map(|result| result.map(|()| None))
        .collect()
}

/// The id of the message that an event stands for; of one that may stand for any, the first's.
fn id_of<'b>(owned: &Owned<'_>, batch: &'b [Work]) -> &'b str {
    batch
        .get(owned.owner.unwrap_or_default())
        .map_or("", |work| work.id.as_str())
}

/// Something made of an event, and the event's place among all.
type Placed<T> = (usize, T);

/// What can be planned, with its place among the events, and what became of the rest.
fn plan_all<T>(
    events: &[Owned<'_>],
    shaped: Vec<Result<String, Verdict>>,
    plan: impl Fn(&Event, String) -> Result<T, PlanError>,
    journal: &Journal<'_>,
) -> (Vec<Result<(), Verdict>>, Vec<Placed<T>>) {
    let (mut results, mut planned) = (
        Vec::with_capacity(events.len()),
        Vec::with_capacity(events.len()),
    );
    for (place, (owned, body)) in events.iter().zip(shaped).enumerate() {
        let plan = |body| {
            plan(&owned.event, body).map_err(|error| unplannable(Stage::Target, &error, journal))
        };
        results.push(
            body.and_then(plan)
                .map(|entry| planned.push((place, entry))),
        );
    }
    (results, planned)
}

fn settle(
    results: &mut [Result<(), Verdict>],
    judged: impl IntoIterator<Item = (usize, Result<(), Refusal>)>,
) {
    for (place, judged) in judged {
        results[place] = judged.map_err(|refusal| refusal.verdict());
    }
}

/// Posts to a target queue.
async fn post(
    outbox: &Outbox,
    entries: Vec<(usize, QueueEntry)>,
    journal: &Journal<'_>,
) -> Vec<(usize, Result<(), Refusal>)> {
    let (places, entries): (Vec<usize>, Vec<QueueEntry>) = entries.into_iter().unzip();
    if entries.is_empty() {
        return Vec::new();
    }
    let request = begin(Stage::Target, journal, || {
        entries.iter().map(show).collect()
    });
    let sent = outbox.send(&entries).await;
    let failed = sent.iter().filter(|result| result.is_err()).count();
    let moment = match failed {
        0 => Moment::InvocationSucceeded,
        failed if failed < sent.len() => Moment::InvocationPartiallyFailed,
        _ => Moment::InvocationFailed,
    };
    journal.tell(Step::Of(Stage::Target, moment), || Details {
        request,
        response: journal.wants_data().then(|| {
            sent.iter()
                .flatten()
                .map(|id| format!("MessageId: {id}\n"))
                .collect()
        }),
        error: sent
            .iter()
            .find_map(|result| result.as_ref().err().map(|refusal| refusal.reason.clone())),
        service: Some("sqs"),
        ..Details::default()
    });
    places
        .into_iter()
        .zip(sent.into_iter().map(|result| result.map(drop)))
        .collect()
}

fn show(entry: &QueueEntry) -> String {
    let QueueEntry {
        body,
        group,
        deduplication,
    } = entry;
    let shown = [
        ("MessageGroupId", group),
        ("MessageDeduplicationId", deduplication),
    ];
    let ids = shown
        .iter()
        .filter_map(|(name, id)| Some(format!("{name}: {}\n", id.as_ref()?)));
    format!("SendMessage\n{}\n{body}\n", ids.collect::<String>())
}
