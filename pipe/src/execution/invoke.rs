//! Delivers a batch to a function or a state machine: the batch is one JSON array, and the answer
//! speaks for all of it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::aws::AwsClient;
use super::invocation::AwsInvocation;
use crate::execution_log::{ExecutionLog, Stage};
use crate::sqs::batcher::batch_then_each;
use crate::targets::{Program, Refusal};

/// Invokes one function or state machine.
#[derive(Debug)]
pub(crate) struct Invoke {
    /// How AWS is called.
    pub(crate) client: AwsClient,
    /// The function or state machine.
    pub(crate) program: Arc<Program>,
}

impl Invoke {
    /// Invokes the target with messages of these `bodies` and `ids`. One result for each message.
    pub(super) async fn run(
        &self,
        bodies: &[String],
        ids: &[&str],
        log: &ExecutionLog<'_>,
    ) -> Vec<Result<(), Refusal>> {
        let mut results = Vec::with_capacity(ids.len());
        for range in self.program.parts(bodies) {
            let (bodies, ids) = (&bodies[range.clone()], &ids[range]);
            let send = |range: Range<usize>| self.request(&bodies[range.clone()], &ids[range], log);
            results.extend(batch_then_each(ids.len(), send).await);
        }
        results
    }

    /// One invocation. One result for each message, or the refusal of the whole request.
    async fn request(
        &self,
        bodies: &[String],
        ids: &[&str],
        log: &ExecutionLog<'_>,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        let who = Stage::Target.who();
        let request = self.program.request(bodies);
        let invocation = AwsInvocation::send(&self.client, request, Stage::Target, log).await;
        let results = invocation
            .reply()
            .and_then(|reply| self.program.read(reply, who))
            .map(|answer| self.program.judge(&answer, ids, who));
        match &results {
            Ok(results) => invocation.record(results),
            Err(refusal) => invocation.record::<()>(&[Err(refusal.clone())]),
        }
        results
    }

    /// What the enrichment answers to a batch of these `bodies`.
    pub(super) async fn answer(
        &self,
        bodies: &[String],
        log: &ExecutionLog<'_>,
    ) -> Result<Bytes, Refusal> {
        let request = self.program.request(bodies);
        let invocation = AwsInvocation::send(&self.client, request, Stage::Enrichment, log).await;
        let result = [invocation
            .reply()
            .and_then(|reply| self.program.read(reply, Stage::Enrichment.who()))];
        invocation.record(&result);
        let [result] = result;
        result
    }
}
