//! The state of a pipe as `describe-pipe` shows it: desired state, current state and reason (Pipes
//! API model).

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

use crate::definition::DesiredState;
use crate::flow::Cause;

/// The longest `StateReason`, in characters.
const LONGEST_REASON: usize = 512;

/// `CurrentState`: the values that a pipe can have here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrentState {
    /// The pipe looks for its queue.
    Starting,
    /// The pipe receives, or waits for its target.
    Running,
    /// The pipe finishes what is under way.
    Stopping,
    /// The pipe does nothing.
    Stopped,
}

impl CurrentState {
    /// AWS's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            CurrentState::Starting => "STARTING",
            CurrentState::Running => "RUNNING",
            CurrentState::Stopping => "STOPPING",
            CurrentState::Stopped => "STOPPED",
        }
    }
}

/// What `describe-pipe` shows of a pipe at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipeState {
    /// `DesiredState`.
    pub(crate) desired: DesiredState,
    /// `CurrentState`.
    pub(crate) current: CurrentState,
    /// `StateReason`.
    pub(crate) reason: Option<String>,
    /// `CreationTime`: when this process first read the pipe.
    pub(crate) created: Timestamp,
    /// `LastModifiedTime`: when the pipe was last read, started or stopped.
    pub(crate) modified: Timestamp,
}

/// The state of one pipe, shared by its worker and the admin port.
#[derive(Debug)]
pub(crate) struct Status(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: PipeState,
    last_failure: String,
    last_status: Option<u16>,
}

impl Status {
    /// The status of a pipe that was created at `created` and read at `now`, and does nothing yet.
    pub(crate) fn new(desired: DesiredState, created: Timestamp, now: Timestamp) -> Status {
        let state = PipeState {
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
    pub(crate) fn state(&self) -> PipeState {
        self.lock().state.clone()
    }

    /// The pipe is to run.
    pub(crate) fn starts(&self, now: Timestamp) {
        self.change(DesiredState::Running, CurrentState::Starting, now);
    }

    /// The pipe is to stop.
    pub(crate) fn stops(&self, now: Timestamp) {
        self.change(DesiredState::Stopped, CurrentState::Stopping, now);
    }

    /// The pipe cannot run at all.
    pub(crate) fn blocked(&self, reason: &str) {
        let mut inner = self.lock();
        inner.state.desired = DesiredState::Stopped;
        inner.state.reason = Some(cut(reason));
    }

    /// The pipe has found its queue.
    pub(crate) fn runs(&self) {
        let mut inner = self.lock();
        // A command to stop may have come meanwhile.
        if inner.state.current == CurrentState::Starting {
            (inner.state.current, inner.state.reason) = (CurrentState::Running, None);
        }
    }

    /// The pipe has finished what was under way.
    pub(crate) fn stopped(&self) {
        let mut inner = self.lock();
        (inner.state.current, inner.state.reason) = (CurrentState::Stopped, None);
    }

    /// The pipe cannot start yet.
    pub(crate) fn waits(&self, reason: &str) {
        self.lock().state.reason = Some(cut(reason));
    }

    /// A message was not delivered; the target may have answered with a status.
    pub(crate) fn delivery_failed(&self, reason: &str, status: Option<u16>) {
        let mut inner = self.lock();
        reason.clone_into(&mut inner.last_failure);
        inner.last_status = status;
    }

    /// The target is down: nothing is received until it is back. Returns the `StateReason`.
    pub(crate) fn target_down(&self, cause: Cause) -> String {
        let mut inner = self.lock();
        let reason = match inner.last_status {
            // A status that usually is about one message, and here about all of them.
            Some(status) if cause == Cause::Message => {
                format!("the target rejects everything: {status}")
            }
            _ => format!("waiting for the target: {}", inner.last_failure),
        };
        let reason = cut(&reason);
        inner.state.reason = Some(reason.clone());
        reason
    }

    /// The target is back.
    pub(crate) fn target_up(&self) {
        self.lock().state.reason = None;
    }

    fn change(&self, desired: DesiredState, current: CurrentState, now: Timestamp) {
        let mut inner = self.lock();
        inner.state = PipeState {
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
