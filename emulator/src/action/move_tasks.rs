//! StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::number::Number;
use super::output::{Output, TaskEntry};
use crate::engine::{Engine, MoveError, MoveFailure, MoveStatus, MoveTask, QueueArn, limits};
use crate::fault::Fault;

/// Sends dead letters back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StartMessageMoveTask {
    source_arn: Option<String>,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<Number>,
}

/// Asks how the tasks of one source go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListMessageMoveTasks {
    source_arn: Option<String>,
    max_results: Option<Number>,
}

/// Stops a task.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CancelMessageMoveTask {
    task_handle: Option<String>,
}

/// What a TaskHandle says, in base64.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskHandle {
    task_id: String,
    source_arn: String,
}

impl StartMessageMoveTask {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        _caller: &Caller,
    ) -> Result<Output, Fault> {
        let source = existing(engine, "SourceArn", self.source_arn.as_deref())?;
        let destination = match self.destination_arn {
            None => None,
            Some(arn) => Some(existing(engine, "DestinationArn", Some(&arn))?),
        };
        // A message of a standard queue has no place in the order of a FIFO queue. The text of SQS
        // is not known.
        if destination
            .as_ref()
            .is_some_and(|destination| destination.is_fifo() != source.is_fifo())
        {
            let text = "Source and destination queues must both be FIFO queues, or both be standard queues.";
            return Err(Fault::InvalidParameterValue(text.to_owned()));
        }
        let rate = self
            .max_number_of_messages_per_second
            .map(|Number(rate)| check_rate(rate))
            .transpose()?;
        let id = engine
            .start_move(now, &source, destination, rate)
            .map_err(fault)?;
        engine.wake(now);
        Ok(Output::TaskStarted {
            task_handle: handle(id, &source),
        })
    }
}

impl ListMessageMoveTasks {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        _caller: &Caller,
    ) -> Result<Output, Fault> {
        let source = existing(engine, "SourceArn", self.source_arn.as_deref())?;
        let most = self.max_results.map_or(1, |Number(most)| most);
        if !(1..=10).contains(&most) {
            return Err(Fault::invalid(
                "MaxResults",
                most,
                "Must be between 1 and 10, if provided.",
            ));
        }
        let tasks = engine
            .move_tasks()
            .iter()
            .rev()
            .filter(|task| task.source == source);
        Ok(Output::Tasks {
            results: tasks
                .take(most.unsigned_abs() as usize)
                .map(|task| entry(engine, task))
                .collect(),
        })
    }
}

impl CancelMessageMoveTask {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        _caller: &Caller,
    ) -> Result<Output, Fault> {
        let text = self
            .task_handle
            .ok_or_else(|| Fault::missing("TaskHandle"))?;
        let decoded = BASE64_STANDARD.decode(text).ok();
        let handle: TaskHandle = decoded
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| {
                Fault::InvalidParameterValue(
                    "Value for parameter TaskHandle is invalid.".to_owned(),
                )
            })?;
        existing(engine, "SourceArn", Some(&handle.source_arn))?;
        let moved = engine.cancel_move(&handle.task_id).map_err(fault)?;
        Ok(Output::TaskCancelled {
            approximate_number_of_messages_moved: moved,
        })
    }
}

fn existing(engine: &Engine, parameter: &str, arn: Option<&str>) -> Result<QueueArn, Fault> {
    let text = arn.ok_or_else(|| Fault::missing(parameter))?;
    let arn: QueueArn = text.parse().map_err(|_| {
        Fault::InvalidParameterValue(format!(
            "You must use this format to specify the {parameter}: arn:aws:service:region:account:resource"
        ))
    })?;
    engine.find(&arn).ok_or_else(|| {
        Fault::ResourceNotFound(format!(
            "The resource that you specified for the {parameter} parameter doesn't exist."
        ))
    })?;
    Ok(arn)
}

fn check_rate(rate: i64) -> Result<u32, Fault> {
    let reason = "Must be between 1 and 500, if provided.";
    let valid = u32::try_from(rate)
        .ok()
        .filter(|_| limits::MOVE_RATE.allows(rate));
    valid.ok_or_else(|| Fault::invalid(limits::MOVE_RATE.name, rate, reason))
}

fn handle(task_id: String, source: &QueueArn) -> String {
    let handle = TaskHandle {
        task_id,
        source_arn: source.to_string(),
    };
    BASE64_STANDARD.encode(serde_json::to_vec(&handle).expect("two strings have no reason to fail"))
}

fn entry(engine: &Engine, task: &MoveTask) -> TaskEntry {
    let (status, failure_reason) = match task.status {
        MoveStatus::Running => ("RUNNING", None),
        MoveStatus::Completed => ("COMPLETED", None),
        MoveStatus::Cancelled => ("CANCELLED", None),
        MoveStatus::Failed(failure) => ("FAILED", Some(reason(failure))),
    };
    TaskEntry {
        task_handle: (task.status == MoveStatus::Running)
            .then(|| handle(task.id.clone(), &task.source)),
        status,
        source_arn: task.source.to_string(),
        destination_arn: task.destination.as_ref().map(QueueArn::to_string),
        max_number_of_messages_per_second: task.rate,
        approximate_number_of_messages_moved: task.moved,
        approximate_number_of_messages_to_move: task.to_move,
        started_timestamp: engine.shown(task.started).as_millis(),
        failure_reason,
    }
}

fn reason(failure: MoveFailure) -> &'static str {
    match failure {
        MoveFailure::NonExistentQueue => "AWS.SimpleQueueService.NonExistentQueue",
        MoveFailure::CouldNotDetermineMessageSource => "CouldNotDetermineMessageSource",
    }
}

fn fault(error: MoveError) -> Fault {
    match error {
        MoveError::NotADeadLetterQueue => {
            Fault::InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.".to_owned())
        }
        MoveError::AlreadyRunning => Fault::InvalidParameterValue(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
                .to_owned(),
        ),
        MoveError::Unknown => Fault::ResourceNotFound("Task does not exist.".to_owned()),
    }
}
