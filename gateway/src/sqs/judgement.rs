//! What an answer means for each message of a request: settled, or asked again, and how. Pure.

use std::time::Duration;

use kit::call::Reply;
use kit::send::SendError;
use kit::service::ServiceError;

use super::pending::PendingMessage;
use super::wire::{self, EntryResult, Said};
use crate::integration_response::{Answer, NoAnswer, SqsAnswer, SqsError};

/// A message goes to SQS this many times at most, as with the SDK.
pub(super) const ATTEMPTS: usize = 3;

/// Before the second and the third time, if SQS was in trouble.
const PAUSES: [Duration; ATTEMPTS - 1] = [Duration::from_millis(50), Duration::from_millis(200)];

/// Parts of the codes of refusals that are about a message: when SQS refuses a whole request with
/// one of them, one of its messages is to blame.
const ABOUT_CONTENT: [&str; 7] = [
    "BatchRequestTooLong",
    "InvalidAttributeValue",
    "InvalidMessageContents",
    "InvalidParameter",
    "MissingParameter",
    "MissingRequiredParameter",
    "RequestEntityTooLarge",
];

/// A message that is asked for again, and what its caller gets if there is no time for that.
#[derive(Debug)]
pub(super) struct Again {
    pub pending: PendingMessage,
    pub otherwise: Answer,
}

/// How messages are asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// In one request: none of them is to blame.
    Together,
    /// Each by itself: one of them may be to blame.
    Alone,
}

/// What becomes of the messages of a request that are not settled.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// SQS was in trouble: these go again after a pause.
    pub again: Vec<Again>,
    /// How those go.
    pub grouping: Option<Grouping>,
    /// Entries that SQS refused: alone, each caller gets the exact error for its message.
    pub alone: Vec<PendingMessage>,
    /// The messages of a batch that SQS refused as a whole, and its reason.
    pub refused: Option<(Vec<PendingMessage>, SqsError)>,
    /// Why SQS refused a message that was sent by itself. It is settled.
    pub refusal: Option<SqsError>,
}

/// Settles the messages of a request as far as its reply allows. `attempt` counts from 1.
pub(super) fn judge(
    batch: Vec<PendingMessage>,
    reply: Result<Reply, ServiceError>,
    attempt: usize,
) -> Unsettled {
    match reply {
        Ok(reply) => match wire::read(&reply) {
            Said::Taken => taken(batch, &reply, attempt),
            Said::Refused(error) => refused(batch, error),
            Said::Throttled(error) => repeat(
                batch,
                &Ok(SqsAnswer::Refused(error)),
                attempt,
                Grouping::Together,
            ),
            Said::Troubled(error) => {
                let grouping = grouping_after(attempt);
                repeat(batch, &Ok(SqsAnswer::Refused(error)), attempt, grouping)
            }
            Said::NotSqs(no_answer) => settle_all(batch, &Err(no_answer)),
        },
        Err(ServiceError::Send(error)) => unsent(batch, &error, attempt),
        Err(error) => settle_all(batch, &Err(NoAnswer::NoCredentials(error.to_string()))),
    }
}

/// How long a message waits before it goes for the `attempt`th time: [`None`] when it does not.
pub(super) fn pause_before(attempt: usize) -> Option<Duration> {
    PAUSES.get(attempt.checked_sub(2)?).copied()
}

/// Whether two refusals of SQS, of a batch and of one of its messages by itself, are about neither:
/// then all the others would be refused as well.
pub(super) fn is_about_all(batch: &SqsError, alone: &SqsError) -> bool {
    batch.code == alone.code && !ABOUT_CONTENT.iter().any(|part| batch.code.contains(part))
}

/// The second time, messages go together: a struggling SQS is not helped by ten times the requests.
/// The last time each goes by itself, so that one which is to blame fails none but itself.
fn grouping_after(attempt: usize) -> Grouping {
    if attempt + 1 < ATTEMPTS {
        Grouping::Together
    } else {
        Grouping::Alone
    }
}

