//! The control plane of Pipes, as far as a definition leaves something to control: what there is,
//! start, stop. Pure.
//!
//! Answers have the form of the service (Pipes API model, REST and JSON), so that
//! `aws pipes describe-pipe` and its kin work with `--endpoint-url`. Creating, changing and
//! deleting is done in the definition.

use std::sync::Arc;

use kit::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::state::{CurrentState, State, Status};
use crate::definition::{DesiredState, Pipe};

/// The most pipes of one page, which is what a page has when nothing is said.
const LARGEST_PAGE: usize = 100;

/// A pipe of the definition and its state.
#[derive(Debug, Clone)]
pub struct PipeView {
    /// The pipe.
    pub pipe: Arc<Pipe>,
    /// Its state.
    pub status: Arc<Status>,
}

/// What `ListPipes` is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Query {
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
pub enum ControlFault {
    /// There is no such pipe.
    NotFound(String),
    /// It is in a state that does not allow this.
    Conflict(String),
    /// The request cannot be fulfilled here, or is wrong.
    Validation(String),
}

impl ControlFault {
    /// Nobody has a pipe of this name.
    pub fn unknown(name: &str) -> ControlFault {
        ControlFault::NotFound(format!("Pipe {name} does not exist."))
    }

    /// The code, with its status, and the message.
    pub fn parts(&self) -> (&'static str, u16, &str) {
        match self {
            ControlFault::NotFound(message) => ("NotFoundException", 404, message),
            ControlFault::Conflict(message) => ("ConflictException", 409, message),
            ControlFault::Validation(message) => ("ValidationException", 400, message),
        }
    }
}

impl DesiredState {
    /// AWS's word.
    pub fn name(self) -> &'static str {
        match self {
            DesiredState::Running => "RUNNING",
            DesiredState::Stopped => "STOPPED",
        }
    }
}

/// Whether a pipe in this state can be started or stopped.
///
/// # Errors
/// It is so already, or on its way.
pub fn check(name: &str, current: CurrentState, wanted: DesiredState) -> Result<(), ControlFault> {
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
pub fn describe(shown: &PipeView) -> Value {
    let mut answer = summary(shown, &shown.status.state(), true);
    answer.extend(shown.pipe.description.clone());
    Value::Object(answer)
}

/// `StartPipe` and `StopPipe`.
pub fn changed(shown: &PipeView) -> Value {
    Value::Object(summary(shown, &shown.status.state(), false))
}

/// `ListPipes`; `shown` is in the order of names.
///
/// # Errors
/// The limit is none.
pub fn list(shown: &[PipeView], query: &Query) -> Result<Value, ControlFault> {
    let limit = query.limit.unwrap_or(LARGEST_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(ControlFault::Validation(format!(
            "Limit is none of 1 to {LARGEST_PAGE}."
        )));
    }
    let mut rest = shown.iter().filter(|shown| query.takes(shown)).peekable();
    let page: Vec<Value> = rest.by_ref().take(limit).map(item).collect();
    let last = page.last().map(|pipe| pipe["Name"].clone());
    let mut answer = json!({"Pipes": page});
    if let (Some(last), Some(_)) = (last, rest.peek()) {
        answer["NextToken"] = last;
    }
    Ok(answer)
}

impl Query {
    fn takes(&self, shown: &PipeView) -> bool {
        let PipeView { pipe, status } = shown;
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

fn item(shown: &PipeView) -> Value {
    let mut item = summary(shown, &shown.status.state(), true);
    for name in ["Source", "Target", "Enrichment"] {
        if let Some(value) = shown.pipe.description.get(name) {
            item.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(item)
}

fn summary(shown: &PipeView, state: &State, with_reason: bool) -> Map<String, Value> {
    let mut members = Map::from_iter([
        (
            "Arn".to_owned(),
            Value::from(shown.pipe.names.pipe_arn.as_str()),
        ),
        ("Name".to_owned(), shown.pipe.name.as_str().into()),
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
