//! Door: takes one event to its target and brings back the verdict.
//!
//! Shapes the body, plans the call, sends it, judges the reply; each of these is decided elsewhere.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use kit::call::{Call, Reply};
use kit::send::{SendError, Sender};
use kit::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::authorizer::Authorizer;
use crate::definition::Pipe;
use crate::event::Event;
use crate::flow::Work;
use crate::retry::{Verdict, judge};
use crate::target;

/// How much of an answer is read, as the `Range` header announces.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Delivers the events of one pipe.
#[derive(Debug)]
pub struct Courier {
    /// Whose events.
    pub pipe: Arc<Pipe>,
    /// The way out.
    pub sender: Sender,
    /// The connection's token, where it has one.
    pub authorizer: Arc<Authorizer>,
    /// How long the target may take for an answer.
    pub deadline: Duration,
}

impl Courier {
    /// Delivers one event.
    pub async fn deliver(self: Arc<Courier>, work: Work) -> (Work, Verdict) {
        let token = match self.authorizer.token().await {
            Ok(token) => token,
            Err(reason) => return (work, Verdict::Down { reason, suspect: false, retry_after: None }),
        };
        let verdict = match self.shape(&work.event, token.clone()) {
            Err(reason) => Verdict::Rejected { reason },
            Ok(call) => {
                let outcome = self.send(call).await;
                match token.filter(|_| refuses_token(&outcome)) {
                    Some(refused) => return self.deliver_with_new_token(work, &refused).await,
                    None => judge(&outcome, Timestamp::now()),
                }
            }
        };
        (work, verdict)
    }

    /// A token that was revoked is replaced at once; the new one gets one chance.
    async fn deliver_with_new_token(&self, work: Work, refused: &HeaderValue) -> (Work, Verdict) {
        self.authorizer.forget(refused).await;
        let token = match self.authorizer.token().await {
            Ok(token) => token,
            Err(reason) => return (work, Verdict::Down { reason, suspect: false, retry_after: None }),
        };
        let verdict = match self.shape(&work.event, token) {
            Ok(call) => judge(&self.send(call).await, Timestamp::now()),
            Err(reason) => Verdict::Rejected { reason },
        };
        (work, verdict)
    }

    /// The call for an event; an error is the customer's, in AWS's terms, and says why.
    fn shape(&self, event: &Event, token: Option<HeaderValue>) -> Result<Call, String> {
        let pipe = &self.pipe;
        let body = match &pipe.input {
            Some(input) => input.render(event, &pipe.names, &ingestion_time()).map_err(|error| error.to_string())?,
            None => event.value().to_string(),
        };
        let target = &pipe.target;
        target::plan(&target.destination, &target.parameters, event, body, token).map_err(|error| error.to_string())
    }

    async fn send(&self, call: Call) -> Result<Reply, SendError> {
        self.sender.send(call, self.deadline, LONGEST_ANSWER).await
    }
}

fn refuses_token(outcome: &Result<Reply, SendError>) -> bool {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::PROXY_AUTHENTICATION_REQUIRED];
    outcome.as_ref().is_ok_and(|reply| refusals.contains(&reply.status))
}

/// Now, in ISO 8601 with seconds, as the events of EventBridge have it.
fn ingestion_time() -> String {
    let seconds = i64::try_from(Timestamp::now().as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).expect("years of four digits can be written")
}

#[cfg(test)]
mod tests;
