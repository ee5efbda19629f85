//! DeleteMessage, ChangeMessageVisibility, and their batches.

use std::time::Duration;

use kit::time::Timestamp;
use serde::Deserialize;

use super::batch::{self, DoneEntry};
use super::caller::Caller;
use super::number::Number;
use super::output::Output;
use crate::engine::{Engine, QueueId, Receipt, SettleError, limits};
use crate::fault::Fault;

/// Deletes a received message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeleteMessage {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
}

/// Deletes up to ten messages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeleteMessageBatch {
    queue_url: Option<String>,
    entries: Vec<SettleEntry>,
}

/// Hides a received message for a new time, counted from now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChangeMessageVisibility {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<Number>,
}

/// The same for up to ten messages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChangeMessageVisibilityBatch {
    queue_url: Option<String>,
    entries: Vec<SettleEntry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SettleEntry {
    id: String,
    receipt_handle: Option<String>,
    visibility_timeout: Option<Number>,
}

impl DeleteMessage {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        delete(engine, now, queue, self.receipt_handle.as_deref())?;
        Ok(Output::Empty {})
    }
}

impl DeleteMessageBatch {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        batch::check_ids(
            "DeleteMessageBatchRequestEntry",
            self.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        Ok(Output::Settled(batch::each(
            self.entries,
            |entry| entry.id.clone(),
            |entry| {
                delete(engine, now, queue, entry.receipt_handle.as_deref())?;
                Ok(DoneEntry { id: entry.id })
            },
        )))
    }
}

impl ChangeMessageVisibility {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        hide(
            engine,
            now,
            queue,
            self.receipt_handle.as_deref(),
            self.visibility_timeout,
        )?;
        Ok(Output::Empty {})
    }
}

impl ChangeMessageVisibilityBatch {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let ids = self.entries.iter().map(|entry| entry.id.as_str());
        batch::check_ids("ChangeMessageVisibilityBatchRequestEntry", ids)?;
        Ok(Output::Settled(batch::each(
            self.entries,
            |entry| entry.id.clone(),
            |entry| {
                hide(
                    engine,
                    now,
                    queue,
                    entry.receipt_handle.as_deref(),
                    entry.visibility_timeout,
                )?;
                Ok(DoneEntry { id: entry.id })
            },
        )))
    }
}

fn delete(
    engine: &mut Engine,
    now: Timestamp,
    queue: QueueId,
    handle: Option<&str>,
) -> Result<(), Fault> {
    let (handle, receipt) = receipt(handle)?;
    engine
        .delete(now, queue, receipt)
        .map_err(|error| fault(error, handle))
}

fn hide(
    engine: &mut Engine,
    now: Timestamp,
    queue: QueueId,
    handle: Option<&str>,
    timeout: Option<Number>,
) -> Result<(), Fault> {
    let Number(timeout) = timeout.ok_or_else(|| Fault::missing("VisibilityTimeout"))?;
    let (handle, receipt) = receipt(handle)?;
    if !limits::VISIBILITY.allows(timeout) {
        return Err(Fault::invalid(
            "VisibilityTimeout",
            timeout,
            "Must be between 0 and 43200.",
        ));
    }
    let span = Duration::from_secs(timeout.unsigned_abs());
    engine
        .change_visibility(now, queue, receipt, span)
        .map_err(|error| match error {
            SettleError::TooLong => {
                let reason =
                    "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
                Fault::invalid("VisibilityTimeout", timeout, reason)
            }
            error => fault(error, handle),
        })
}

fn receipt(handle: Option<&str>) -> Result<(&str, Receipt), Fault> {
    let handle = handle
        .filter(|handle| !handle.is_empty())
        .ok_or_else(|| Fault::missing("ReceiptHandle"))?;
    let receipt = handle.parse().map_err(|_| Fault::ReceiptHandleIsInvalid {
        handle: handle.to_owned(),
    })?;
    Ok((handle, receipt))
}

fn fault(error: SettleError, handle: &str) -> Fault {
    let invalid = |reason| Fault::invalid("ReceiptHandle", handle, reason);
    match error {
        SettleError::OtherQueue => Fault::ReceiptHandleIsInvalid {
            handle: handle.to_owned(),
        },
        SettleError::Expired => invalid("The receipt handle has expired."),
        SettleError::Gone => {
            invalid("Message does not exist or is not available for visibility timeout change.")
        }
        SettleError::TooLong => invalid("The visibility timeout is too long."),
    }
}
