//! The control plane of Pipes, as far as a definition leaves something to control: list, describe,
//! start, stop. Pure.
//!
//! Answers have the form of the service (Pipes API model, REST and JSON), so that commands such as
//! `aws pipes describe-pipe` work with `--endpoint-url`. Pipes are created, changed and deleted in
//! the definition.

use std::sync::Arc;

use kit::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::state::{CurrentState, PipeState, Status};
use crate::definition::{DesiredState, Pipe};

/// The most pipes of one page, and the default.
const LARGEST_PAGE: usize = 100;

/// A pipe of the definition and its state.
#[derive(Debug, Clone)]
pub(crate) struct PipeView {
    /// The pipe.
    pub(crate) pipe: Arc<Pipe>,
    /// Its state.
    pub(crate) status: Arc<Status>,
}

/// The parameters of `ListPipes`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ListQuery {
    name_prefix: Option<String>,
    desired_state: Option<String>,
    current_state: Option<String>,
    source_prefix: Option<String>,
    target_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

/// An error of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ControlFault {
    /// There is no such pipe.
    NotFound(String),
    /// The state of the pipe does not allow this.
    Conflict(String),
    /// The request is not supported here, or is wrong.
    Validation(String),
}

impl ControlFault {
    /// There is no pipe of this name.
    pub(crate) fn unknown(name: &str) -> ControlFault {
        ControlFault::NotFound(format!("Pipe {name} does not exist."))
    }

    /// The code, with its status, and the message.
    pub(crate) fn parts(&self) -> (&'static str, u16, &str) {
        match self {
            ControlFault::NotFound(message) => ("NotFoundException", 404, message),
            ControlFault::Conflict(message) => ("ConflictException", 409, message),
            ControlFault::Validation(message) => ("ValidationException", 400, message),
        }
    }
}

impl DesiredState {
    /// AWS's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            DesiredState::Running => "RUNNING",
            DesiredState::Stopped => "STOPPED",
        }
    }
}

/// Whether a pipe in this state can be started or stopped.
///
/// # Errors
/// The pipe is in that state already, or on the way to it.
pub(crate) fn check(
    name: &str,
    current: CurrentState,
    wanted: DesiredState,
) -> Result<(), ControlFault> {
    match (current, wanted) {
        (CurrentState::Stopped, DesiredState::Running) => Ok(()),
        (CurrentState::Starting | CurrentState::Running, DesiredState::Stopped) => Ok(()),
        _ => Err(ControlFault::Conflict(format!(
            "Pipe {name} is {}.",
            current.name()
        ))),
    }
}

/// `DescribePipe`.
pub(crate) fn describe(view: &PipeView) -> Value {
    let mut answer = summary(view, &view.status.state(), true);
    answer.extend(view.pipe.description.clone());
    Value::Object(answer)
}

/// `StartPipe` and `StopPipe`.
pub(crate) fn changed(view: &PipeView) -> Value {
    Value::Object(summary(view, &view.status.state(), false))
}

/// `ListPipes`; `views` is in the order of names.
///
/// # Errors
/// The limit is out of range.
pub(crate) fn list(views: &[PipeView], query: &ListQuery) -> Result<Value, ControlFault> {
    let limit = query.limit.unwrap_or(LARGEST_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(ControlFault::Validation(format!(
            "Limit must be between 1 and {LARGEST_PAGE}, got {limit}."
        )));
    }
    let mut rest = views.iter().filter(|view| query.matches(view)).peekable();
    let page: Vec<Value> = rest.by_ref().take(limit).map(item).collect();
    let last = page.last().map(|pipe| pipe["Name"].clone());
    let mut answer = json!({"Pipes": page});
    if let (Some(last), Some(_)) = (last, rest.peek()) {
        answer["NextToken"] = last;
    }
    Ok(answer)
}

impl ListQuery {
    fn matches(&self, view: &PipeView) -> bool {
        let PipeView { pipe, status } = view;
        let state = status.state();
        let begins = |prefix: &Option<String>, text: &str| {
            prefix
                .as_ref()
                .is_none_or(|prefix| text.starts_with(prefix))
        };
        let is = |wanted: &Option<String>, text: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == text)
        };
        begins(&self.name_prefix, &pipe.name)
            && begins(&self.source_prefix, &pipe.names.source_arn)
            && begins(&self.target_prefix, &pipe.names.target_arn)
            && is(&self.desired_state, state.desired.name())
            && is(&self.current_state, state.current.name())
            && self
                .next_token
                .as_ref()
                .is_none_or(|last| pipe.name > *last)
    }
}

fn item(view: &PipeView) -> Value {
    let mut item = summary(view, &view.status.state(), true);
    for name in ["Source", "Target", "Enrichment"] {
        if let Some(value) = view.pipe.description.get(name) {
            item.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(item)
}

fn summary(view: &PipeView, state: &PipeState, with_reason: bool) -> Map<String, Value> {
    let mut members = Map::from_iter([
        (
            "Arn".to_owned(),
            Value::from(view.pipe.names.pipe_arn.as_str()),
        ),
        ("Name".to_owned(), view.pipe.name.as_str().into()),
        ("DesiredState".to_owned(), state.desired.name().into()),
        ("CurrentState".to_owned(), state.current.name().into()),
        ("CreationTime".to_owned(), seconds(state.created)),
        ("LastModifiedTime".to_owned(), seconds(state.modified)),
    ]);
    if let Some(reason) = state.reason.as_deref().filter(|_| with_reason) {
        members.insert("StateReason".to_owned(), reason.into());
    }
    members
}

/// Timestamps are numbers in the protocol.
fn seconds(at: Timestamp) -> Value {
    (at.as_millis() as f64 / 1000.0).into()
}

#[cfg(test)]
mod tests;
