//! Door: sends requests to AWS services, signed with the process's own credentials.
//!
//! What is sent is planned in `target`, and what comes back is judged there: this only tells no
//! answer from an answer.

use std::sync::Arc;
use std::time::Duration;

use kit::call::Reply;

use kit::service::{ServiceError, Services};

use crate::flow::Cause;
use crate::targets::{Refusal, ServiceRequest};

/// Calls AWS services, at AWS or at the endpoint that the environment names.
#[derive(Debug, Clone)]
pub struct Caller {
    services: Arc<Services>,
    deadline: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct NoAnswer {
    /// Whose fault that is.
    pub refusal: Refusal,
    /// Whether it only did not come in time.
    pub timed_out: bool,
}

impl Caller {
    /// Answers may take as long as `deadline`.
    pub fn new(services: Arc<Services>, deadline: Duration) -> Caller {
        Caller { services, deadline }
    }

    /// Sends a request to `who` ("the target").
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(&self, request: ServiceRequest, who: &str) -> Result<Reply, NoAnswer> {
        let ServiceRequest {
            service,
            region,
            call,
        } = request;
        self.services
            .send(call, service, &region, self.deadline)
            .await
            .map_err(|error| {
                let cause = match &error {
                    ServiceError::Send(error) => {
                        Cause::of_send_error(error).unwrap_or(Cause::Message)
                    }
                    ServiceError::Signing(_) => Cause::Message,
                    _ => Cause::Unreachable,
                };
                let timed_out = matches!(&error, ServiceError::Send(error) if error.is_timeout());
                NoAnswer {
                    refusal: Refusal::new(format!("{who}: {error}"), cause),
                    timed_out,
                }
            })
    }
}
