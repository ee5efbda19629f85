//! Door: asks Lambda authorizers, and issuers for the keys of tokens, where access needs it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use kit::call::Reply;
use kit::send::SendError;
use kit::service::{Identity, ServiceError, Services};
use kit::time::Timestamp;

use super::issuer_keys::IssuerKeys;
use crate::access_log::LogFields;
use crate::api::{Access, ApiProtocol};
use crate::authorization::{
    self, Credentials, Known, NoGrant, Owner, Presented, Question, Results, Step, conclude_answer,
    conclude_token, token_fault,
};
use crate::config::AccessArgs;
use crate::exchange::Exchange;
use crate::gateway_responses::{Fault, TokenRefusal};
use crate::trouble::Trouble;

/// Decides which requests may go on to their method.
#[derive(Debug)]
pub(super) struct AccessControl {
    known: ArcSwap<Known>,
    /// `--iam-credentials`
    given: Vec<Credentials>,
    /// `--iam-callers`
    callers: Option<PathBuf>,
    results: Results,
    services: Services,
    keys: IssuerKeys,
    /// The longest wait for a Lambda authorizer.
    timeout: Duration,
}

impl AccessControl {
    /// Access to the APIs of `owner` by the settings. Lambda authorizers are called through
    /// `services`.
    pub(super) fn new(
        owner: Owner,
        services: Services,
        keys: IssuerKeys,
        args: &AccessArgs,
    ) -> AccessControl {
        AccessControl {
            known: ArcSwap::from_pointee(Known {
                owner,
                credentials: args.iam_credentials.clone(),
            }),
            given: args.iam_credentials.clone(),
            callers: args.iam_callers.clone(),
            results: Results::default(),
            services,
            keys,
            timeout: args.authorizer_timeout(),
        }
    }

    /// Forgets what authorizers answered, for a definition that may have others, and reads the
    /// callers again.
    pub(super) fn reload(&self) {
        self.results.clear();
        if let Err(error) = self.read_callers() {
            tracing::error!("callers of AWS_IAM methods stay as they were: {error:#}");
        }
    }

    /// Lets in the callers of the file, too.
    ///
    /// # Errors
    /// It cannot be read; then everything stays as it was.
    pub(super) fn read_callers(&self) -> anyhow::Result<()> {
        let Some(file) = &self.callers else {
            return Ok(());
        };
        let callers = authorization::read_callers(file)?;
        self.known.rcu(|known| Known {
            owner: known.owner.clone(),
            credentials: self.given.iter().chain(&callers).cloned().collect(),
        });
        Ok(())
    }

    /// Lets a request go on, or gives the fault to answer with.
    pub(super) async fn check(&self, exchange: &mut Exchange<'_>) -> Result<(), Fault> {
        let names = |issuer: &_| self.keys.names(issuer);
        let step = authorization::begin(exchange, &self.known.load(), names);
        match &exchange.route.method.access {
            Access::Iam => noted(exchange, AUTHENTICATE, &step),
            Access::Authorizer { .. } if step.is_err() => noted(exchange, AUTHORIZER, &step),
            _ => {}
        }
        // On the heap: these are large, and the future of every request would have room for them.
        let checked = match step? {
            Step::Admitted => return Ok(()),
            Step::Ask(question) => Box::pin(self.ask(exchange, *question)).await,
            Step::Verify(presented) => Box::pin(self.verify(exchange, presented)).await,
        };
        noted(exchange, AUTHORIZER, &checked);
        checked
    }

    async fn verify(
        &self,
        exchange: &mut Exchange<'_>,
        presented: Presented<'_>,
    ) -> Result<(), Fault> {
        let id = presented.key_id.as_deref();
        let now = exchange.request.received;
        let keys = self.keys.of(presented.issuer, id, now).await;
        let keys = keys.map_err(|reason| {
            let request = exchange.request_id();
            let reason = format!("the keys of {}: {reason}", presented.issuer.url());
            Trouble::AuthorizerFailed.report(request, reason);
            match exchange.route.api.protocol {
                ApiProtocol::Rest => Fault::AuthorizerMisconfigured,
                ApiProtocol::Http => token_fault(exchange, TokenRefusal::NoKeys),
            }
        })?;
        conclude_token(exchange, &presented, keys.find(id))?;
        authorization::admit_bearer(exchange, &self.known.load().owner)
    }

