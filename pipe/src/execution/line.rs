//! One event a request: to an API destination, or to a REST API. The journal is told.

use std::sync::Arc;

use kit::call::Reply;
use kit::time::Timestamp;

use super::api_destination::{Answer, Invoker, Wanted};
use super::aws::{Caller, NoAnswer};
use super::stage::unplannable;
use crate::event::Event;
use crate::execution_log::{Details, Journal, Moment, Stage, Step};
use crate::flow::{Verdict, judge};
use crate::targets::{self, RestApi, ServiceRequest};

/// The way to somebody who takes one event at a time.
#[derive(Debug)]
pub enum Line {
    /// To an API destination.
    Http(Box<Invoker>),
    /// To a REST API.
    Api(Caller, Arc<RestApi>),
}

impl Line {
    /// Sends the body that was made of `event`. `id` is the message's.
    pub async fn exchange(
        &self,
        event: &Event,
        id: &str,
        body: String,
        stage: Stage,
        journal: &Journal<'_>,
    ) -> Result<Reply, Verdict> {
        let wrong = |error| unplannable(stage, &error, journal);
        match self {
            Line::Http(invoker) => {
                let draft = targets::plan(&invoker.invocation, event, id, body).map_err(wrong)?;
                let request = begin(stage, journal, || draft.describe());
                let is_read = stage == Stage::Enrichment || journal.wants_data();
                let wanted = if is_read {
                    Wanted::Body
                } else {
                    Wanted::Status
                };
                let answer = invoker.send(draft, wanted).await;
                end(
                    stage,
                    journal,
                    request,
                    answer.with_head(event, || invoker.secrets()),
                )
            }
            Line::Api(caller, api) => {
                let planned = api.request(event, id, body).map_err(wrong)?;
                let request = begin(stage, journal, || planned.describe());
                let answer = Box::pin(call(caller, planned, stage)).await;
                end(stage, journal, request, answer.with_head(event, Vec::new))
            }
        }
    }
}

async fn call(caller: &Caller, request: ServiceRequest, stage: Stage) -> Answer {
    match caller.send(request, stage.who()).await {
        Ok(reply) => {
            let outcome = Ok(reply);
            let verdict = judge(&outcome, stage.who(), Timestamp::wall());
            Answer {
                verdict,
                reply: outcome.ok(),
                timed_out: false,
            }
        }
        Err(NoAnswer { refusal, timed_out }) => Answer {
            verdict: refusal.verdict(),
            reply: None,
            timed_out,
        },
    }
}

/// Tells that a request goes out. Returns it in text, where that may be told.
pub fn begin(
    stage: Stage,
    journal: &Journal<'_>,
    request: impl FnOnce() -> String,
) -> Option<String> {
    let request = journal.wants_data().then(request);
    let details = || Details {
        request: request.clone(),
        ..Details::default()
    };
    journal.tell(Step::Of(stage, Moment::InvocationStarted), details);
    request
}

fn end(
    stage: Stage,
    journal: &Journal<'_>,
    request: Option<String>,
    answer: Answer,
) -> Result<Reply, Verdict> {
    let Answer {
        verdict,
        reply,
        timed_out,
    } = answer;
    let details = Details {
        request,
        response: reply
            .as_ref()
            .filter(|_| journal.wants_data())
            .map(describe),
        error: verdict.reason().map(str::to_owned),
        status: reply.as_ref().map(|reply| reply.status.as_u16()),
        ..Details::default()
    };
    let (moment, result) = match reply {
        Some(reply) if verdict == Verdict::Delivered => (Moment::InvocationSucceeded, Ok(reply)),
        _ if timed_out => (Moment::InvocationTimedOut, Err(verdict)),
        _ => (Moment::InvocationFailed, Err(verdict)),
    };
    journal.tell(Step::Of(stage, moment), || details);
    result
}

/// Status and body.
pub fn describe(reply: &Reply) -> String {
    format!(
        "{}\n\n{}",
        reply.status,
        String::from_utf8_lossy(&reply.body)
    )
}
