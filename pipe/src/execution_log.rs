//! The log of a pipe: one JSON record for each step of an execution, as AWS writes them to a log
//! destination.
//!
//! Which steps there are, at which `Level` each appears and what a record holds is in
//! `docs/aws/pipes.md#log-records`. Data of the event, the request and the answer are in a record
//! only when `IncludeExecutionData` asks for them; what a connection adds to a request never is,
//! also when somebody repeats it.

use std::fmt;
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

/// `LogConfiguration`, without the destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogConfiguration {
    /// `Level`.
    pub level: LogLevel,
    /// `IncludeExecutionData: ["ALL"]`.
    pub execution_data: bool,
}

/// `LogConfiguration.Level`: how much a pipe tells about what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Nothing about single events; AWS's default.
    #[default]
    Off,
    /// Failures.
    Error,
    /// And how each execution went.
    Info,
    /// And its steps.
    Trace,
}

impl LogLevel {
    fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "OFF",
            LogLevel::Error => "ERROR",
            LogLevel::Info => "INFO",
            LogLevel::Trace => "TRACE",
        }
    }
}

/// The two stages of an execution that ask somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The enrichment.
    Enrichment,
    /// The target.
    Target,
}

impl Stage {
    /// Who is asked in it, for messages.
    pub fn who(self) -> &'static str {
        match self {
            Stage::Enrichment => "the enrichment",
            Stage::Target => "the target",
        }
    }
}

/// What happens in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    StageEntered,
    StageSucceeded,
    StageSkipped,
    StagePartiallyFailed,
    StageFailed,
    TransformationStarted,
    TransformationSucceeded,
    TransformationFailed,
    InvocationStarted,
    InvocationSucceeded,
    InvocationSkipped,
    InvocationPartiallyFailed,
    InvocationFailed,
    InvocationTimedOut,
}

/// `messageType`: a step of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    PollingStageSucceeded,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionPartiallyFailed,
    ExecutionFailed,
    ExecutionTimeout,
    /// A step of a stage, `TargetInvocationStarted` for example.
    Of(Stage, Moment),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Of(stage, moment) => write!(f, "{stage:?}{moment:?}"),
            whole => write!(f, "{whole:?}"),
        }
    }
}

impl Step {
    /// The lowest level at which it is told.
    pub fn level(self) -> LogLevel {
        use Moment::*;
        match self {
            Step::ExecutionPartiallyFailed | Step::ExecutionFailed => LogLevel::Error,
            Step::ExecutionTimeout => LogLevel::Error,
            Step::Of(_, StagePartiallyFailed | StageFailed | TransformationFailed) => {
                LogLevel::Error
            }
            Step::Of(_, InvocationPartiallyFailed | InvocationFailed | InvocationTimedOut) => {
                LogLevel::Error
            }
            Step::ExecutionStarted | Step::ExecutionSucceeded => LogLevel::Info,
            Step::Of(_, StageEntered | StageSucceeded | StageSkipped) => LogLevel::Info,
            Step::PollingStageSucceeded | Step::Of(..) => LogLevel::Trace,
        }
    }
}

/// What a record may tell of a step beyond its name. The first three are execution data.
#[derive(Debug, Default)]
pub struct Details {
    /// The event, or what was made of it.
    pub payload: Option<String>,
    /// What was sent.
    pub request: Option<String>,
    /// What came back.
    pub response: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The status of an answer that was none of success.
    pub status: Option<u16>,
    /// The AWS service that failed, by the name that signatures have.
    pub service: Option<&'static str>,
    /// The id that it gave the request.
    pub request_id: Option<String>,
}

impl Details {
    /// Why an execution or a stage failed, if it did.
    pub fn of_error(failure: Option<&Verdict>) -> Details {
        Details {
            error: failure.and_then(Verdict::reason).map(str::to_owned),
            ..Details::default()
        }
    }
}

/// Writes the records of one execution.
#[derive(Debug)]
pub struct Journal<'p> {
    configuration: LogConfiguration,
    pipe_arn: &'p str,
    message_ids: Vec<&'p str>,
    /// Made when the first record is written; `None` before there is an execution.
    execution_id: Option<OnceLock<Uuid>>,
    /// Failures that are expected are told only to whoever looks at the process's debug log.
    is_probe: bool,
}

