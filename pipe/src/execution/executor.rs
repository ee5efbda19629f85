//! Door: takes messages through enrichment and target, alone or as a batch, and brings back how
//! each ended.
//!
//! A batch is what AWS calls an execution. Which messages come when is decided in `flow`, one by
//! one: where a pipe's batches may hold several, they gather here. Since `flow` lets out one
//! message of each group at a time, a batch holds no two of one group, and a failure cannot change
//! their order. What is sent is planned in `target`; here it is told to the journal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::counted::counted;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::road::{Enricher, Road};
use super::stage::{shape, shape_all};
use super::tally::{Ending, Outcome, Owned, Tally};
use crate::definition::Pipe;
use crate::event::Event;
use crate::execution_log::{Details, Journal, Moment, Stage, Step};
use crate::flow::{Cause, Verdict, Work};
use crate::sqs::batcher::{Haste, gather};
use crate::targets::Refusal;

/// How long an execution may take, enrichment and target together.
pub const EXECUTION_LIMIT: Duration = Duration::from_secs(300);

/// Messages that may wait for a batch; whoever brings one waits with it.
const WAITING: usize = 1024;

/// Delivers the messages of one pipe.
#[derive(Debug)]
pub struct Courier {
    /// Whose messages.
    pub pipe: Arc<Pipe>,
    carrier: Arc<Carrier>,
    /// Where messages gather, if there are to be batches.
    gate: Option<Sender<Waiting>>,
}

/// Carries batches.
#[derive(Debug)]
struct Carrier {
    pipe: Arc<Pipe>,
    enricher: Option<Enricher>,
    road: Road,
}

/// A message that waits for its batch.
#[derive(Debug)]
struct Waiting {
    work: Work,
    answer: oneshot::Sender<(Work, Ending)>,
}

impl Courier {
    /// For the messages of `pipe`, over `enricher`, where it has one, and `road`. Batches do not
    /// wait for others once there is `hurry`.
    pub fn new(
        pipe: Arc<Pipe>,
        enricher: Option<Enricher>,
        road: Road,
        hurry: CancellationToken,
    ) -> Courier {
        let carrier = Arc::new(Carrier {
            pipe: pipe.clone(),
            enricher,
            road,
        });
        let gate = (pipe.batch.size > 1).then(|| {
            let (gate, waiting) = channel(WAITING);
            let (carrier, haste) = (carrier.clone(), carrier.haste());
            tokio::spawn(gather(waiting, pipe.batch, haste, hurry, move |batch| {
                deliver_all(carrier.clone(), batch)
            }));
            gate
        });
        Courier {
            pipe,
            carrier,
            gate,
        }
    }

    /// Delivers one message, with others where the pipe has batches.
    pub async fn deliver(self: Arc<Courier>, work: Work) -> (Work, Ending) {
        let gate = match &self.gate {
            // A probe waits for no others, and what failed in company goes out alone.
            Some(gate) if !work.is_probe && !work.alone => gate,
            _ => {
                // On the heap: the task that this becomes is moved a few times before it runs.
                let mut endings = Box::pin(self.carrier.execute(std::slice::from_ref(&work))).await;
                return (work, endings.remove(0));
            }
        };
        let (answer, told) = oneshot::channel();
        gate.send(Waiting { work, answer })
            .await
            .expect("the batches outlive whoever brings messages");
        told.await
            .expect("every message of a batch gets its answer")
    }
}

async fn deliver_all(carrier: Arc<Carrier>, batch: Vec<Waiting>) {
    let (batch, answers): (Vec<Work>, Vec<_>) = batch
        .into_iter()
        .map(|waiting| (waiting.work, waiting.answer))
        .unzip();
    let endings = carrier.execute(&batch).await;
    for ((work, answer), ending) in batch.into_iter().zip(answers).zip(endings) {
        // Whoever is gone was cut off by the end of a drain; the message comes again.
        let _ = answer.send((work, ending));
    }
}

impl Carrier {
    /// A function and a state machine may take minutes; whatever only accepts things does so soon.
    fn haste(&self) -> Haste {
        match (&self.enricher, &self.road) {
            (Some(Enricher::Program(_)), _) | (_, Road::Program(_)) => Haste::AtOnce,
            _ => Haste::OneByOne,
        }
    }

    /// One ending for each message.
    async fn execute(&self, batch: &[Work]) -> Vec<Ending> {
        let pipe = &self.pipe;
        let ids = batch.iter().map(|work| work.id.as_str()).collect();
        let is_probe = batch.iter().all(|work| work.is_probe);
        let journal = Journal::new(
            pipe.log.unwrap_or_default(),
            &pipe.names.pipe_arn,
            ids,
            is_probe,
        );
        journal.tell_of(Step::ExecutionStarted, || {
            list(batch.iter().map(|work| &work.event))
        });
        let (begun, mut tally) = (Instant::now(), Tally::new(batch.len()));
        let in_time =
            tokio::time::timeout(EXECUTION_LIMIT, self.stages(batch, &journal, &mut tally)).await;
        if in_time.is_err() {
            tally.time_out(&Refusal::new(
                format!("no end within {EXECUTION_LIMIT:?}"),
                Cause::Timeout,
            ));
        }
        let step = match tally.outcome() {
            Outcome::Succeeded => Step::ExecutionSucceeded,
            Outcome::PartiallyFailed => Step::ExecutionPartiallyFailed,
            Outcome::Failed => Step::ExecutionFailed,
            Outcome::TimedOut => Step::ExecutionTimeout,
        };
        journal.tell(step, || Details::of_error(tally.first_failure()));
        tally.endings(begun.elapsed())
    }

