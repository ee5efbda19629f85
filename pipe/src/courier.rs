//! Door: takes one event through enrichment and target, and brings back how it ended.
//!
//! Shapes bodies, plans calls and messages, hands them to their senders; each of these is decided elsewhere. Tells the
//! journal of every step.

mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::definition::Pipe;
use crate::event::Event;
use crate::flow::Work;
use crate::invoker::Invoker;
use crate::journal::{Details, Journal, Moment, Stage, Step};
use crate::outbox::Outbox;
use crate::retry::Verdict;
use stage::{Failure, invoke, post, read_answer, shape};

/// Delivers the events of one pipe.
#[derive(Debug)]
pub struct Courier {
    /// Whose events.
    pub pipe: Arc<Pipe>,
    /// The way to the enrichment, where the pipe has one.
    pub enricher: Option<Invoker>,
    /// The way to the target.
    pub road: Road,
}

/// The way to a target.
#[derive(Debug)]
pub enum Road {
    /// To an API destination.
    Http(Box<Invoker>),
    /// To a queue.
    Queue(Outbox),
}

/// How an execution ended.
#[derive(Debug)]
pub struct Ending {
    /// What becomes of the message.
    pub verdict: Verdict,
    /// The stages that were entered, in order, with the time each took.
    pub stages: Vec<(Stage, Duration)>,
}

impl Courier {
    /// Delivers one event.
    pub async fn deliver(self: Arc<Courier>, work: Work) -> (Work, Ending) {
        let pipe = &self.pipe;
        let journal = Journal::new(pipe.log.unwrap_or_default(), &pipe.names.pipe_arn, &work.id, work.is_probe);
        journal.tell_of(Step::ExecutionStarted, || work.event.text());
        let mut stages = Vec::new();
        let verdict = self.execute(&work, &journal, &mut stages).await;
        let step = if verdict == Verdict::Delivered { Step::ExecutionSucceeded } else { Step::ExecutionFailed };
        journal.tell(step, || Details::of_error(&verdict));
        (work, Ending { verdict, stages })
    }

    async fn execute(&self, work: &Work, journal: &Journal<'_>, stages: &mut Vec<(Stage, Duration)>) -> Verdict {
        let enriched = match &self.enricher {
            None => None,
            Some(enricher) => {
                let begun = enter(Stage::Enrichment, std::slice::from_ref(&work.event), journal);
                let events = self.enrich(enricher, work, journal).await;
                stages.push((Stage::Enrichment, begun.elapsed()));
                match leave(Stage::Enrichment, events, journal) {
                    Ok(events) => Some(events),
                    Err(verdict) => return verdict,
                }
            }
        };
        let events = enriched.as_deref().unwrap_or(std::slice::from_ref(&work.event));
        if events.is_empty() {
            journal.tell(Step::Of(Stage::Target, Moment::StageSkipped), Details::default);
            return Verdict::Delivered;
        }
        let begun = enter(Stage::Target, events, journal);
        let delivered = self.carry(events, &work.id, journal).await;
        stages.push((Stage::Target, begun.elapsed()));
        leave(Stage::Target, delivered, journal).err().unwrap_or(Verdict::Delivered)
    }

    /// The events that the enrichment makes of one.
    async fn enrich(&self, enricher: &Invoker, work: &Work, journal: &Journal<'_>) -> Result<Vec<Event>, Failure> {
        let input = self.pipe.enrichment.as_ref().and_then(|enrichment| enrichment.input.as_ref());
        let body = shape(input, &self.pipe.names, Stage::Enrichment, &work.event, journal)?;
        let reply = invoke(enricher, &work.event, &work.id, body, journal).await?;
        read_answer(&reply).map(Event::from_answer)
    }

    /// Delivers all events that stand for one message; the first failure counts for all.
    async fn carry(&self, events: &[Event], id: &str, journal: &Journal<'_>) -> Result<(), Failure> {
        let (count, most) = (events.len(), self.pipe.target.most());
        if count > most {
            return Err(Failure::rejected(format!("the enrichment made {count} events, the target takes {most}")));
        }
        for event in events {
            let body = shape(self.pipe.input.as_ref(), &self.pipe.names, Stage::Target, event, journal)?;
            match &self.road {
                Road::Http(invoker) => drop(invoke(invoker, event, id, body, journal).await?),
                Road::Queue(outbox) => post(outbox, event, body, journal).await?,
            }
        }
        Ok(())
    }
}

fn enter(stage: Stage, events: &[Event], journal: &Journal<'_>) -> Instant {
    let texts = || events.iter().map(Event::text).collect::<Vec<_>>().join(",");
    journal.tell_of(Step::Of(stage, Moment::StageEntered), || format!("[{}]", texts()));
    Instant::now()
}

fn leave<T>(stage: Stage, result: Result<T, Failure>, journal: &Journal<'_>) -> Result<T, Verdict> {
    let Failure { verdict, moment, details } = match result {
        Ok(made) => {
            journal.tell(Step::Of(stage, Moment::StageSucceeded), Details::default);
            return Ok(made);
        }
        Err(failure) => failure,
    };
    journal.tell(Step::Of(stage, moment), || *details);
    journal.tell(Step::Of(stage, Moment::StageFailed), || Details::of_error(&verdict));
    Err(verdict)
}

#[cfg(test)]
mod tests;
