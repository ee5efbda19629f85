//! One execution: a batch of events goes through the stages of its pipe, first the enrichment,
//! where there is one, then the target.
//!
//! An execution never fails as such: each message of the batch gets an ending of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::counted::counted;
use kit::time::Timestamp;

use super::delivery::Delivery;
use super::enrichment::EnrichmentCall;
use super::tally::{Delivered, Ending, ExecutionOutcome, SourcedEvent, Tally};
use super::transformation::{transform, transform_all};
use crate::definition::Pipe;
use crate::event::Event;
use crate::execution_log::{Details, ExecutionLog, ExecutionStep, Stage, StageStep};
use crate::flow::{Cause, Verdict, Work};
use crate::sqs::batcher::BatchMode;
use crate::targets::Refusal;

/// How long an execution may take, enrichment and target together.
pub(crate) const EXECUTION_LIMIT: Duration = Duration::from_secs(300);

/// The stages of one pipe.
#[derive(Debug)]
pub(crate) struct Stages {
    /// The pipe.
    pub(crate) pipe: Arc<Pipe>,
    /// How its enrichment is invoked, where it has one.
    pub(crate) enrichment: Option<EnrichmentCall>,
    /// How its target is invoked.
    pub(crate) delivery: Delivery,
}

impl Stages {
    /// Functions and state machines may take minutes, so batches for them do not wait for each
    /// other; everything else only accepts events, and does so soon.
    pub(super) fn batch_mode(&self) -> BatchMode {
        match (&self.enrichment, &self.delivery) {
            (Some(EnrichmentCall::Invoke(_)), _) | (_, Delivery::Invoke(_)) => BatchMode::AtOnce,
            _ => BatchMode::OneByOne,
        }
    }

    /// Runs an execution. One ending for each message of the batch.
    pub(super) async fn execute(&self, batch: &[Work]) -> Vec<Ending> {
        let execution = Execution {
            stages: self,
            batch,
            log: ExecutionLog::new(
                self.pipe.log.unwrap_or_default(),
                &self.pipe.names.pipe_arn,
                batch.iter().map(|work| work.id.as_str()).collect(),
                batch.iter().all(|work| work.is_probe),
            ),
            tally: Tally::new(batch.len()),
        };
        execution.run().await
    }
}

/// An execution under way.
struct Execution<'e> {
    stages: &'e Stages,
    batch: &'e [Work],
    log: ExecutionLog<'e>,
    tally: Tally,
}

impl<'e> Execution<'e> {
    async fn run(mut self) -> Vec<Ending> {
        let batch = self.batch;
        self.log
            .record_payload(ExecutionStep::ExecutionStarted, || {
                list(batch.iter().map(|work| &work.event))
            });
        let begun = Instant::now();
        let in_time = tokio::time::timeout(EXECUTION_LIMIT, self.run_stages()).await;
        if in_time.is_err() {
            self.tally.time_out(&Refusal::new(
                format!("the execution did not end within {EXECUTION_LIMIT:?}"),
                Cause::Timeout,
            ));
        }
        let step = match self.tally.outcome() {
            ExecutionOutcome::Succeeded => ExecutionStep::ExecutionSucceeded,
            ExecutionOutcome::PartiallyFailed => ExecutionStep::ExecutionPartiallyFailed,
            ExecutionOutcome::Failed => ExecutionStep::ExecutionFailed,
            ExecutionOutcome::TimedOut => ExecutionStep::ExecutionTimeout,
        };
        self.log
            .record(step, || Details::of_error(self.tally.first_failure()));
        self.tally.endings(begun.elapsed())
    }

    async fn run_stages(&mut self) {
        let events = match &self.stages.enrichment {
            None => self.own_events(),
            Some(enrichment) => match self.enrich(enrichment).await {
                Some(events) => events,
                None => return,
            },
        };
        if events.is_empty() {
            let step = ExecutionStep::Of(Stage::Target, StageStep::StageSkipped);
            return self.log.record(step, Details::default);
        }
        self.deliver(&events).await;
    }

