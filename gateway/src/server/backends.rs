//! Door: sends integration requests as they were planned.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use kit::aws::{Endpoint, Reachability};
use kit::call::{Call, Reply};
use kit::service::{Identity, ServiceError, Services};

use crate::api::ServiceUri;
use crate::gateway_responses::Fault;
use crate::integration_request::{Plan, SendMessage};
use crate::integration_response::{Answer, NoAnswer, Received, of_call, of_message};
use crate::sqs::MessageSender;

/// Everything that integrations call.
#[derive(Debug)]
pub(crate) struct Backends {
    messages: MessageSender,
    services: Services,
    sqs: Reachability,
}

impl Backends {
    /// Backends with the endpoints and credentials of `sdk`.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(crate) fn new(sdk: &SdkConfig) -> std::io::Result<Backends> {
        let services = Services::new(sdk.clone())?;
        Ok(Backends {
            messages: MessageSender::new(sdk.clone(), services.clone()),
            services,
            sqs: Reachability::of(Endpoint::of(sdk, "SQS")),
        })
    }

    /// Whether SQS answers at its endpoint.
    pub(crate) fn sqs(&self) -> &Reachability {
        &self.sqs
    }

    /// Carries out a plan within `timeout`.
    ///
    /// # Errors
    /// The fault to answer with: there is no answer from the backend.
    pub(crate) async fn send(
        &self,
        plan: Plan<'_>,
        timeout: Duration,
        request_id: &str,
    ) -> Result<Received, Fault> {
        let begun = Instant::now();
        let received = match plan {
            Plan::Reply(reply) => {
                return Ok(Received {
                    reply,
                    message_id: None,
                });
            }
            Plan::Message(message) => {
                let protocol = message.protocol;
                let queue = message.queue_url.clone();
                let answer = self.send_message(message, timeout).await;
                of_message(answer, protocol, &queue, request_id)
            }
            Plan::Call(call, uri) => {
                let reply = self.send_call(call, uri, timeout).await;
                of_call(reply, &uri.service, request_id)
            }
        };
        metrics::histogram!("gateway_integration_latency_seconds").record(begun.elapsed());
        received
    }

    async fn send_message(&self, message: SendMessage, timeout: Duration) -> Answer {
        let answer = self
            .messages
            .send(message, &Identity::Environment, Instant::now() + timeout)
            .await;
        match &answer {
            Ok(_) => self.sqs.answered(),
            Err(NoAnswer::TimedOut) => self.sqs.failed(&format!("no answer within {timeout:?}")),
            Err(NoAnswer::Unreachable(reason)) => self.sqs.failed(reason),
            Err(NoAnswer::NoCredentials(_)) => {}
        }
        answer
    }

    async fn send_call(
        &self,
        call: Call,
        uri: &ServiceUri,
        timeout: Duration,
    ) -> Result<Reply, ServiceError> {
        self.services
            .send(call, &uri.service, &uri.region, timeout)
            .await
    }
}
