//! Door: invokes one API destination, with the credentials of its connection.
//!
//! What is sent is planned in `targets`, what comes back is judged in `flow::verdict`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use kit::call::Reply;
use kit::send::{SendError, Sender};
use kit::time::Timestamp;
use tokio::time::Instant;

use super::decompress::decompress;
use super::invocation::{InvocationRecords, InvocationResult, record_unplannable};
use super::token_cache::TokenCache;
use super::unfinished::UnfinishedReplies;
use crate::event::Event;
use crate::execution_log::{ExecutionLog, Stage};
use crate::flow::{Verdict, judge};
use crate::outbox::Outbox;
use crate::targets::{HttpTarget, PlannedCall, plan, webhook};

/// How much of a target's reply is read, as the `Range` header announces.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How much of an enrichment's reply is read (quota of the service).
const LONGEST_ENRICHMENT: usize = 6 * 1024 * 1024;

/// Invokes one API destination, as the target or as the enrichment of a pipe.
#[derive(Debug)]
pub(crate) struct ApiDestinationClient {
    /// The stage in which the destination is invoked.
    pub(crate) stage: Stage,
    /// The API destination, and the parameters that the pipe adds.
    pub(crate) invocation: Arc<HttpTarget>,
    /// The connection's token, where the connection has one.
    pub(crate) tokens: Arc<TokenCache>,
    /// Sends HTTP requests.
    pub(crate) sender: Sender,
    /// How long a reply may take, the token included.
    pub(crate) deadline: Duration,
    /// What signs requests, if anything does.
    pub(crate) webhook_keys: Option<Arc<webhook::WebhookKeys>>,
    /// Keeps calls that are not to be made, if any are.
    pub(crate) outbox: Option<Arc<Outbox>>,
    /// Reports replies that do not end.
    pub(crate) unfinished: UnfinishedReplies,
}

/// Which part of a reply is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplyPart {
    /// Status and headers: the body is read and dropped.
    Status,
    /// The body, too.
    Body,
}

impl ApiDestinationClient {
    /// One invocation with the `body` that was made of `event`; `id` is the message's. Returns the
    /// reply when it is one of success.
    pub(super) async fn invoke(
        &self,
        event: &Event,
        id: &str,
        body: String,
        log: &ExecutionLog<'_>,
    ) -> Result<Reply, Verdict> {
        let draft = plan(&self.invocation, event, id, body)
            .map_err(|error| record_unplannable(self.stage, &error, log))?;
        let records = InvocationRecords::begin(self.stage, log, || draft.describe());
        let part = if self.stage == Stage::Enrichment || log.includes_data() {
            ReplyPart::Body
        } else {
            ReplyPart::Status
        };
        let result = match self.kept(&draft, id) {
            Some(reply) => self.judge(Ok(reply)),
            None => self.send(draft, part).await,
        };
        records.end(result.with_head(event, || self.invocation.destination.connection.secrets()))
    }

