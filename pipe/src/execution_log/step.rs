//! The steps of an execution, and from which `Level` of the log on each has a record.

use std::fmt;

/// `LogConfiguration`, without the destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogConfiguration {
    /// `Level`.
    pub level: LogLevel,
    /// `IncludeExecutionData: ["ALL"]`.
    pub execution_data: bool,
}

/// `LogConfiguration.Level`: which steps have a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// No steps; AWS's default.
    #[default]
    Off,
    /// Steps that fail.
    Error,
    /// And how each execution and each stage went.
    Info,
    /// And every other step.
    Trace,
}

impl LogLevel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "OFF",
            LogLevel::Error => "ERROR",
            LogLevel::Info => "INFO",
            LogLevel::Trace => "TRACE",
        }
    }
}

/// The two stages of an execution that invoke something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The enrichment.
    Enrichment,
    /// The target.
    Target,
}

impl Stage {
    /// What is invoked in the stage, for messages.
    pub(crate) fn who(self) -> &'static str {
        match self {
            Stage::Enrichment => "the enrichment",
            Stage::Target => "the target",
        }
    }
}

/// A step of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageStep {
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
pub(crate) enum ExecutionStep {
    PollingStageSucceeded,
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionPartiallyFailed,
    ExecutionFailed,
    ExecutionTimeout,
    /// A step of a stage, `TargetInvocationStarted` for example.
    Of(Stage, StageStep),
}

impl fmt::Display for ExecutionStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExecutionStep::Of(stage, moment) => write!(f, "{stage:?}{moment:?}"),
            whole => write!(f, "{whole:?}"),
        }
    }
}

impl ExecutionStep {
    /// The lowest level at which the step has a record.
    pub(crate) fn level(self) -> LogLevel {
        use StageStep::*;
        match self {
            ExecutionStep::ExecutionPartiallyFailed | ExecutionStep::ExecutionFailed => {
                LogLevel::Error
            }
            ExecutionStep::ExecutionTimeout => LogLevel::Error,
            ExecutionStep::Of(_, StagePartiallyFailed | StageFailed | TransformationFailed) => {
                LogLevel::Error
            }
            ExecutionStep::Of(
                _,
                InvocationPartiallyFailed | InvocationFailed | InvocationTimedOut,
            ) => LogLevel::Error,
            ExecutionStep::ExecutionStarted | ExecutionStep::ExecutionSucceeded => LogLevel::Info,
            ExecutionStep::Of(_, StageEntered | StageSucceeded | StageSkipped) => LogLevel::Info,
            ExecutionStep::PollingStageSucceeded | ExecutionStep::Of(..) => LogLevel::Trace,
        }
    }
}
