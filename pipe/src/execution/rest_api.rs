//! Door: invokes a REST API of API Gateway, signed with the process's own credentials.

use std::sync::Arc;

use kit::call::Reply;
use kit::time::Timestamp;

use super::aws::{AwsClient, NoReply};
use super::invocation::{InvocationRecords, InvocationResult, record_unplannable};
use crate::event::Event;
use crate::execution_log::{ExecutionLog, Stage};
use crate::flow::{Verdict, judge};
use crate::targets::{RestApi, ServiceRequest};

/// Invokes one REST API.
#[derive(Debug)]
pub(crate) struct RestApiClient {
    /// How AWS is called.
    pub(crate) client: AwsClient,
    /// The API.
    pub(crate) api: Arc<RestApi>,
}

impl RestApiClient {
    /// One invocation with the `body` that was made of `event`; `id` is the message's. Returns the
    /// reply when it is one of success.
    pub(super) async fn invoke(
        &self,
        event: &Event,
        id: &str,
        body: String,
        stage: Stage,
        log: &ExecutionLog<'_>,
    ) -> Result<Reply, Verdict> {
        let request = self
            .api
            .request(event, id, body)
            .map_err(|error| record_unplannable(stage, &error, log))?;
        let records = InvocationRecords::begin(stage, log, || request.describe());
        let result = self.send(request, stage).await;
        records.end(result.with_head(event, Vec::new))
    }

    async fn send(&self, request: ServiceRequest, stage: Stage) -> InvocationResult {
        match self.client.send(request, stage.who()).await {
            Ok(reply) => {
                let replied = Ok(reply);
                let verdict = judge(&replied, stage.who(), Timestamp::wall());
                InvocationResult {
                    verdict,
                    reply: replied.ok(),
                    timed_out: false,
                }
            }
            Err(NoReply { refusal, timed_out }) => InvocationResult {
                timed_out,
                ..InvocationResult::without_reply(refusal.verdict())
            },
        }
    }
}
