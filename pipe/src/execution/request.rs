//! A request to an AWS service on behalf of several messages: sent, and told to the journal with
//! what came of it.

use kit::call::Reply;

use super::aws::{Caller, NoAnswer};
use super::line::{begin, describe};
use crate::execution_log::{Details, Journal, Moment, Stage, Step};
use crate::targets::{Refusal, ServiceRequest};

/// What a request came to.
pub struct Exchanged {
    /// The answer, or why there is none.
    pub answer: Result<Reply, NoAnswer>,
    request: Option<String>,
    response: Option<String>,
    service: &'static str,
}

/// Sends a request.
pub async fn exchange(
    caller: &Caller,
    request: ServiceRequest,
    stage: Stage,
    journal: &Journal<'_>,
) -> Exchanged {
    let (service, shown) = (
        request.service,
        begin(stage, journal, || request.describe()),
    );
    let answer = caller.send(request, stage.who()).await;
    let response = answer
        .as_ref()
        .ok()
        .filter(|_| journal.wants_data())
        .map(describe);
    Exchanged {
        answer,
        request: shown,
        response,
        service,
    }
}

impl Exchanged {
    /// Tells what became of the messages, or of the request as one.
    pub fn tell<T>(self, stage: Stage, results: &[Result<T, Refusal>], journal: &Journal<'_>) {
        let failed = results.iter().filter(|result| result.is_err()).count();
        let timed_out = matches!(
            &self.answer,
            Err(NoAnswer {
                timed_out: true,
                ..
            })
        );
        let moment = match failed {
            0 => Moment::InvocationSucceeded,
            _ if timed_out => Moment::InvocationTimedOut,
            failed if failed < results.len() => Moment::InvocationPartiallyFailed,
            _ => Moment::InvocationFailed,
        };
        let refusal = results.iter().find_map(|result| result.as_ref().err());
        let reply = self.answer.as_ref().ok();
        journal.tell(Step::Of(stage, moment), || Details {
            request: self.request,
            response: self.response,
            error: refusal.map(|refusal| refusal.reason.clone()),
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