    async fn stages(&self, batch: &[Work], journal: &Journal<'_>, tally: &mut Tally) {
        let events = match &self.enricher {
            None => batch
                .iter()
                .map(|work| &work.event)
                .enumerate()
                .map(Owned::borrowed)
                .collect(),
            Some(enricher) => match self.enrichment(enricher, batch, journal, tally).await {
                Some(events) => events,
                None => return,
            },
        };
        if events.is_empty() {
            return journal.tell(
                Step::Of(Stage::Target, Moment::StageSkipped),
                Details::default,
            );
        }
        let begun = enter(
            Stage::Target,
            events.iter().map(|owned| owned.event.as_ref()),
            journal,
        );
        let results = self.carry(&events, batch, journal).await;
        for (owned, result) in events.iter().zip(results) {
            tally.take(owned.owner, result);
        }
        tally.leave(Stage::Target, begun.elapsed());
        let moment = match tally.outcome() {
            Outcome::Succeeded => Moment::StageSucceeded,
            Outcome::PartiallyFailed => Moment::StagePartiallyFailed,
            Outcome::Failed | Outcome::TimedOut => Moment::StageFailed,
        };
        journal.tell(Step::Of(Stage::Target, moment), || {
            Details::of_error(tally.first_failure())
        });
    }

    /// The events that the enrichment makes of a batch, in as few questions as it takes. `None`
    /// when it failed for all.
    async fn enrichment<'b>(
        &self,
        enricher: &Enricher,
        batch: &[Work],
        journal: &Journal<'_>,
        tally: &mut Tally,
    ) -> Option<Vec<Owned<'b>>> {
        let begun = enter(
            Stage::Enrichment,
            batch.iter().map(|work| &work.event),
            journal,
        );
        let input = self
            .pipe
            .enrichment
            .as_ref()
            .and_then(|enrichment| enrichment.input.as_ref());
        let (mut sent, mut bodies) = (Vec::new(), Vec::new());
        for (index, work) in batch.iter().enumerate() {
            match shape(
                input,
                &self.pipe.names,
                Stage::Enrichment,
                &work.event,
                enricher.form(),
                journal,
            ) {
                Ok(body) => {
                    sent.push(index);
                    bodies.push(body);
                }
                Err(verdict) => tally.take(Some(index), Err(verdict)),
            }
        }
        let ids: Vec<&str> = sent.iter().map(|&index| batch[index].id.as_str()).collect();
        let mut events = Vec::new();
        for range in enricher.parts(&bodies) {
            let (sent, ids) = (&sent[range.clone()], &ids[range.clone()]);
            let Some(first) = sent.first() else { continue };
            match enricher
                .ask(&batch[*first].event, ids, &bodies[range], journal)
                .await
            {
                Ok(answer) => {
                    let made = Event::from_answer(&answer).into_iter();
                    events.extend(made.map(|event| Owned::made(event, sent, ids)));
                }
                Err(verdict) => sent
                    .iter()
                    .for_each(|&index| tally.take(Some(index), Err(verdict.clone()))),
            }
        }
        tally.leave(Stage::Enrichment, begun.elapsed());
        let failure = tally.first_failure();
        let moment = if failure.is_none() {
            Moment::StageSucceeded
        } else {
            Moment::StageFailed
        };
        journal.tell(Step::Of(Stage::Enrichment, moment), || {
            Details::of_error(failure)
        });
        (tally.outcome() != Outcome::Failed).then_some(events)
    }

    /// Delivers events to the target. A verdict for each that was not taken.
    async fn carry(
        &self,
        events: &[Owned<'_>],
        batch: &[Work],
        journal: &Journal<'_>,
    ) -> Vec<Result<Option<u16>, Verdict>> {
        let (count, most) = (events.len(), self.pipe.target.most());
        if count > most {
            let reason = format!(
                "the enrichment made {}, the target takes {most}",
                counted(count, "event")
            );
            journal.tell_failure(Step::Of(Stage::Target, Moment::InvocationSkipped), &reason);
            return vec![Err(Verdict::failed(reason, Cause::Message)); count];
        }
        let shaped = shape_all(
            self.pipe.input.as_ref(),
            &self.pipe.names,
            events,
            self.road.form(),
            journal,
        );
        self.road.carry(events, shaped, batch, journal).await
    }
}

fn enter<'e>(
    stage: Stage,
    events: impl Iterator<Item = &'e Event>,
    journal: &Journal<'_>,
) -> Instant {
    journal.tell_of(Step::Of(stage, Moment::StageEntered), || list(events));
    Instant::now()
}

fn list<'e>(events: impl Iterator<Item = &'e Event>) -> String {
    format!(
        "[{}]",
        events.map(Event::text).collect::<Vec<_>>().join(",")
    )
}

#[cfg(test)]
mod tests;