fn settle_all(batch: Vec<PendingMessage>, answer: &Answer) -> Unsettled {
    for pending in batch {
        pending.settle(answer.clone());
    }
    Unsettled::default()
}

fn repeat(
    batch: Vec<PendingMessage>,
    otherwise: &Answer,
    attempt: usize,
    grouping: Grouping,
) -> Unsettled {
    if attempt >= ATTEMPTS {
        return settle_all(batch, otherwise);
    }
    let again = |pending| Again {
        pending,
        otherwise: otherwise.clone(),
    };
    Unsettled {
        again: batch.into_iter().map(again).collect(),
        grouping: Some(grouping),
        ..Unsettled::default()
    }
}

/// There is no reply. After a connection that broke, the messages may be stored: asked again, one
/// may be stored twice, and never lost. A request that hangs is not asked again.
fn unsent(batch: Vec<PendingMessage>, error: &SendError, attempt: usize) -> Unsettled {
    let unreachable = || Err(NoAnswer::Unreachable(error.to_string()));
    match error {
        SendError::Timeout(_) | SendError::Unfinished { .. } => {
            settle_all(batch, &Err(NoAnswer::TimedOut))
        }
        SendError::NoAddress(_) | SendError::Unreachable(_) => {
            repeat(batch, &unreachable(), attempt, Grouping::Together)
        }
        SendError::Broken(_) => repeat(batch, &unreachable(), attempt, grouping_after(attempt)),
        SendError::Refused(_) | SendError::Unsendable(_) => settle_all(batch, &unreachable()),
    }
}

/// SQS refused the whole request.
fn refused(mut batch: Vec<PendingMessage>, error: SqsError) -> Unsettled {
    if batch.len() > 1 {
        return Unsettled {
            refused: Some((batch, error)),
            ..Unsettled::default()
        };
    }
    if let Some(pending) = batch.pop() {
        pending.settle(Ok(SqsAnswer::Refused(error.clone())));
    }
    Unsettled {
        refusal: Some(error),
        ..Unsettled::default()
    }
}

/// SQS answered for each message.
fn taken(batch: Vec<PendingMessage>, reply: &Reply, attempt: usize) -> Unsettled {
    let messages: Vec<_> = batch.iter().map(|pending| &pending.message).collect();
    let results = wire::results(&messages, reply);
    let is_behind = stored_behind(&batch, &results);
    let is_last = attempt >= ATTEMPTS;
    let mut unsettled = Unsettled::default();
    for ((pending, result), is_behind) in batch.into_iter().zip(results).zip(is_behind) {
        match result {
            EntryResult::Answered(answer) => pending.settle(answer),
            EntryResult::Refused(error) | EntryResult::Failed(error) if is_last || is_behind => {
                pending.settle(Ok(SqsAnswer::Refused(error)));
            }
            EntryResult::Refused(_) => unsettled.alone.push(pending),
            EntryResult::Failed(error) => unsettled.again.push(Again {
                pending,
                otherwise: Ok(SqsAnswer::Refused(error)),
            }),
        }
    }
    unsettled.grouping = Some(grouping_after(attempt));
    unsettled
}

/// For each message whether a later one of its message group is stored already: sent again, it
/// would be out of order. On queues that keep no order, none is.
fn stored_behind(batch: &[PendingMessage], results: &[EntryResult]) -> Vec<bool> {
    let is_stored = |result: &EntryResult| matches!(result, EntryResult::Answered(_));
    let is_behind = |place: usize, pending: &PendingMessage| {
        pending.message.is_fifo()
            && batch
                .iter()
                .zip(results)
                .skip(place + 1)
                .any(|(later, result)| {
                    is_stored(result) && later.message.group_id == pending.message.group_id
                })
    };
    batch
        .iter()
        .enumerate()
        .map(|(place, pending)| is_behind(place, pending))
        .collect()
}