impl<'p> Journal<'p> {
    /// For one execution, on the messages of these ids.
    pub fn new(
        configuration: LogConfiguration,
        pipe_arn: &'p str,
        message_ids: Vec<&'p str>,
        is_probe: bool,
    ) -> Journal<'p> {
        Journal {
            configuration,
            pipe_arn,
            message_ids,
            execution_id: Some(OnceLock::new()),
            is_probe,
        }
    }

    /// For what comes before an execution.
    pub fn of_polling(
        configuration: LogConfiguration,
        pipe_arn: &'p str,
        message_ids: Vec<&'p str>,
    ) -> Journal<'p> {
        Journal {
            configuration,
            pipe_arn,
            message_ids,
            execution_id: None,
            is_probe: false,
        }
    }

    /// Whether records may hold execution data.
    pub fn wants_data(&self) -> bool {
        self.configuration.execution_data && self.configuration.level > LogLevel::Off
    }

    /// Tells of a step; `details` is asked only when something is written.
    pub fn tell(&self, step: Step, details: impl FnOnce() -> Details) {
        if step.level() > self.configuration.level {
            return;
        }
        let record = self.record(step, Timestamp::wall(), details());
        match step.level() {
            LogLevel::Error if self.is_probe => tracing::debug!("{record}"),
            LogLevel::Error => tracing::warn!("{record}"),
            _ => tracing::info!("{record}"),
        }
    }

    /// Tells of a step and what it works on; `text` is asked only when it will be shown.
    pub fn tell_of(&self, step: Step, text: impl FnOnce() -> String) {
        let payload = || self.wants_data().then(text);
        self.tell(step, || Details {
            payload: payload(),
            ..Details::default()
        });
    }

    /// Tells of a step that failed.
    pub fn tell_failure(&self, step: Step, reason: &str) {
        self.tell(step, || Details {
            error: Some(reason.to_owned()),
            ..Details::default()
        });
    }

    fn record(&self, step: Step, now: Timestamp, details: Details) -> Value {
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
mod tests {
    use super::*;

    fn record(execution_data: bool, details: Details) -> String {
        let configuration = LogConfiguration {
            level: LogLevel::Trace,
            execution_data,
        };
        let execution_id = Some(OnceLock::from(Uuid::from_u128(1)));
        let journal = Journal {
            configuration,
            pipe_arn: "arn:p",
            message_ids: vec!["m1"],
            execution_id,
            is_probe: false,
        };
        let step = Step::Of(Stage::Target, Moment::InvocationFailed);
        journal
            .record(step, Timestamp::from_millis(5), details)
            .to_string()
    }

    fn details(payload: &str) -> Details {
        Details {
            payload: Some(payload.into()),
            request: Some("POST /".into()),
            error: Some("the target answered 400".into()),
            status: Some(400),
            ..Details::default()
        }
    }

    #[test]
    fn a_record_has_the_form_of_aws_and_data_only_on_request() {
        let head = concat!(
            r#"{"executionId":"00000000-0000-0000-0000-000000000001","timestamp":5,"messageType":"TargetInvocationFailed","resourceArn":"arn:p","#,
            r#""logLevel":"ERROR","messageId":"m1","#,
        );
        let error = r#""error":{"message":"the target answered 400","httpStatusCode":400}}"#;
        assert_eq!(record(false, details("x")), format!("{head}{error}"));
        let data = r#""payload":"x","awsRequest":"POST /","#;
        assert_eq!(record(true, details("x")), format!("{head}{data}{error}"));
    }

    #[test]
    fn long_data_is_cut_and_named() {
        let record: Value =
            serde_json::from_str(&record(true, details(&"ä".repeat(LONGEST)))).unwrap();
        assert_eq!(record["payload"].as_str().unwrap().len(), LONGEST);
        assert_eq!(record["truncatedFields"], json!(["payload"]));
    }

    #[test]
    fn steps_have_the_names_and_levels_of_the_fact_sheet() {
        let told = |step: Step| format!("{} {}", step, step.level().name());
        assert_eq!(told(Step::ExecutionFailed), "ExecutionFailed ERROR");
        assert_eq!(
            told(Step::Of(Stage::Target, Moment::StageSkipped)),
            "TargetStageSkipped INFO"
        );
        assert_eq!(
            told(Step::Of(Stage::Enrichment, Moment::InvocationTimedOut)),
            "EnrichmentInvocationTimedOut ERROR"
        );
        assert_eq!(
            told(Step::Of(Stage::Target, Moment::TransformationStarted)),
            "TargetTransformationStarted TRACE"
        );
        assert_eq!(
            told(Step::PollingStageSucceeded),
            "PollingStageSucceeded TRACE"
        );
    }
}
