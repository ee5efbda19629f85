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

/// How much of a reply is read: API Gateway answers with 10 MB at most.
const LONGEST_REPLY: usize = 10_485_760;

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
            near,
            call,
        } = request;
        let (services, deadline) = (&self.services, self.deadline);
        let sent = match near {
            Some(caller) => {
                let scope = (service, region.as_str());
                services
                    .send_to_as(&caller, &call, scope, deadline, LONGEST_REPLY)
                    .await
            }
            None => services.send(call, service, &region, deadline).await,
        };
        sent.map_err(|error| NoReply {
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
