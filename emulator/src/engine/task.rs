//! A message move task: which messages it moves, how fast, and how far it has come.

use std::time::Duration;

use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::arn::QueueArn;
use super::definition::millis;
use super::ids::Serial;
use super::limits::STEP;

/// A task that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTask {
    /// A UUID; part of the TaskHandle.
    pub id: String,
    /// The dead-letter queue.
    pub source: QueueArn,
    /// The queue to move to; without one every message returns to the queue that it came from.
    pub destination: Option<QueueArn>,
    /// Messages per second; none for as fast as possible.
    pub rate: Option<u32>,
    /// When the task was started.
    #[serde(with = "millis")]
    pub started: Timestamp,
    /// The number of messages moved.
    pub moved: usize,
    /// The number of messages in the source at the start.
    pub to_move: usize,
    /// Whether the task runs, or how it ended.
    pub status: MoveStatus,
    /// The serial of the last message that the task moved.
    last: Serial,
    /// Since when the task keeps its rate, and how many messages it had moved then: since its
    /// start, or the last restart.
    #[serde(skip)]
    paced: (Timestamp, usize),
}

/// Whether a task runs, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStatus {
    /// The task has messages to move.
    Running,
    /// All messages were moved.
    Completed,
    /// The task was cancelled.
    Cancelled,
    /// The task could not continue.
    Failed(MoveFailure),
}

/// Why a task could not continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveFailure {
    /// The source or the destination was deleted.
    NonExistentQueue,
    /// A message came from no queue that still exists, and there is no destination.
    CouldNotDetermineMessageSource,
}

impl MoveTask {
    /// A task that starts now.
    pub(super) fn new(
        id: String,
        now: Timestamp,
        source: QueueArn,
        destination: Option<QueueArn>,
        rate: Option<u32>,
        to_move: usize,
    ) -> MoveTask {
        MoveTask {
            id,
            source,
            destination,
            rate,
            started: now,
            moved: 0,
            to_move,
            status: MoveStatus::Running,
            last: 0,
            paced: (now, 0),
        }
    }

    /// Counts a message that was moved and has this serial now.
    pub(super) fn step(&mut self, serial: Serial) {
        self.last = serial;
        self.moved += 1;
    }

    /// Counts a moved message that a replay found, unless the stored task counts it already.
    pub(super) fn replay_step(&mut self, serial: Serial) {
        if self.last < serial {
            self.step(serial);
        }
    }

    /// Keeps the rate from now on, and does not make up for the time before.
    pub(super) fn pace_from(&mut self, now: Timestamp) {
        self.paced = (now, self.moved);
    }

    /// How many messages may have been moved by now.
    pub(super) fn allowance(&self, now: Timestamp) -> usize {
        let Some(rate) = self.rate else {
            return self.moved + STEP;
        };
        let (since, moved) = self.paced;
        let millis = now.since(since).as_millis().saturating_mul(rate.into());
        usize::try_from(millis / 1000)
            .unwrap_or(usize::MAX)
            .saturating_add(moved + 1)
    }

    /// When the next message is to be moved.
    pub(super) fn next_step(&self) -> Timestamp {
        let (since, moved) = self.paced;
        match self.rate {
            None => since,
            Some(rate) => {
                since
                    + Duration::from_millis(
                        ((self.moved - moved) as u64 * 1000).div_ceil(rate.into()),
                    )
            }
        }
    }
}
