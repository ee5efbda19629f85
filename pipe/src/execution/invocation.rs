//! One invocation of a target or an enrichment, as the execution log has it: a record when the
//! request goes out, and a second one with what came of it.

use http::header;
use kit::call::Reply;

use super::aws::{AwsClient, NoReply};
use super::reply_head::reply_head;
use crate::event::Event;
use crate::execution_log::{Details, ExecutionLog, ExecutionStep, Stage, StageStep};
use crate::flow::Verdict;
use crate::targets::{PlanError, Refusal, ServiceRequest};

/// The records of an invocation that has begun.
pub(super) struct InvocationRecords<'l, 'p> {
    log: &'l ExecutionLog<'p>,
    stage: Stage,
    /// The request as text, where the log holds execution data.
    request: Option<String>,
}

/// What came of an invocation on behalf of one event.
#[derive(Debug)]
pub(super) struct InvocationResult {
    /// What the result means for the message.
    pub(super) verdict: Verdict,
    /// The reply, if there was one.
    pub(super) reply: Option<Reply>,
    /// Whether there was no reply in time.
    pub(super) timed_out: bool,
}

impl InvocationResult {
    /// Puts the head of the reply into the verdict of an event that was not taken. `secrets`, which
    /// must not be in it, are asked for only then.
    #[must_use]
    pub(super) fn with_head(
        mut self,
        event: &Event,
        secrets: impl FnOnce() -> Vec<String>,
    ) -> InvocationResult {
        if self.verdict != Verdict::Delivered
            && let Some(reply) = &self.reply
            && !reply.headers.contains_key(header::CONTENT_ENCODING)
        {
            let head = reply_head(&reply.body, event.value(), &secrets());
            self.verdict = self.verdict.with_answer(head);
        }
        self
    }

    /// No request went out, or no reply came back.
    pub(super) fn without_reply(verdict: Verdict) -> InvocationResult {
        InvocationResult {
            verdict,
            reply: None,
            timed_out: false,
        }
    }
}

impl<'l, 'p> InvocationRecords<'l, 'p> {
    /// Records that an invocation begins; `request` is asked for only where the log holds execution
    /// data.
    pub(super) fn begin(
        stage: Stage,
        log: &'l ExecutionLog<'p>,
        request: impl FnOnce() -> String,
    ) -> InvocationRecords<'l, 'p> {
        let request = log.includes_data().then(request);
        let step = ExecutionStep::Of(stage, StageStep::InvocationStarted);
        log.record(step, || Details {
            request: request.clone(),
            ..Details::default()
        });
        InvocationRecords {
            log,
            stage,
            request,
        }
    }

    /// Records the end of an invocation on behalf of one event. Returns the reply when the target
    /// has taken the event.
    pub(super) fn end(self, result: InvocationResult) -> Result<Reply, Verdict> {
        let InvocationResult {
            verdict,
            reply,
            timed_out,
        } = result;
        let details = Details {
            response: self.response(reply.as_ref()),
            error: verdict.reason().map(str::to_owned),
            status: reply.as_ref().map(|reply| reply.status.as_u16()),
            ..Details::default()
        };
        let (step, result) = match reply {
            Some(reply) if verdict == Verdict::Delivered => {
                (StageStep::InvocationSucceeded, Ok(reply))
            }
            _ if timed_out => (StageStep::InvocationTimedOut, Err(verdict)),
            _ => (StageStep::InvocationFailed, Err(verdict)),
        };
        self.record(step, || details);
        result
    }

    /// Records the end of an invocation on behalf of several events, of which `results` says how
    /// many failed.
    pub(super) fn end_batch<T>(
        self,
        results: &[Result<T, Refusal>],
        timed_out: bool,
        details: impl FnOnce() -> Details,
    ) {
        let failed = results.iter().filter(|result| result.is_err()).count();
        let step = match failed {
            0 => StageStep::InvocationSucceeded,
            _ if timed_out => StageStep::InvocationTimedOut,
            failed if failed < results.len() => StageStep::InvocationPartiallyFailed,
            _ => StageStep::InvocationFailed,
        };
        let refusal = results.iter().find_map(|result| result.as_ref().err());
        self.record(step, || Details {
            error: refusal.map(|refusal| refusal.reason.clone()),
            ..details()
        });
    }

    /// A reply as text, where the log holds execution data.
    fn response(&self, reply: Option<&Reply>) -> Option<String> {
        reply.filter(|_| self.log.includes_data()).map(describe)
    }

    fn record(self, step: StageStep, details: impl FnOnce() -> Details) {
        let InvocationRecords {
            log,
            stage,
            request,
        } = self;
        log.record(ExecutionStep::Of(stage, step), || Details {
            request,
            ..details()
        });
    }
}

/// An invocation of an AWS service on behalf of several events.
pub(super) struct AwsInvocation<'l, 'p> {
    records: InvocationRecords<'l, 'p>,
    service: &'static str,
    reply: Result<Reply, NoReply>,
}

impl<'l, 'p> AwsInvocation<'l, 'p> {
    /// Sends the request and waits for the reply.
    pub(super) async fn send(
        client: &AwsClient,
        request: ServiceRequest,
        stage: Stage,
        log: &'l ExecutionLog<'p>,
    ) -> AwsInvocation<'l, 'p> {
        let service = request.service;
        let records = InvocationRecords::begin(stage, log, || request.describe());
        AwsInvocation {
            records,
            service,
            reply: client.send(request, stage.who()).await,
        }
    }

    /// The reply, of whatever status.
    ///
    /// # Errors
    /// There is no reply.
    pub(super) fn reply(&self) -> Result<&Reply, Refusal> {
        self.reply.as_ref().map_err(|none| none.refusal.clone())
    }

    /// Records what became of the events, or of the request as a whole.
    pub(super) fn record<T>(self, results: &[Result<T, Refusal>]) {
        let timed_out = self.reply.as_ref().is_err_and(|none| none.timed_out);
        let reply = self.reply.as_ref().ok();
        let response = self.records.response(reply);
        self.records.end_batch(results, timed_out, || Details {
            response,
            status: reply.map(|reply| reply.status.as_u16()),
            service: Some(self.service),
            request_id: reply.and_then(request_id),
            ..Details::default()
        });
    }
}

/// The id that the service gave the request.
fn request_id(reply: &Reply) -> Option<String> {
    let names = ["x-amzn-requestid", "x-amz-request-id"];
    let found = names.iter().find_map(|name| reply.headers.get(*name))?;
    found.to_str().ok().map(str::to_owned)
}

/// Status and body of a reply.
fn describe(reply: &Reply) -> String {
    format!(
        "{}\n\n{}",
        reply.status,
        String::from_utf8_lossy(&reply.body)
    )
}

/// Records that an event cannot become what its target takes, which is a customer error in AWS's
/// terms. Returns the verdict on its message.
pub(super) fn record_unplannable(
    stage: Stage,
    error: &PlanError,
    log: &ExecutionLog<'_>,
) -> Verdict {
    let reason = error.to_string();
    let step = ExecutionStep::Of(stage, StageStep::InvocationFailed);
    log.record_failure(step, &reason);
    Verdict::Unsendable {
        reason: reason.into(),
    }
}
