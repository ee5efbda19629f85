//! Access: who may call a method of an API, before anything else is asked of a request.
//!
//! Pure: the server obeys the [`Step`]. What cannot be guarded as it is declared is answered with
//! 500, never served. See `docs/aws/api-gateway.md#access`.

mod answer;
mod caller_policies;
mod callers;
mod credentials;
mod event;
mod facts;
mod identity;
mod key_source;
mod keys;
mod lambda;
mod method_arn;
pub(crate) mod policy;
mod resource_policy;
mod results;
mod signature;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use answer::{NoGrant, read as read_answer};
pub(crate) use callers::read as read_callers;
pub use credentials::{Credentials, NotCredentials};
pub(crate) use key_source::KeyPlace;
pub use key_source::KeySource;
pub(crate) use keys::{KeySet, KnownKeys};
pub(crate) use lambda::{Question, conclude as conclude_answer};
pub(crate) use method_arn::Owner;
pub(crate) use results::Results;
pub(crate) use token::{Presented, conclude as conclude_token, fault as token_fault};

use crate::api::{Access, AuthorizerKind, EndpointType, Issuer};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use facts::Caller;
use resource_policy::Beside;
use signature::Signer;

/// What must be asked before a request may go on to its method.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// Nothing: it may go on.
    Admitted,
    /// A Lambda authorizer. [`conclude_answer`] decides by what it answers.
    Ask(Box<Question<'a>>),
    /// The issuer of a token, for the key that verifies it. [`conclude_token`] does.
    Verify(Presented<'a>),
}

/// What access is decided by, beside the definition.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub owner: Owner,
    /// The credentials that `AWS_IAM` methods accept.
    pub credentials: Vec<Credentials>,
}

/// Decides whether a request may go on to its method, as far as the request itself says.
/// `issuer_names` gives the names that an issuer goes by in tokens.
///
/// # Errors
/// The fault to answer with instead.
pub(crate) fn begin<'a>(
    exchange: &mut Exchange<'a>,
    known: &Known,
    issuer_names: impl Fn(&Issuer) -> Vec<String>,
) -> Result<Step<'a>, Fault> {
    let (route, owner) = (exchange.route, &known.owner);
    if route.api.is_closed || route.stage.is_closed {
        return Err(exchange.misconfigured("what guards the API is not supported"));
    }
    if !is_reachable(exchange) {
        return Err(Fault::Forbidden);
    }
    match &route.method.access {
        Access::Closed => Err(exchange.misconfigured("what guards the method is not supported")),
        Access::Open => {
            resource_policy::check(exchange, owner, &Caller::Anonymous, Beside::Nothing)?;
            Ok(Step::Admitted)
        }
        Access::Iam => {
            let signer = signature::verify(&known.credentials, exchange.request, owner)?;
            show(exchange, &signer);
            exchange.caller_credentials = Some(signer.credentials.to_sign_with());
            caller_policies::check(exchange, owner, &signer)?;
            Ok(Step::Admitted)
        }
        Access::Authorizer { authorizer, scopes } => match &authorizer.kind {
            AuthorizerKind::Lambda(lambda) => {
                resource_policy::check(exchange, owner, &Caller::Anonymous, Beside::Another)?;
                let question = lambda::question(exchange, authorizer, lambda, owner)?;
                Ok(Step::Ask(Box::new(question)))
            }
            AuthorizerKind::Token(token) => {
                let presented = token::presented(exchange, token, scopes, issuer_names);
                let presented = presented.map_err(|refusal| token::fault(exchange, refusal))?;
                Ok(Step::Verify(presented))
            }
        },
    }
}

/// Whether a request may reach its API at all: a private one needs a VPC endpoint, and a policy,
/// without which AWS does not deploy it.
fn is_reachable(exchange: &Exchange<'_>) -> bool {
    let api = exchange.route.api;
    let has_way = exchange.request.endpoint_of(api).is_some() && api.policy.is_some();
    has_way || api.endpoint_type != EndpointType::Private
}

/// What is left to decide about a caller whose token is valid: the resource policy must allow it.
///
/// # Errors
/// The policy does not allow the request.
pub(crate) fn admit_bearer(exchange: &Exchange<'_>, owner: &Owner) -> Result<(), Fault> {
    resource_policy::check(exchange, owner, &Caller::Anonymous, Beside::Nothing)
}

/// Puts who signed into `$context.identity`.
fn show(exchange: &mut Exchange<'_>, signer: &Signer<'_>) {
    let Caller::Principal {
        arn,
        account,
        user_id,
    } = &signer.caller
    else {
        return;
    };
    let fields = [
        ("accessKey", &signer.credentials.key),
        ("accountId", account),
        ("caller", user_id),
        ("user", user_id),
        ("userArn", arn),
    ];
    let context = exchange.context_mut();
    for (name, value) in fields {
        context.insert_into("identity", name, value.as_str().into());
    }
}
