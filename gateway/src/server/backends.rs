//! Door: sends integration requests as they were planned.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use kit::aws::{Endpoint, Reachability};
use kit::call::{Call, Reply};
use kit::service::{Identity, ServiceError, Services};

use super::http_senders::HttpSenders;
use crate::gateway_responses::Fault;
use crate::integration_request::{Plan, SendMessage, Signing};
use crate::integration_response::{Answer, NoAnswer, Received, of_call, of_http, of_message};
use crate::outbound::Outbound;
use crate::sqs::MessageSender;

/// Everything that integrations call.
#[derive(Debug)]
pub(crate) struct Backends {
    messages: MessageSender,
    services: Services,
    endpoints: HttpSenders,
    sqs: Reachability,
}

impl Backends {
    /// Backends with the endpoints and credentials of `sdk`, as far as `outbound` reaches.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(crate) fn new(sdk: &SdkConfig, outbound: Outbound) -> std::io::Result<Backends> {
        let services = Services::new(sdk.clone())?;
        let services = if outbound.assumes_roles_at_endpoints {
            services.with_roles_at_endpoints()
        } else {
            services
        };
        Ok(Backends {
            messages: MessageSender::new(sdk.clone(), services.clone()),
            services,
            endpoints: HttpSenders::new(outbound),
            sqs: Reachability::of(Endpoint::of(sdk, "SQS")),
        })
    }

    /// The services of AWS.
    pub(crate) fn services(&self) -> &Services {
        &self.services
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
            Plan::Message(message, identity) => {
                let protocol = message.protocol;
                let queue = message.queue_url.clone();
                let answer = self.send_message(message, &identity, timeout).await;
                of_message(answer, protocol, &queue, request_id)
            }
            Plan::Call(call, signing) => {
                // On the heap: the future of every request would have room for it.
                let reply = Box::pin(self.send_call(call, &signing, timeout)).await;
                of_call(reply, &signing.uri.service, request_id)
            }
            Plan::Http(call, way) => {
                let host = call.url.host_str().unwrap_or_default().to_owned();
                let reply = Box::pin(self.endpoints.send(call, way, timeout)).await;
                of_http(reply, &host, request_id)
            }
        };
        metrics::histogram!("gateway_integration_latency_seconds").record(begun.elapsed());
        received
    }

    async fn send_message(
        &self,
        message: SendMessage,
        identity: &Identity,
        timeout: Duration,
    ) -> Answer {
        let answer = self
            .messages
            .send(message, identity, Instant::now() + timeout)
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
        mut call: Call,
        Signing { uri, identity }: &Signing<'_>,
        timeout: Duration,
    ) -> Result<Reply, ServiceError> {
        let (service, region) = (uri.signing_name(), uri.signing_region());
        // At an endpoint, the host is the endpoint's: the bucket goes into the path.
        if let Some(bucket) = uri.subdomain.as_ref().filter(|_| service == "s3")
            && self.services.has_endpoint(service)
        {
            let path = format!("/{bucket}{}", call.url.path());
            call.url.set_path(&path);
        }
        self.services
            .send_as(identity, call, service, region, timeout)
            .await
    }
}
