//! Programs that are given a whole batch as one JSON array: Lambda functions and state machines.
//! Pure.

use bytes::Bytes;
use kit::call::Reply;

use super::function::Function;
use super::partial;
use super::refusal::Refusal;
use super::site::ServiceRequest;
use super::workflow::Workflow;
use super::{PlanError, parts};

/// A Lambda function or a state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Lambda.
    Function(Function),
    /// Step Functions.
    Workflow(Workflow),
}

/// `InvocationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvocationType {
    /// The answer is waited for, and says which messages failed.
    #[default]
    RequestResponse,
    /// Delivered is what was accepted.
    FireAndForget,
}

impl Program {
    /// The batches, of these bodies, that fit into one input each.
    pub fn parts(&self, bodies: &[String]) -> Vec<std::ops::Range<usize>> {
        let longest = match self {
            Program::Function(function) => function.longest(),
            Program::Workflow(_) => Workflow::LONGEST,
        };
        // A comma, or a bracket, for each.
        parts(
            bodies.iter().map(|body| body.len() + 1),
            usize::MAX,
            longest - 1,
        )
    }

    /// The request with a batch of bodies, each of them JSON.
    pub fn request(&self, bodies: &[String]) -> ServiceRequest {
        let input = format!("[{}]", bodies.join(","));
        match self {
            Program::Function(function) => function.request(input),
            Program::Workflow(workflow) => workflow.request(&input),
        }
    }

    /// What the program made of its input; nothing when its answer was not waited for.
    ///
    /// # Errors
    /// It was not run, or it failed.
    pub(crate) fn read(&self, reply: &Reply, who: &str) -> Result<Bytes, Refusal> {
        if !reply.status.is_success() {
            return Err(Refusal::of_reply(reply, who));
        }
        if !reply.complete {
            return Err(Refusal::of_batch(format!(
                "{who} answered with more than is read"
            )));
        }
        match self {
            Program::Function(function) => function.read(reply, who),
            Program::Workflow(workflow) => workflow.read(reply, who),
        }
    }

    /// What the program's answer says about each of the messages with these ids.
    pub(crate) fn judge(&self, answer: &[u8], ids: &[&str], who: &str) -> Vec<Result<(), Refusal>> {
        let named = || Refusal::of_batch(format!("{who} named the message in batchItemFailures"));
        match partial::failures(answer, ids) {
            Ok(failed) => failed
                .into_iter()
                .map(|failed| if failed { Err(named()) } else { Ok(()) })
                .collect(),
            Err(reason) => vec![Err(Refusal::of_batch(format!("{who}: {reason}"))); ids.len()],
        }
    }
}

/// A body that can be an element of the array.
///
/// # Errors
/// It is not JSON.
pub fn check_json(body: &str) -> Result<(), PlanError> {
    let parsed = serde_json::from_str::<serde::de::IgnoredAny>(body);
    parsed
        .map(drop)
        .map_err(|_| PlanError("what was made of the event is not JSON".into()))
}
