//! Door: sends the calls of a pipe to one API destination, with the connection's credentials.
//!
//! What is sent is planned in `target`, what comes back is judged in `retry`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use kit::call::Reply;
use kit::send::{SendError, Sender};
use kit::time::Timestamp;

use crate::authorizer::Authorizer;
use crate::journal::Stage;
use crate::retry::{Verdict, judge};
use crate::target::{Draft, Invocation};
use crate::webhook;

/// How much of a target's answer is read, as the `Range` header announces.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How much of an enrichment's answer is read (quota of the service).
const LONGEST_ENRICHMENT: usize = 6 * 1024 * 1024;

/// Sends calls over one connection.
#[derive(Debug)]
pub struct Invoker {
    /// Whether answers matter beyond their status.
    pub stage: Stage,
    /// What is called.
    pub invocation: Arc<Invocation>,
    /// The connection's token, where it has one.
    pub authorizer: Arc<Authorizer>,
    /// The way out.
    pub sender: Sender,
    /// How long an answer may take.
    pub deadline: Duration,
    /// What signs its calls, if anything does.
    pub webhook_keys: Option<Arc<webhook::Keys>>,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    /// What it means for the message.
    pub verdict: Verdict,
    /// The answer, if there was one.
    pub reply: Option<Reply>,
    /// Whether there was none in time.
    pub timed_out: bool,
}

impl Invoker {
    /// Sends one call. A token that was revoked is replaced at once; the new one gets one chance.
    pub async fn send(&self, draft: Draft) -> Answer {
        let token = match self.authorizer.token().await {
            Ok(token) => token,
            Err(reason) => return Answer::without_reply(Verdict::down(reason)),
        };
        let again = token.as_ref().map(|_| draft.clone());
        let outcome = match self.exchange(draft, token.clone()).await {
            Ok(outcome) => outcome,
            Err(refused) => return refused,
        };
        match (token, again) {
            (Some(refused), Some(draft)) if refuses_token(&outcome) => self.send_with_new_token(draft, &refused).await,
            _ => self.judge(outcome),
        }
    }

    async fn send_with_new_token(&self, draft: Draft, refused: &HeaderValue) -> Answer {
        self.authorizer.forget(refused).await;
        match self.authorizer.token().await {
            Ok(token) => {
                self.exchange(draft, token).await.map_or_else(|refused| refused, |outcome| self.judge(outcome))
            }
            Err(reason) => Answer::without_reply(Verdict::down(reason)),
        }
    }

    /// An error is the call that cannot be made.
    async fn exchange(&self, draft: Draft, token: Option<HeaderValue>) -> Result<Result<Reply, SendError>, Answer> {
        let (draft, limit) = match self.stage {
            Stage::Enrichment => (draft.uncompressed(), LONGEST_ENRICHMENT),
            Stage::Target => (draft, LONGEST_ANSWER),
        };
        let call = draft.authorize(&self.invocation.destination.connection, token);
        let mut call = call.map_err(|error| Answer::without_reply(Verdict::Rejected { reason: error.to_string() }))?;
        if let Some(keys) = &self.webhook_keys {
            keys.sign(&mut call, Timestamp::now());
        }
        Ok(self.sender.send(call, self.deadline, limit).await)
    }

    fn judge(&self, outcome: Result<Reply, SendError>) -> Answer {
        let who = match self.stage {
            Stage::Enrichment => "the enrichment",
            Stage::Target => "the target",
        };
        let verdict = judge(&outcome, who, Timestamp::now());
        Answer { verdict, timed_out: matches!(outcome, Err(SendError::Timeout(_))), reply: outcome.ok() }
    }
}

impl Answer {
    fn without_reply(verdict: Verdict) -> Answer {
        Answer { verdict, reply: None, timed_out: false }
    }
}

fn refuses_token(outcome: &Result<Reply, SendError>) -> bool {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::PROXY_AUTHENTICATION_REQUIRED];
    outcome.as_ref().is_ok_and(|reply| refusals.contains(&reply.status))
}
