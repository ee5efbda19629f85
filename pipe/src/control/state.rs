//! The state of a pipe as `describe-pipe` tells it: what is wanted, what is, and why (Pipes API
//! model).

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

use crate::definition::DesiredState;
use crate::flow::Cause;

/// The longest `StateReason`, in characters.
const LONGEST_REASON: usize = 512;

/// `CurrentState`, as far as a pipe can get here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrentState {
    /// Its queue is looked for.
    Starting,
    /// It receives, or waits for its target.
    Running,
    /// It finishes what is under way.
    Stopping,
    /// It does nothing.
    Stopped,
}

impl CurrentState {
    /// AWS's word.
    pub fn name(self) -> &'static str {
        match self {
            CurrentState::Starting => "STARTING",
            CurrentState::Running => "RUNNING",
            CurrentState::Stopping => "STOPPING",
            CurrentState::Stopped => "STOPPED",
        }
    }
}

/// What `describe-pipe` tells of a pipe at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `DesiredState`.
    pub desired: DesiredState,
    /// `CurrentState`.
    pub current: CurrentState,
    /// `StateReason`.
    pub reason: Option<String>,
    /// `CreationTime`: when this process first read the pipe.
    pub created: Timestamp,
    /// `LastModifiedTime`: when it was last read, started or stopped.
    pub modified: Timestamp,
}

/// The state of one pipe, shared by those who change it and those who tell it.
#[derive(Debug)]
pub struct Status(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    last_failure: String,
    last_status: Option<u16>,
}

impl Status {
    /// Of a pipe that was created at `created` and read at `now`. It does nothing yet.
    pub fn new(desired: DesiredState, created: Timestamp, now: Timestamp) -> Status {
        let state = State {
            desired,
            current: CurrentState::Stopped,
            reason: None,
            created,
            modified: now,
        };
        Status(Mutex::new(Inner {
            state,
            last_failure: String::new(),
            last_status: None,
        }))
    }

    /// The state now.
    pub fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// It is to run.
    pub fn starts(&self, now: Timestamp) {
        self.change(DesiredState::Running, CurrentState::Starting, now);
    }

    /// It is not to run any more.
    pub fn stops(&self, now: Timestamp) {
        self.change(DesiredState::Stopped, CurrentState::Stopping, now);
    }

    /// Its queue was found.
    pub fn runs(&self) {
        let mut inner = self.lock();
        // It may have been told to stop meanwhile.
        if inner.state.current == CurrentState::Starting {
            (inner.state.current, inner.state.reason) = (CurrentState::Running, None);
        }
    }

    /// What was under way is finished.
    pub fn stopped(&self) {
        let mut inner = self.lock();
        (inner.state.current, inner.state.reason) = (CurrentState::Stopped, None);
    }

    /// It cannot start yet.
    pub fn waits(&self, reason: &str) {
        self.lock().state.reason = Some(cut(reason));
    }

    /// A message was not delivered; the target may have answered with a status.
    pub fn delivery_failed(&self, reason: &str, status: Option<u16>) {
        let mut inner = self.lock();
        reason.clone_into(&mut inner.last_failure);
        inner.last_status = status;
    }

    /// Nothing is received until the target is back. Returns what is said about that.
    pub fn target_down(&self, cause: Cause) -> String {
        let mut inner = self.lock();
        let said = match inner.last_status {
            // What usually speaks of a message, and speaks of all of them.
            Some(status) if cause == Cause::Message => {
                format!("the target rejects everything: {status}")
            }
            _ => format!("waiting for the target: {}", inner.last_failure),
        };
        let said = cut(&said);
        inner.state.reason = Some(said.clone());
        said
    }

    /// The target is back.
    pub fn target_up(&self) {
        self.lock().state.reason = None;
    }

    fn change(&self, desired: DesiredState, current: CurrentState, now: Timestamp) {
        let mut inner = self.lock();
        inner.state = State {
            desired,
            current,
            reason: None,
            modified: now,
            ..inner.state
        };
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }
}

fn cut(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_says_why() {
        let at = Timestamp::from_millis;
        let status = Status::new(DesiredState::Running, at(1), at(2));
        assert_eq!(status.state().current, CurrentState::Stopped);
        status.starts(at(3));
        status.waits("the queue does not exist");
        let state = status.state();
        assert_eq!(
            (state.current, state.created, state.modified),
            (CurrentState::Starting, at(1), at(3))
        );
        assert_eq!(state.reason.as_deref(), Some("the queue does not exist"));
        status.runs();
        assert_eq!(status.state().reason, None);
        status.delivery_failed("the target answered 404 Not Found", Some(404));
        assert_eq!(
            status.target_down(Cause::Message),
            "the target rejects everything: 404"
        );
        status.delivery_failed("the target answered 503", Some(503));
        status.target_down(Cause::Target);
        assert_eq!(
            status.state().reason.as_deref(),
            Some("waiting for the target: the target answered 503")
        );
        status.target_up();
        assert_eq!(status.state().reason, None);
        status.stops(at(4));
        assert_eq!(
            (status.state().desired, status.state().current),
            (DesiredState::Stopped, CurrentState::Stopping)
        );
        status.runs();
        assert_eq!(
            status.state().current,
            CurrentState::Stopping,
            "it was told to stop meanwhile"
        );
        status.waits(&"x".repeat(1000));
        assert_eq!(status.state().reason.unwrap().len(), LONGEST_REASON);
    }
}