    /// The events of the messages themselves, but for those of a rule that are too old to be tried.
    fn own_events(&mut self) -> Vec<SourcedEvent<'e>> {
        let (batch, rule) = (self.batch, self.stages.pipe.rule.as_ref());
        let events = batch.iter().map(|work| &work.event).enumerate();
        let is_too_old = |event: &Event| {
            let age = event.taken_at().map(|at| Timestamp::wall().since(at));
            age.is_some_and(|age| rule.is_some_and(|rule| rule.limits.is_too_old(age)))
        };
        let (old, fresh): (Vec<_>, Vec<_>) = events.partition(|(_, event)| is_too_old(event));
        for (index, _) in old {
            let reason = "the event is older than MaximumEventAgeInSeconds".into();
            let verdict = Verdict::Unsendable { reason };
            self.tally.take(Some(index), Err(verdict));
        }
        fresh.into_iter().map(SourcedEvent::of_message).collect()
    }

    /// The enrichment stage: the events that the enrichment makes of the batch, in as few
    /// invocations as it takes. `None` when it failed for all messages.
    async fn enrich(&mut self, enrichment: &'e EnrichmentCall) -> Option<Vec<SourcedEvent<'e>>> {
        let begun = self.enter(Stage::Enrichment, self.batch.iter().map(|work| &work.event));
        let (sent, bodies) = self.enrichment_bodies();
        let ids: Vec<&str> = sent
            .iter()
            .map(|&index| self.batch[index].id.as_str())
            .collect();
        let mut events = Vec::new();
        for range in enrichment.parts(&bodies) {
            let (sent, ids) = (&sent[range.clone()], &ids[range.clone()]);
            let Some(&first) = sent.first() else { continue };
            let first = &self.batch[first].event;
            match enrichment
                .invoke(first, ids, &bodies[range], &self.log)
                .await
            {
                Ok(answer) => {
                    let made = Event::from_answer(&answer).into_iter();
                    events.extend(made.map(|event| SourcedEvent::made(event, sent, ids)));
                }
                Err(verdict) => sent
                    .iter()
                    .for_each(|&index| self.tally.take(Some(index), Err(verdict.clone()))),
            }
        }
        self.tally.leave(Stage::Enrichment, begun.elapsed());
        let failure = self.tally.first_failure();
        let step = if failure.is_none() {
            StageStep::StageSucceeded
        } else {
            StageStep::StageFailed
        };
        self.log
            .record(ExecutionStep::Of(Stage::Enrichment, step), || {
                Details::of_error(failure)
            });
        (self.tally.outcome() != ExecutionOutcome::Failed).then_some(events)
    }

    /// The bodies for the enrichment, with the index in the batch of the message of each. A message
    /// whose event cannot be transformed has failed.
    fn enrichment_bodies(&mut self) -> (Vec<usize>, Vec<String>) {
        let pipe = &self.stages.pipe;
        let mut sent = Vec::new();
        let mut bodies = Vec::new();
        let Some(enrichment) = &pipe.enrichment else {
            return (sent, bodies);
        };
        for (index, work) in self.batch.iter().enumerate() {
            match transform(
                enrichment.input.as_ref(),
                &pipe.names,
                Stage::Enrichment,
                &work.event,
                enrichment.target.body_format(),
                &self.log,
            ) {
                Ok(body) => {
                    sent.push(index);
                    bodies.push(body);
                }
                Err(verdict) => self.tally.take(Some(index), Err(verdict)),
            }
        }
        (sent, bodies)
    }

    /// The target stage.
    async fn deliver(&mut self, events: &[SourcedEvent<'_>]) {
        let begun = self.enter(
            Stage::Target,
            events.iter().map(|sourced| sourced.event.as_ref()),
        );
        let results = self.invoke_target(events).await;
        for (sourced, result) in events.iter().zip(results) {
            self.tally.take(sourced.source, result);
        }
        self.tally.leave(Stage::Target, begun.elapsed());
        let step = match self.tally.outcome() {
            ExecutionOutcome::Succeeded => StageStep::StageSucceeded,
            ExecutionOutcome::PartiallyFailed => StageStep::StagePartiallyFailed,
            ExecutionOutcome::Failed | ExecutionOutcome::TimedOut => StageStep::StageFailed,
        };
        self.log.record(ExecutionStep::Of(Stage::Target, step), || {
            Details::of_error(self.tally.first_failure())
        });
    }

    /// One result for each event.
    async fn invoke_target(&self, events: &[SourcedEvent<'_>]) -> Vec<Delivered> {
        let Stages { pipe, delivery, .. } = self.stages;
        let most = pipe.target.most();
        if events.len() > most {
            let reason = format!(
                "the enrichment returned {}, but the target takes {most}",
                counted(events.len(), "event")
            );
            let step = ExecutionStep::Of(Stage::Target, StageStep::InvocationSkipped);
            self.log.record_failure(step, &reason);
            return vec![Err(Verdict::failed(reason, Cause::Message)); events.len()];
        }
        let bodies = transform_all(
            pipe.input.as_ref(),
            &pipe.names,
            events,
            pipe.target.body_format(),
            &self.log,
        );
        delivery
            .deliver(events, bodies, self.batch, &self.log)
            .await
    }

    fn enter<'v>(&self, stage: Stage, events: impl Iterator<Item = &'v Event>) -> Instant {
        self.log
            .record_payload(ExecutionStep::Of(stage, StageStep::StageEntered), || {
                list(events)
            });
        Instant::now()
    }
}

fn list<'v>(events: impl Iterator<Item = &'v Event>) -> String {
    format!(
        "[{}]",
        events.map(Event::text).collect::<Vec<_>>().join(",")
    )
}