    /// The reply to a call that is kept instead of being made: one of success, which repeats an
    /// enrichment's request, so that its event goes on as it is.
    fn kept(&self, draft: &PlannedCall, id: &str) -> Option<Reply> {
        let outbox = self.outbox.as_ref()?;
        let call = draft.call();
        if !outbox.holds(&call.url) {
            return None;
        }
        let name = &self.invocation.destination.name;
        outbox.keep(name, &call.url, id, &draft.describe(), Timestamp::wall());
        let body = match self.stage {
            Stage::Enrichment => call.body.clone(),
            Stage::Target => Bytes::new(),
        };
        Some(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
            complete: true,
        })
    }

    /// Sends one request. The deadline is for all of it, for a token as well. A token that was
    /// revoked is replaced at once; the new one gets one chance.
    async fn send(&self, draft: PlannedCall, part: ReplyPart) -> InvocationResult {
        let until = Instant::now() + self.deadline;
        let token = match self.token(until).await {
            Ok(token) => token,
            Err(result) => return result,
        };
        let again = token.as_ref().map(|_| draft.clone());
        let replied = match self.exchange(draft, token.clone(), part, until).await {
            Ok(replied) => replied,
            Err(unsendable) => return unsendable,
        };
        match (token, again) {
            (Some(refused), Some(draft)) if refuses_token(&replied) => {
                // Rare, and nearly as large as all the rest.
                Box::pin(self.send_with_new_token(draft, &refused, part, until)).await
            }
            _ => self.judge(replied),
        }
    }

    async fn send_with_new_token(
        &self,
        draft: PlannedCall,
        refused: &HeaderValue,
        part: ReplyPart,
        until: Instant,
    ) -> InvocationResult {
        self.tokens.forget(refused);
        match self.token(until).await {
            Ok(token) => {
                let replied = self.exchange(draft, token, part, until).await;
                replied.map_or_else(|unsendable| unsendable, |replied| self.judge(replied))
            }
            Err(result) => result,
        }
    }

    /// The connection's token. Without one nothing is sent, which is no fault of the message.
    async fn token(&self, until: Instant) -> Result<Option<HeaderValue>, InvocationResult> {
        match tokio::time::timeout_at(until, self.tokens.token()).await {
            Ok(token) => token
                .map_err(|reason| InvocationResult::without_reply(Verdict::unreachable(reason))),
            Err(_) => {
                let name = &self.invocation.destination.connection.name;
                let verdict = Verdict::unreachable(format!(
                    "connection {name}: no token within {:?}",
                    self.deadline
                ));
                Err(InvocationResult {
                    timed_out: true,
                    ..InvocationResult::without_reply(verdict)
                })
            }
        }
    }

    /// Sends a request and waits for the reply. An error means that no request could be made.
    async fn exchange(
        &self,
        draft: PlannedCall,
        token: Option<HeaderValue>,
        part: ReplyPart,
        until: Instant,
    ) -> Result<Result<Reply, SendError>, InvocationResult> {
        let (draft, limit) = match self.stage {
            Stage::Enrichment => (draft.uncompressed(), LONGEST_ENRICHMENT),
            Stage::Target => (draft, LONGEST_ANSWER),
        };
        let destination = &self.invocation.destination;
        let call = draft.authorize(&destination.connection, token);
        let mut call = call.map_err(|error| {
            InvocationResult::without_reply(Verdict::Unsendable {
                reason: error.to_string().into(),
            })
        })?;
        if let Some(keys) = &self.webhook_keys {
            keys.sign(&mut call, Timestamp::wall());
        }
        let left = until.duration_since(Instant::now());
        let replied = match part {
            ReplyPart::Status => self.sender.send_for_status(call, left, limit).await,
            ReplyPart::Body => self.sender.send(call, left, limit).await,
        };
        // What a token took belongs to the time that the log names.
        let replied = replied.map_err(|error| error.with_deadline(self.deadline));
        self.unfinished
            .observe(&destination.name, &replied, limit, Timestamp::now());
        Ok(replied.map(|reply| match part {
            ReplyPart::Status => reply,
            ReplyPart::Body => readable(reply),
        }))
    }

    fn judge(&self, replied: Result<Reply, SendError>) -> InvocationResult {
        let verdict = judge(&replied, self.stage.who(), Timestamp::wall());
        InvocationResult {
            verdict,
            timed_out: replied.as_ref().is_err_and(SendError::is_timeout),
            reply: replied.ok(),
        }
    }
}

/// A reply with its body decompressed, for the log. An enrichment is asked for an uncompressed
/// body, so nothing else reads what comes of this.
fn readable(reply: Reply) -> Reply {
    match decompress(&reply.headers, &reply.body) {
        Some(body) => Reply { body, ..reply },
        None => reply,
    }
}

fn refuses_token(replied: &Result<Reply, SendError>) -> bool {
    let refusals = [
        StatusCode::UNAUTHORIZED,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    ];
    replied
        .as_ref()
        .is_ok_and(|reply| refusals.contains(&reply.status))
}

#[cfg(test)]
mod tests;