    async fn ask(&self, exchange: &mut Exchange<'_>, question: Question<'_>) -> Result<(), Fault> {
        let now = exchange.request.received;
        let known = self.known.load_full();
        let owner = &known.owner;
        let kept = question.key.as_ref();
        if let Some(grant) = kept.and_then(|key| self.results.get(key, now)) {
            return conclude_answer(exchange, owner, &grant);
        }
        let (name, ttl) = (question.name, question.authorizer.ttl);
        let form = question.authorizer.answer;
        let request_id = exchange.request_id();
        let key = question.key.clone();
        let begun = Instant::now();
        let reply = self.invoke(question).await;
        note_call(&mut exchange.log, begun.elapsed(), &reply);
        let grant = reply.and_then(|reply| authorization::read_answer(&reply, form));
        let grant = grant.map_err(|reason| refused(name, reason, request_id))?;
        let grant = Arc::new(grant);
        if let Some(key) = key {
            self.results
                .keep(key, grant.clone(), Timestamp::wall(), ttl);
        }
        conclude_answer(exchange, owner, &grant)
    }

    async fn invoke(&self, question: Question<'_>) -> Result<Reply, NoGrant> {
        let authorizer = question.authorizer;
        let identity = match &authorizer.role {
            Some(role) => Identity::Role(role.clone()),
            None => Identity::Environment,
        };
        let (call, region) = (question.call, &authorizer.uri.region);
        let sent = self
            .services
            .send_as(&identity, call, "lambda", region, self.timeout)
            .await;
        sent.map_err(|error| match error {
            ServiceError::Send(SendError::Timeout(_) | SendError::Unfinished { .. }) => {
                NoGrant::Unavailable(error.to_string())
            }
            error => NoGrant::Broken(error.to_string()),
        })
    }
}

/// The variables of the access log about one step of access: its status, and its error.
type StepNames = [&'static str; 2];

const AUTHENTICATE: StepNames = ["authenticate.status", "authenticate.error"];
const AUTHORIZER: StepNames = ["authorizer.status", "authorizer.error"];
const AUTHORIZE: StepNames = ["authorize.status", "authorize.error"];

/// Adds to the access log what a step of access decided. What a caller may do is decided last, so
/// that a refusal for lack of a permission is one of `authorize`.
fn noted<T>(exchange: &mut Exchange<'_>, names: StepNames, decided: &Result<T, Fault>) {
    let log = &mut exchange.log;
    let refusal = decided.as_ref().err();
    let is_permission = matches!(refusal, Some(Fault::AccessDenied(_)));
    let steps = match refusal {
        Some(_) if !is_permission => [Some((names, refusal)), None],
        _ => [Some((names, None)), Some((AUTHORIZE, refusal))],
    };
    for ([status, error], refusal) in steps.into_iter().flatten() {
        let code = refusal.map_or(200, |fault| fault.status().as_u16());
        log.set(status, code.to_string());
        if let Some(fault) = refusal {
            log.set(error, fault.message());
        }
    }
}

/// Adds to the access log how a Lambda authorizer was called.
fn note_call(log: &mut LogFields, took: Duration, reply: &Result<Reply, NoGrant>) {
    let ms = took.as_millis().to_string();
    log.set("authorizer.latency", ms.clone());
    log.set("authorizer.integrationLatency", ms);
    if let Ok(reply) = reply {
        log.set("authorizer.integrationStatus", reply.status.as_str());
        let id = reply.headers.get("x-amzn-requestid");
        if let Some(id) = id.and_then(|id| id.to_str().ok()) {
            log.set("authorizer.requestId", id);
        }
    }
}

/// The fault for an authorizer that granted nothing, which is reported unless it said so itself.
fn refused(name: &str, reason: NoGrant, request_id: &str) -> Fault {
    let (fault, reason) = match reason {
        NoGrant::Unauthorized => return Fault::Unauthorized,
        NoGrant::Unavailable(reason) => (Fault::AuthorizerFailed, reason),
        NoGrant::Broken(reason) => (Fault::AuthorizerMisconfigured, reason),
    };
    let reason = format!("the Lambda authorizer {name}, the client gets 500: {reason}");
    Trouble::AuthorizerFailed.report(request_id, reason);
    fault
}
