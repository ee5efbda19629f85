//! Message move tasks: dead letters on their way back, a few at a time.
//!
//! A moved message is a new one (number, time sent, receive count) with the old content. A task
//! goes on after a restart: its beginning and its end are written down, and every message that it
//! moved tells how far it was.

use std::time::Duration;

use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::message::{Key, QueueId, Serial};
use super::name::QueueArn;
use super::queue::millis;
use super::slab::Slot;
use super::{Engine, STEP};

/// A task that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveTask {
    /// A UUID; part of the TaskHandle.
    pub id: String,
    /// The dead-letter queue.
    pub source: QueueArn,
    /// Where to; without one every message returns to the queue that it came from.
    pub destination: Option<QueueArn>,
    /// Messages a second; without one as fast as it goes.
    pub rate: Option<u32>,
    /// When it was started.
    #[serde(with = "millis")]
    pub started: Timestamp,
    /// Messages moved.
    pub moved: usize,
    /// Messages that were there at the start.
    pub to_move: usize,
    /// How it goes.
    pub status: MoveStatus,
    /// The number of the last message that it made.
    last: Serial,
    /// Since when it keeps its rate, and how many it had moved then: since its start, or the last
    /// restart.
    #[serde(skip)]
    paced: (Timestamp, usize),
}

/// How a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveStatus {
    /// It has messages to move.
    Running,
    /// All were moved.
    Completed,
    /// It was cancelled.
    Cancelled,
    /// It could not go on.
    Failed(MoveFailure),
}

/// Why a task could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoveFailure {
    /// The source or the destination was deleted.
    NonExistentQueue,
    /// A message is no dead letter of a queue that exists, and there is no destination.
    CouldNotDetermineMessageSource,
}

/// Why a task was not started or not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// No queue names the source as its dead-letter queue.
    #[error("the source is no dead-letter queue")]
    NotADeadLetterQueue,
    /// The source has a running task.
    #[error("a task is running")]
    AlreadyRunning,
    /// No running task has this id.
    #[error("no such task")]
    Unknown,
}

/// Tasks remembered for one source: what ListMessageMoveTasks can show at most.
const HISTORY: usize = 10;

impl MoveTask {
    /// How many messages may have been moved by now.
    fn allowance(&self, now: Timestamp) -> usize {
        let Some(rate) = self.rate else {
            return self.moved + STEP;
        };
        let (since, moved) = self.paced;
        let millis = now.since(since).as_millis().saturating_mul(rate.into());
        usize::try_from(millis / 1000)
            .unwrap_or(usize::MAX)
            .saturating_add(moved + 1)
    }

    fn next_step(&self) -> Timestamp {
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

impl Engine {
    /// Every task that is remembered, oldest first.
    pub fn move_tasks(&self) -> &[MoveTask] {
        &self.tasks
    }

    /// The queues that name this one as their dead-letter queue.
    pub fn dead_letter_sources<'a>(
        &'a self,
        target: &'a QueueArn,
    ) -> impl Iterator<Item = &'a QueueArn> {
        self.queues()
            .map(|queue| &queue.definition)
            .filter_map(move |definition| {
                let redrive = definition.attributes.redrive.as_ref()?;
                (redrive.target == *target).then_some(&definition.arn)
            })
    }

    /// Starts to move the messages of a dead-letter queue that exists. Returns the task's id.
    pub fn start_move(
        &mut self,
        now: Timestamp,
        source: &QueueArn,
        destination: Option<QueueArn>,
        rate: Option<u32>,
    ) -> Result<String, MoveError> {
        if self.dead_letter_sources(source).next().is_none() {
            return Err(MoveError::NotADeadLetterQueue);
        }
        if self
            .tasks
            .iter()
            .any(|task| task.source == *source && task.status == MoveStatus::Running)
        {
            return Err(MoveError::AlreadyRunning);
        }
        let to_move = self
            .find(source)
            .map_or(0, |queue| self.counts(now, queue).ready);
        let id = self.message_id(self.next_serial);
        self.next_serial += 1;
        let task = MoveTask {
            id: id.clone(),
            source: source.clone(),
            destination,
            rate,
            started: now,
            moved: 0,
            to_move,
            status: MoveStatus::Running,
            last: 0,
            paced: (now, 0),
        };
        self.outbox
            .effects
            .push(Effect::Task(Box::new(task.clone())));
        self.tasks.push(task);
        self.trim_history(source);
        Ok(id)
    }

