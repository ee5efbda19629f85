//! How an execution ended for each message of its batch. Pure.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use crate::event::Event;
use crate::execution_log::Stage;
use crate::flow::{BatchPosition, Verdict};
use crate::targets::Refusal;

/// What became of an event: the status of the target's reply, where there is one for this event
/// alone, or the verdict on an event that the target did not take.
pub(crate) type Delivered = Result<Option<u16>, Verdict>;

/// An event, and the message that it comes from.
#[derive(Debug)]
pub(crate) struct SourcedEvent<'b> {
    /// The event.
    pub(crate) event: Cow<'b, Event>,
    /// The place of its message in the batch; `None` when it may come from any message.
    pub(crate) source: Option<usize>,
}

impl<'b> SourcedEvent<'b> {
    /// The event of a message itself.
    pub(crate) fn of_message((index, event): (usize, &'b Event)) -> SourcedEvent<'b> {
        SourcedEvent {
            event: Cow::Borrowed(event),
            source: Some(index),
        }
    }

    /// An event that an enrichment made of the messages with these ids, at `indices` of the batch.
    /// The event must keep the `messageId` of its message, unless there is only one
    /// (`docs/aws/pipes.md#enrichment`).
    pub(crate) fn made(event: Event, indices: &[usize], ids: &[&str]) -> SourcedEvent<'b> {
        let id = event.value().get("messageId").and_then(Value::as_str);
        let source = match (indices, id) {
            ([only], _) => Some(*only),
            (_, Some(id)) => ids
                .iter()
                .position(|known| *known == id)
                .map(|at| indices[at]),
            _ => None,
        };
        SourcedEvent {
            event: Cow::Owned(event),
            source,
        }
    }
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExecutionOutcome {
    /// Every message succeeded.
    Succeeded,
    /// Some messages failed.
    PartiallyFailed,
    /// All messages failed.
    Failed,
    /// The execution did not end in time, and so all messages failed.
    TimedOut,
}

/// How a message ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// What becomes of the message.
    pub(crate) verdict: Verdict,
    /// The status of the target's answer to a message that it took, where there is one for it
    /// alone.
    pub(crate) status: Option<u16>,
    /// Whether the message went out alone, or where it stood in its batch.
    pub(crate) position: BatchPosition,
    /// The whole execution: with its first message only, so that it is counted once.
    pub(crate) execution: Option<ExecutionSummary>,
}

/// What metrics count of an execution.
#[derive(Debug)]
pub(crate) struct ExecutionSummary {
    /// How the execution ended.
    pub(crate) outcome: ExecutionOutcome,
    /// The stages that were entered, in order, with the time each took.
    pub(crate) stages: Vec<(Stage, Duration)>,
    /// The time that the execution took.
    pub(crate) duration: Duration,
}

/// Collects the verdicts on the messages of a batch.
#[derive(Debug)]
pub(crate) struct Tally {
    verdicts: Vec<Verdict>,
    statuses: Vec<Option<u16>>,
    stages: Vec<(Stage, Duration)>,
    timed_out: bool,
}

impl Tally {
    /// A tally for this number of messages, none of which has failed yet.
    pub(crate) fn new(messages: usize) -> Tally {
        Tally {
            verdicts: vec![Verdict::Delivered; messages],
            statuses: vec![None; messages],
            stages: Vec::new(),
            timed_out: false,
        }
    }

    /// Takes what became of an event that comes from the message at `source`, or from any message.
    /// A message has failed when any of its events has; the first failure counts.
    pub(crate) fn take(&mut self, source: Option<usize>, result: Delivered) {
        let verdict = match result {
            Ok(status) => {
                if let Some(slot) = source.and_then(|index| self.statuses.get_mut(index)) {
                    *slot = status;
                }
                return;
            }
            Err(verdict) => verdict,
        };
        let concerned = match source {
            Some(index) => &mut self.verdicts[index..=index],
            None => &mut self.verdicts[..],
        };
        for slot in concerned
            .iter_mut()
            .filter(|slot| **slot == Verdict::Delivered)
        {
            *slot = verdict.clone();
        }
    }

