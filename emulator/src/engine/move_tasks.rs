//! Message move tasks: they move dead letters back, a few at a time.
//!
//! A moved message is a new one (number, time sent, receive count) with the old content. A task
//! continues after a restart: its beginning and its end are stored, and every message that it moved
//! shows how far it had come.

use kit::time::Timestamp;

use super::arn::QueueArn;
use super::effect::Effect;
use super::ids::{QueueId, Serial};
use super::limits::STEP;
use super::machine::Engine;
use super::slab::Slot;
use super::task::{MoveFailure, MoveStatus, MoveTask};

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
        let task = MoveTask::new(id.clone(), now, source.clone(), destination, rate, to_move);
        self.pending
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
        self.pending
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

    /// Counts a message that left a queue by a task. The stored task may count it already.
    pub(super) fn replay_task_step(&mut self, from: QueueId, serial: Serial) {
        let Some(source) = self.queues.get(&from).map(|queue| &queue.definition.arn) else {
            return;
        };
        let mut running = self
            .tasks
            .iter_mut()
            .filter(|task| task.status == MoveStatus::Running);
        if let Some(task) = running.find(|task| task.source == *source) {
            task.replay_step(serial);
        }
    }

    /// After a restart a task keeps its rate from now on, and does not make up for the time that is
    /// gone.
    pub(super) fn resume_tasks(&mut self, now: Timestamp) {
        self.tasks.iter_mut().for_each(|task| task.pace_from(now));
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
        let serial = self.renew(now, slot, to);
        self.tasks[index].step(serial);
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
        let key = message.key(slot);
        self.next_serial += 1;
        self.transfer(slot, to, |message, _| message.renew(serial, now));
        self.pending.effects.push(Effect::Renewed {
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
