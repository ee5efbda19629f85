//! Lambda authorizers: the call that asks one, and what its answer means.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use kit::call::Call;
use url::Url;

use super::answer::Grant;
use super::facts::{Caller, Facts, INVOKE};
use super::method_arn::Owner;
use super::policy::{Verdict, evaluate};
use super::results::ResultKey;
use super::{event, identity, resource_policy};
use crate::api::{ApiProtocol, Authorizer, AuthorizerEvent, LambdaAuthorizer, Operation};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// What is asked of a Lambda authorizer about a request.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// The authorizer's name, for messages.
    pub name: &'a str,
    pub authorizer: &'a LambdaAuthorizer,
    /// For what its answer is kept; `None` when it is not.
    pub key: Option<ResultKey>,
    /// The call of the function.
    pub call: Call,
}

/// The question about a request.
///
/// # Errors
/// The request lacks what identifies its caller: the function is not asked.
pub(super) fn question<'a>(
    exchange: &Exchange<'a>,
    authorizer: &'a Authorizer,
    lambda: &'a LambdaAuthorizer,
    owner: &Owner,
) -> Result<Question<'a>, Fault> {
    let values = identity::values(exchange, &lambda.identity);
    let is_kept = !lambda.ttl.is_zero() && !lambda.identity.is_empty();
    // HTTP APIs always want what they name.
    let needs_all = is_kept || exchange.route.api.protocol == ApiProtocol::Http;
    let arn = owner.method_arn(exchange.route, &exchange.request.method);
    let event = match &lambda.event {
        AuthorizerEvent::Token(pattern) => {
            let token = values.as_ref().and_then(|values| values.first());
            let token = token.ok_or(Fault::Unauthorized)?;
            if !pattern
                .as_ref()
                .is_none_or(|pattern| identity::matches(pattern, token))
            {
                return Err(Fault::Unauthorized);
            }
            event::of_token(&arn, token)
        }
        _ if needs_all && values.is_none() => return Err(Fault::Unauthorized),
        AuthorizerEvent::Request => event::of_request(&arn, exchange),
        AuthorizerEvent::HttpRequest(format) => {
            let values = values.as_deref().unwrap_or_default();
            event::of_http_request(*format, &arn, values, exchange)
        }
    };
    let of = [
        &exchange.route.api.id,
        &exchange.route.stage.name,
        &authorizer.name,
    ];
    Ok(Question {
        name: &authorizer.name,
        authorizer: lambda,
        key: values.filter(|_| is_kept).map(|identity| ResultKey {
            authorizer: of.map(Clone::clone),
            identity,
        }),
        call: call(exchange, lambda, event.to_string())?,
    })
}

/// `Invoke` of the Lambda API, with the event as its payload.
fn call(exchange: &Exchange<'_>, lambda: &LambdaAuthorizer, event: String) -> Result<Call, Fault> {
    let uri = &lambda.uri;
    let suffix = if uri.region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let Operation::Path(path) = &uri.operation else {
        return Err(exchange.misconfigured("the authorizer's URI names no function"));
    };
    let path = with_stage_variables(path, exchange);
    let url = format!("https://lambda.{}.{suffix}{path}", uri.region);
    let url = Url::parse(&url)
        .map_err(|_| exchange.misconfigured("the authorizer's URI is not a valid URL"))?;
    Ok(Call {
        method: http::Method::POST,
        url,
        headers: HeaderMap::from_iter([(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )]),
        body: Bytes::from(event),
    })
}

/// `${stageVariables.name}` replaced; a name that has no value becomes empty text.
fn with_stage_variables(text: &str, exchange: &Exchange<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        out += before;
        let value = exchange.route.stage.variables.get(name);
        out += value.map_or("", String::as_str);
        rest = tail;
    }
    out + rest
}

/// Decides by what the authorizer granted, together with the API's resource policy: either may
/// allow the request, and either may deny it. What the function added is put into `$context`.
///
/// # Errors
/// The request is not allowed.
pub(crate) fn conclude(
    exchange: &mut Exchange<'_>,
    owner: &Owner,
    grant: &Grant,
) -> Result<(), Fault> {
    let facts = Facts {
        action: INVOKE,
        resource: owner.method_arn(exchange.route, &exchange.request.method),
        caller: &Caller::Anonymous,
        region: &owner.region,
        request: exchange.request,
        endpoint: exchange.request.endpoint_of(exchange.route.api),
    };
    let verdict = evaluate(&grant.policy, &facts);
    let resource_verdict = resource_policy::verdict(exchange.route, &facts);
    let tail = match (verdict, resource_verdict) {
        (Verdict::Denied, _) | (_, Some(Verdict::Denied)) => Some(" with an explicit deny"),
        (Verdict::Silent, None | Some(Verdict::Silent)) => Some(""),
        _ => None,
    };
    let granted = grant.context.clone();
    let context = exchange.context_mut();
    context.insert("authorizer", granted.into());
    exchange.usage_key.clone_from(&grant.usage_key);
    match tail {
        Some(tail) => Err(Fault::AccessDenied(format!(
            "User is not authorized to access this resource{tail}"
        ))),
        None => Ok(()),
    }
}