    /// Takes the time that a stage took.
    pub(crate) fn leave(&mut self, stage: Stage, duration: Duration) {
        self.stages.push((stage, duration));
    }

    /// The execution did not end in time: what became of the messages is unknown.
    pub(crate) fn time_out(&mut self, refusal: &Refusal) {
        self.timed_out = true;
        self.verdicts.fill(refusal.verdict());
    }

    /// The first failure, if there is one.
    pub(crate) fn first_failure(&self) -> Option<&Verdict> {
        self.verdicts
            .iter()
            .find(|verdict| **verdict != Verdict::Delivered)
    }

    /// How the execution went up to here.
    pub(crate) fn outcome(&self) -> ExecutionOutcome {
        let failed = self
            .verdicts
            .iter()
            .filter(|verdict| **verdict != Verdict::Delivered)
            .count();
        match failed {
            _ if self.timed_out => ExecutionOutcome::TimedOut,
            0 => ExecutionOutcome::Succeeded,
            failed if failed < self.verdicts.len() => ExecutionOutcome::PartiallyFailed,
            _ => ExecutionOutcome::Failed,
        }
    }

    /// One ending for each message.
    pub(crate) fn endings(self, duration: Duration) -> Vec<Ending> {
        let outcome = self.outcome();
        let mut execution = Some(ExecutionSummary {
            outcome,
            stages: self.stages,
            duration,
        });
        let is_alone = self.verdicts.len() == 1;
        let endings = self.verdicts.into_iter().zip(self.statuses).enumerate();
        let ending = |(index, (verdict, status))| {
            let position = match (is_alone, index) {
                (true, _) => BatchPosition::Alone,
                (false, 0) => BatchPosition::First,
                (false, _) => BatchPosition::Other,
            };
            Ending {
                verdict,
                status,
                position,
                execution: execution.take(),
            }
        };
        endings.map(ending).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Cause;
    use serde_json::json;

    fn rejected() -> Delivered {
        Err(Verdict::failed("no", Cause::Message))
    }

    #[test]
    fn a_failure_fails_its_message_and_one_without_an_owner_fails_all() {
        let mut tally = Tally::new(3);
        assert_eq!(tally.outcome(), ExecutionOutcome::Succeeded);
        tally.take(Some(1), rejected());
        tally.take(Some(1), Ok(Some(200)));
        assert_eq!(tally.outcome(), ExecutionOutcome::PartiallyFailed);
        tally.take(None, Err(Verdict::failed("away", Cause::Target)));
        assert_eq!(tally.outcome(), ExecutionOutcome::Failed);
        let endings = tally.endings(Duration::ZERO);
        let reasons: Vec<_> = endings
            .iter()
            .map(|ending| ending.verdict.reason().unwrap())
            .collect();
        assert_eq!(reasons, ["away", "no", "away"], "the first failure counts");
        assert!(
            endings[0].execution.is_some() && endings[1].execution.is_none(),
            "counted once"
        );
    }

    #[test]
    fn an_enrichments_events_keep_the_id_of_their_message_to_be_told_apart() {
        let owner = |record: Value, indices: &[usize], ids: &[&str]| {
            SourcedEvent::made(Event::from_record(record), indices, ids).source
        };
        assert_eq!(
            owner(json!({"messageId": "b"}), &[0, 2], &["a", "b"]),
            Some(2)
        );
        assert_eq!(owner(json!({"messageId": "c"}), &[0, 2], &["a", "b"]), None);
        assert_eq!(owner(json!({"a": 1}), &[0, 2], &["a", "b"]), None);
        assert_eq!(
            owner(json!({"a": 1}), &[1], &["a"]),
            Some(1),
            "there is no other"
        );
    }
}
