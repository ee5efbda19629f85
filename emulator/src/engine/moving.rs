//! Message move tasks: dead letters on their way back, a few at a time.
//!
//! A moved message is a new one (number, time sent, receive count) with the old content. Tasks live in memory only: a
//! restart ends them, and what they had moved stays moved.

use std::time::Duration;

use kit::time::Timestamp;

use super::Engine;
use super::effect::Effect;
use super::message::{Key, Message, QueueId, Serial};
use super::name::QueueArn;
use super::slab::Slot;

/// A task that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub started: Timestamp,
    /// Messages moved.
    pub moved: usize,
    /// Messages that were there at the start.
    pub to_move: usize,
    /// How it goes.
    pub status: MoveStatus,
}

/// How a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveStatus {
    /// It has messages to move.
    Running,
    /// All were moved.
    Completed,
    /// It was cancelled.
    Cancelled,
    /// It could not go on, for this FailureReason.
    Failed(&'static str),
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
/// Messages that one wake moves for one task, so that others get their turn.
const STEP: usize = 500;

impl Message {
    /// Makes a new message of it.
    pub(super) fn renew(&mut self, serial: Serial, now: Timestamp) {
        self.serial = serial;
        self.sent_at = now;
        self.due = now;
        self.first_received = Timestamp::default();
        self.received_at = Timestamp::default();
        self.receives = 0;
        self.origin = 0;
    }
}

impl MoveTask {
    /// How many messages may have been moved by now.
    fn allowance(&self, now: Timestamp) -> usize {
        let Some(rate) = self.rate else { return self.moved + STEP };
        let millis = now.since(self.started).as_millis().saturating_mul(rate.into());
        usize::try_from(millis / 1000).unwrap_or(usize::MAX).saturating_add(1)
    }

    fn next_step(&self) -> Timestamp {
        match self.rate {
            None => self.started,
            Some(rate) => self.started + Duration::from_millis((self.moved as u64 * 1000).div_ceil(rate.into())),
        }
    }
}

impl Engine {
    /// Every task that is remembered, oldest first.
    pub fn move_tasks(&self) -> &[MoveTask] {
        &self.tasks
    }

    /// The queues that name this one as their dead-letter queue.
    pub fn dead_letter_sources<'a>(&'a self, target: &'a QueueArn) -> impl Iterator<Item = &'a QueueArn> {
        self.queues().map(|queue| &queue.definition).filter_map(move |definition| {
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
        if self.tasks.iter().any(|task| task.source == *source && task.status == MoveStatus::Running) {
            return Err(MoveError::AlreadyRunning);
        }
        let to_move = self.find(source).map_or(0, |queue| self.counts(now, queue).ready);
        let id = self.message_id(self.next_serial);
        self.next_serial += 1;
        self.tasks.push(MoveTask {
            id: id.clone(),
            source: source.clone(),
            destination,
            rate,
            started: now,
            moved: 0,
            to_move,
            status: MoveStatus::Running,
        });
        self.trim_history(source);
        Ok(id)
    }

    /// Stops a running task. Returns how many messages it has moved.
    pub fn cancel_move(&mut self, id: &str) -> Result<usize, MoveError> {
        let mut running = self.tasks.iter_mut().filter(|task| task.status == MoveStatus::Running);
        let task = running.find(|task| task.id == id).ok_or(MoveError::Unknown)?;
        task.status = MoveStatus::Cancelled;
        Ok(task.moved)
    }

    pub(super) fn next_task_step(&self) -> Option<Timestamp> {
        let running = self.tasks.iter().filter(|task| task.status == MoveStatus::Running);
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
        let allowance = self.tasks[index].allowance(now).min(self.tasks[index].moved + STEP);
        while self.tasks[index].moved < allowance {
            if let Err(end) = self.move_one(now, index) {
                self.tasks[index].status = end;
                return;
            }
            self.tasks[index].moved += 1;
        }
        if self.tasks[index].moved >= self.tasks[index].to_move {
            self.tasks[index].status = MoveStatus::Completed;
        }
    }

    /// Moves one message, or says how the task ends.
    fn move_one(&mut self, now: Timestamp, index: usize) -> Result<(), MoveStatus> {
        let task = &self.tasks[index];
        if task.moved >= task.to_move {
            return Err(MoveStatus::Completed);
        }
        let gone = MoveStatus::Failed("AWS.SimpleQueueService.NonExistentQueue");
        let source = self.find(&task.source).and_then(|queue| self.queues.get(&queue)).ok_or(gone)?;
        let slot = source.pick(&self.messages, 1).first().copied().ok_or(MoveStatus::Completed)?;
        let to = match &task.destination {
            Some(arn) => self.find(arn).ok_or(gone)?,
            None => self.origin_of(slot).ok_or(MoveStatus::Failed("CouldNotDetermineMessageSource"))?,
        };
        self.renew(now, slot, to);
        Ok(())
    }

    fn origin_of(&self, slot: Slot) -> Option<QueueId> {
        let origin = self.messages.get(slot)?.origin;
        self.queues.contains_key(&origin).then_some(origin)
    }

    fn renew(&mut self, now: Timestamp, slot: Slot, to: QueueId) {
        let Some(message) = self.messages.get(slot) else { return };
        let key = Key { slot, serial: message.serial };
        let serial = self.next_serial;
        self.next_serial += 1;
        self.rehome(slot, to, |message, _| message.renew(serial, now));
        self.outbox.effects.push(Effect::Renewed { key, serial, to, at: now });
    }

    fn trim_history(&mut self, source: &QueueArn) {
        let of_source = |task: &MoveTask| task.source == *source;
        while self.tasks.iter().filter(|task| of_source(task)).count() > HISTORY {
            let oldest = self.tasks.iter().position(of_source).expect("more than ten were counted");
            self.tasks.remove(oldest);
        }
    }
}
