//! Door: calls AWS services, signed with the process's own credentials.
//!
//! What is sent is planned in `targets`, and replies are judged there: this file only judges the
//! lack of a reply.

use std::sync::Arc;
use std::time::Duration;

use kit::call::Reply;
use kit::service::{ServiceError, Services};

use crate::flow::Cause;
use crate::targets::{Refusal, ServiceRequest};

/// Calls AWS services, at AWS or at the endpoint that the environment names.
#[derive(Debug, Clone)]
pub(crate) struct AwsClient {
    services: Arc<Services>,
    deadline: Duration,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) struct NoReply {
    /// The refusal of every message of the request.
    pub(super) refusal: Refusal,
    /// Whether the deadline passed.
    pub(super) timed_out: bool,
}

impl AwsClient {
    /// A client that waits for each reply for as long as `deadline`.
    pub(crate) fn new(services: Arc<Services>, deadline: Duration) -> AwsClient {
        AwsClient { services, deadline }
    }

    /// Sends a request to `who` ("the target").
    ///
    /// # Errors
    /// There is no reply.
    pub(super) async fn send(&self, request: ServiceRequest, who: &str) -> Result<Reply, NoReply> {
        let ServiceRequest {
            service,
            region,
            call,
        } = request;
        self.services
            .send(call, service, &region, self.deadline)
            .await
            .map_err(|error| NoReply {
                refusal: Refusal::new(format!("{who}: {error}"), cause_of(&error)),
                timed_out: matches!(&error, ServiceError::Send(error) if error.is_timeout()),
            })
    }
}

fn cause_of(error: &ServiceError) -> Cause {
    match error {
        ServiceError::Send(error) => Cause::of_send_error(error).unwrap_or(Cause::Message),
        ServiceError::Signing(_) => Cause::Message,
        _ => Cause::Unreachable,
    }
}
