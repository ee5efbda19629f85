//! The execution log of a pipe: one JSON record for each step of an execution, as AWS writes them
//! to a log destination.
//!
//! Which steps there are, from which `Level` on each has a record, and what a record holds, is in
//! `docs/aws/pipes.md#log-records`. Data of the event, the request and the reply is in a record
//! only when `IncludeExecutionData` asks for it. What a connection adds to a request never is, not
//! even when a target repeats it.
//!
//! The room imports `flow` (the verdicts) and `redact`.

mod step;

pub(crate) use step::{ExecutionStep, Stage, StageStep};
pub(crate) use step::{LogConfiguration, LogLevel};

use std::sync::OnceLock;

use kit::time::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::flow::Verdict;
use crate::redact::Redactor;
use crate::redact::secrets;

/// Longer texts are cut and named in `truncatedFields`. AWS's own limit is of this order and not
/// documented.
const LONGEST: usize = 64 * 1024;

/// So much of a text is looked at for secrets; what is shown of it comes from there.
const LOOKED_AT: usize = 4 * LONGEST;

/// What a record may hold about a step beyond its name. The first three are execution data.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// The event, or what was made of it.
    pub(crate) payload: Option<String>,
    /// What was sent.
    pub(crate) request: Option<String>,
    /// The reply.
    pub(crate) response: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// The status of a reply that was not one of success.
    pub(crate) status: Option<u16>,
    /// The AWS service that failed, by the name that signatures have.
    pub(crate) service: Option<&'static str>,
    /// The id that the service gave the request.
    pub(crate) request_id: Option<String>,
}

impl Details {
    /// Why an execution or a stage failed, if it did.
    pub(crate) fn of_error(failure: Option<&Verdict>) -> Details {
        Details {
            error: failure.and_then(Verdict::reason).map(str::to_owned),
            ..Details::default()
        }
    }
}

/// Writes the records of one execution.
#[derive(Debug)]
pub(crate) struct ExecutionLog<'p> {
    configuration: LogConfiguration,
    pipe_arn: &'p str,
    message_ids: Vec<&'p str>,
    /// Generated when the first record is written; `None` before there is an execution.
    execution_id: Option<OnceLock<Uuid>>,
    /// A probe is expected to fail: its failures are in the process's log at `debug` only.
    is_probe: bool,
}

impl<'p> ExecutionLog<'p> {
    /// The log of one execution, on the messages of these ids.
    pub(crate) fn new(
        configuration: LogConfiguration,
        pipe_arn: &'p str,
        message_ids: Vec<&'p str>,
        is_probe: bool,
    ) -> ExecutionLog<'p> {
        ExecutionLog {
            configuration,
            pipe_arn,
            message_ids,
            execution_id: Some(OnceLock::new()),
            is_probe,
        }
    }

    /// The log of what comes before an execution.
    pub(crate) fn of_polling(
        configuration: LogConfiguration,
        pipe_arn: &'p str,
        message_ids: Vec<&'p str>,
    ) -> ExecutionLog<'p> {
        ExecutionLog {
            configuration,
            pipe_arn,
            message_ids,
            execution_id: None,
            is_probe: false,
        }
    }

    /// Whether records may hold execution data.
    pub(crate) fn includes_data(&self) -> bool {
        self.configuration.execution_data && self.configuration.level > LogLevel::Off
    }

    /// Records a step; `details` is called only when something is written.
    pub(crate) fn record(&self, step: ExecutionStep, details: impl FnOnce() -> Details) {
        if step.level() > self.configuration.level {
            return;
        }
        let record = self.json(step, Timestamp::wall(), details());
        match step.level() {
            LogLevel::Error if self.is_probe => tracing::debug!("{record}"),
            LogLevel::Error => tracing::warn!("{record}"),
            _ => tracing::info!("{record}"),
        }
    }

    /// Records a step and the event that it works on; `text` is called only when it will be shown.
    pub(crate) fn record_payload(&self, step: ExecutionStep, text: impl FnOnce() -> String) {
        let payload = || self.includes_data().then(text);
        self.record(step, || Details {
            payload: payload(),
            ..Details::default()
        });
    }

    /// Records a step that failed.
    pub(crate) fn record_failure(&self, step: ExecutionStep, reason: &str) {
        self.record(step, || Details {
            error: Some(reason.to_owned()),
            ..Details::default()
        });
    }

    fn json(&self, step: ExecutionStep, now: Timestamp, details: Details) -> Value {
        let id = self
            .execution_id
            .as_ref()
            .map(|id| id.get_or_init(Uuid::new_v4).to_string());
        let mut record = json!({
            "executionId": id.unwrap_or_default(),
            "timestamp": now.as_millis(),
            "messageType": step.to_string(),
            "resourceArn": self.pipe_arn,
            "logLevel": step.level().name(),
        });
        let fields = record.as_object_mut().expect("it was made as an object");
        let redactor = secrets::redactor();
        match self.message_ids.as_slice() {
            [] => None,
            [id] => fields.insert("messageId".into(), (*id).into()),
            several => fields.insert("messageIds".into(), several.into()),
        };
        if self.configuration.execution_data {
            let data = [
                ("payload", details.payload),
                ("awsRequest", details.request),
                ("awsResponse", details.response),
            ];
            add_data(fields, data, &redactor);
        }
        if let Some(message) = details.error {
            let mut error = json!({"message": redactor.redact(&message)});
            if let Some(status) = details.status {
                error["httpStatusCode"] = status.into();
            }
            if let Some(service) = details.service {
                error["awsService"] = service.into();
            }
            if let Some(id) = details.request_id {
                error["requestId"] = id.into();
            }
            fields.insert("error".into(), error);
        }
        record
    }
}

fn add_data(
    fields: &mut Map<String, Value>,
    data: [(&str, Option<String>); 3],
    redactor: &Redactor,
) {
    let mut truncated = Vec::new();
    for (name, text) in data {
        let Some(text) = text else { continue };
        let head = &text[..text.floor_char_boundary(LOOKED_AT)];
        let shown = if head.len() < text.len() {
            redactor.redact_cut(head)
        } else {
            redactor.redact(head)
        };
        let cut = shown.floor_char_boundary(LONGEST);
        if cut < shown.len() || head.len() < text.len() {
            truncated.push(name);
        }
        fields.insert(name.to_owned(), shown[..cut].into());
    }
    if !truncated.is_empty() {
        fields.insert("truncatedFields".into(), truncated.into());
    }
}

#[cfg(test)]
mod tests;
