//! A state machine: `StartSyncExecution` when the pipe waits for the output, else `StartExecution`.
//! Pure.
//!
//! Only Express state machines can be waited for, and an ARN does not show which kind it names: for
//! a Standard one the service refuses the request.

use bytes::Bytes;
use kit::call::Reply;
use serde_json::{Value, json};

use super::invocation_type::InvocationType;
use super::refusal::Refusal;
use super::service::{ServiceEndpoint, ServiceRequest};
use kit::arn::Arn;

/// A state machine, or the version or alias of it that the ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    site: ServiceEndpoint,
    arn: String,
    invocation: InvocationType,
}

impl Workflow {
    /// The longest input, in characters.
    pub(super) const LONGEST: usize = 262_144;

    /// The state machine with this ARN.
    ///
    /// # Errors
    /// The ARN is not that of a state machine.
    pub(crate) fn new(arn: &Arn<'_>, invocation: InvocationType) -> Result<Workflow, String> {
        if arn
            .resource
            .strip_prefix("stateMachine:")
            .is_none_or(str::is_empty)
        {
            return Err(format!("{} is not the ARN of a state machine", arn.text));
        }
        let prefix = match invocation {
            InvocationType::RequestResponse => "sync-states",
            InvocationType::FireAndForget => "states",
        };
        Ok(Workflow {
            site: ServiceEndpoint::new(arn, "states", prefix)?,
            arn: arn.text.to_owned(),
            invocation,
        })
    }

    pub(super) fn request(&self, input: &str) -> ServiceRequest {
        let action = match self.invocation {
            InvocationType::RequestResponse => "AWSStepFunctions.StartSyncExecution",
            InvocationType::FireAndForget => "AWSStepFunctions.StartExecution",
        };
        self.site.json(
            "1.0",
            action,
            &json!({"stateMachineArn": self.arn, "input": input}),
        )
    }

    /// The output of an execution.
    pub(super) fn read(&self, reply: &Reply, who: &str) -> Result<Bytes, Refusal> {
        if self.invocation == InvocationType::FireAndForget {
            return Ok(Bytes::new());
        }
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        match text("status") {
            Some("SUCCEEDED") => Ok(Bytes::copy_from_slice(
                text("output").unwrap_or_default().as_bytes(),
            )),
            Some(status) => {
                let error = text("error")
                    .map(|error| format!(" with {error}"))
                    .unwrap_or_default();
                Err(Refusal::of_batch(format!(
                    "{who}: the execution ended as {status}{error}"
                )))
            }
            None => Err(Refusal::of_batch(format!(
                "{who}: the answer has no status"
            ))),
        }
    }
}
