//! Lambda functions and state machines: a whole batch is their input, as one JSON array. Pure.

use std::ops::Range;

use bytes::Bytes;
use kit::call::Reply;

use super::function::Function;
use super::partial;
use super::refusal::Refusal;
use super::service::ServiceRequest;
use super::split::split;
use super::workflow::Workflow;

/// A Lambda function or a state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Lambda.
    Function(Function),
    /// Step Functions.
    Workflow(Workflow),
}

impl Program {
    /// Splits these bodies into batches that fit into one input each.
    pub(crate) fn parts(&self, bodies: &[String]) -> Vec<Range<usize>> {
        let longest = match self {
            Program::Function(function) => function.longest(),
            Program::Workflow(_) => Workflow::LONGEST,
        };
        // Each body comes with a comma or a bracket.
        split(
            bodies.iter().map(|body| body.len() + 1),
            usize::MAX,
            longest - 1,
        )
    }

    /// The request with a batch of bodies, each of them JSON.
    pub(crate) fn request(&self, bodies: &[String]) -> ServiceRequest {
        let input = format!("[{}]", bodies.join(","));
        match self {
            Program::Function(function) => function.request(input),
            Program::Workflow(workflow) => workflow.request(&input),
        }
    }

    /// The program's output; empty when the pipe did not wait for it.
    ///
    /// # Errors
    /// The program was not run, or it failed.
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

    /// What the program's output means for each of the messages with these ids.
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