    /// Stops a running task. Returns how many messages it has moved.
    pub fn cancel_move(&mut self, id: &str) -> Result<usize, MoveError> {
        let running = |task: &MoveTask| task.status == MoveStatus::Running && task.id == id;
        let index = self
            .tasks
            .iter()
            .position(running)
            .ok_or(MoveError::Unknown)?;
        self.end_task(index, MoveStatus::Cancelled);
        Ok(self.tasks[index].moved)
    }

    fn end_task(&mut self, index: usize, status: MoveStatus) {
        self.tasks[index].status = status;
        self.outbox
            .effects
            .push(Effect::Task(Box::new(self.tasks[index].clone())));
    }

    pub(super) fn replay_task(&mut self, task: MoveTask) {
        match self.tasks.iter_mut().find(|known| known.id == task.id) {
            Some(known) => *known = task,
            None => {
                let source = task.source.clone();
                self.tasks.push(task);
                self.trim_history(&source);
            }
        }
    }

    /// Counts a message that left a queue by a task. What is said of the task itself may count it
    /// already.
    pub(super) fn replay_task_step(&mut self, from: QueueId, serial: Serial) {
        let Some(source) = self.queues.get(&from).map(|queue| &queue.definition.arn) else {
            return;
        };
        let mut running = self
            .tasks
            .iter_mut()
            .filter(|task| task.status == MoveStatus::Running);
        if let Some(task) = running.find(|task| task.source == *source)
            && task.last < serial
        {
            task.last = serial;
            task.moved += 1;
        }
    }

    /// After a restart a task keeps its rate from now on, and does not make up for the time that is
    /// gone.
    pub(super) fn resume_tasks(&mut self, now: Timestamp) {
        self.tasks
            .iter_mut()
            .for_each(|task| task.paced = (now, task.moved));
    }

    pub(super) fn next_task_step(&self) -> Option<Timestamp> {
        let running = self
            .tasks
            .iter()
            .filter(|task| task.status == MoveStatus::Running);
        running.map(MoveTask::next_step).min()
    }

    pub(super) fn run_tasks(&mut self, now: Timestamp) {
        for index in 0..self.tasks.len() {
            if self.tasks[index].status == MoveStatus::Running {
                self.run_task(now, index);
            }
        }
    }

    fn run_task(&mut self, now: Timestamp, index: usize) {
        let allowance = self.tasks[index]
            .allowance(now)
            .min(self.tasks[index].moved + STEP);
        while self.tasks[index].moved < allowance {
            if let Err(end) = self.move_one(now, index) {
                self.end_task(index, end);
                return;
            }
            self.tasks[index].moved += 1;
        }
        if self.tasks[index].moved >= self.tasks[index].to_move {
            self.end_task(index, MoveStatus::Completed);
        }
    }

    /// Moves one message, or says how the task ends.
    fn move_one(&mut self, now: Timestamp, index: usize) -> Result<(), MoveStatus> {
        let task = &self.tasks[index];
        if task.moved >= task.to_move {
            return Err(MoveStatus::Completed);
        }
        let gone = MoveStatus::Failed(MoveFailure::NonExistentQueue);
        let source = self
            .find(&task.source)
            .and_then(|queue| self.queues.get(&queue))
            .ok_or(gone)?;
        let slot = source
            .pick(&self.messages, 1)
            .first()
            .copied()
            .ok_or(MoveStatus::Completed)?;
        let to = match &task.destination {
            Some(arn) => self.find(arn).ok_or(gone)?,
            None => self.origin_of(slot).ok_or(MoveStatus::Failed(
                MoveFailure::CouldNotDetermineMessageSource,
            ))?,
        };
        self.tasks[index].last = self.renew(now, slot, to);
        Ok(())
    }

    fn origin_of(&self, slot: Slot) -> Option<QueueId> {
        let origin = self.messages.get(slot)?.origin;
        self.queues.contains_key(&origin).then_some(origin)
    }

    /// Makes a new message of an old one. Returns its number.
    fn renew(&mut self, now: Timestamp, slot: Slot, to: QueueId) -> Serial {
        let serial = self.next_serial;
        let Some(message) = self.messages.get(slot) else {
            return serial;
        };
        let key = Key {
            slot,
            serial: message.serial,
        };
        self.next_serial += 1;
        self.rehome(slot, to, |message, _| message.renew(serial, now));
        self.outbox.effects.push(Effect::Renewed {
            key,
            serial,
            to,
            at: now,
        });
        serial
    }

    fn trim_history(&mut self, source: &QueueArn) {
        let of_source = |task: &MoveTask| task.source == *source;
        while self.tasks.iter().filter(|task| of_source(task)).count() > HISTORY {
            let oldest = self
                .tasks
                .iter()
                .position(of_source)
                .expect("more than ten were counted");
            self.tasks.remove(oldest);
        }
    }
}
