//! The integration request: what API Gateway would send to a method's backend, and how it is sent.
//!
//! Pure: the server obeys the [`Plan`]. One file for each thing that a call is made of, and one for
//! each type of integration that is more than a call. See
//! `docs/aws/api-gateway.md#integration-request` and
//! `docs/aws/api-gateway.md#sqs-behind-an-aws-integration`.

mod body;
mod changes;
mod fill;
mod form;
mod function;
mod headers;
mod http_call;
mod http_headers;
mod http_url;
mod message;
mod mock;
mod parameters;
mod recognize;
mod service_names;
mod service_proxy;
mod signing;
mod url;

pub(crate) use fill::stage_variables;
pub use http_call::HttpWay;
pub(crate) use message::{Attribute, AttributeValue, Protocol, SendMessage};
pub use signing::Signing;

use bytes::Bytes;
use http::Method;
use kit::call::{Call, Reply};
use kit::service::Identity;

use crate::api::Backend;
use crate::exchange::Exchange;
use crate::execution_log;
use crate::gateway_responses::Fault;
use parameters::MappedParameters;

/// The integration request of one exchange.
#[derive(Debug)]
pub enum IntegrationRequest<'a> {
    /// A call to this service of AWS, byte for byte as API Gateway would make it.
    Call(Call, Signing<'a>),
    /// A call to an HTTP endpoint, and the way that it takes.
    Http(Call, HttpWay),
    /// MOCK calls nothing: this is the reply.
    Mock(Reply),
}

/// How an integration request is sent.
#[derive(Debug)]
pub(crate) enum Plan<'a> {
    /// Nothing is sent: this is the reply.
    Reply(Reply),
    /// A SendMessage as this identity, which can share a request to SQS with others.
    Message(SendMessage, Identity),
    /// Anything else: signed for this service and sent by itself.
    Call(Call, Signing<'a>),
    /// A call to an HTTP endpoint, which is not signed.
    Http(Call, HttpWay),
}

/// Builds the integration request of an exchange.
///
/// # Errors
/// The fault to answer with instead.
pub fn build<'a>(exchange: &mut Exchange<'a>) -> Result<IntegrationRequest<'a>, Fault> {
    let integration = &exchange.route.method.integration;
    if let Backend::LambdaProxy(uri) = &integration.backend {
        let call = function::call(exchange, integration, uri)?;
        return Ok(IntegrationRequest::Call(call, Signing::of(exchange, uri)?));
    }
    if let Backend::Absent(service) = &integration.backend {
        return Err(exchange.absent(service));
    }
    if let Backend::Subtype(uri) = &integration.backend {
        let call = service_proxy::call(exchange, integration, uri)?;
        return Ok(IntegrationRequest::Call(call, Signing::of(exchange, uri)?));
    }
    if let Backend::Http(endpoint) = &integration.backend {
        let (call, way) = http_call::build(exchange, integration, endpoint)?;
        return Ok(IntegrationRequest::Http(call, way));
    }
    let mut parameters = MappedParameters::of(exchange, integration)?;
    let body = body::body(exchange, integration)?;
    parameters.override_by(exchange.request_override());
    match &integration.backend {
        Backend::LambdaProxy(_)
        | Backend::Subtype(_)
        | Backend::Http(_)
        | Backend::Absent(_)
        | Backend::Unsupported => Err(exchange.misconfigured("the integration is not supported")),
        Backend::Mock => mock::reply(exchange, &body).map(IntegrationRequest::Mock),
        Backend::Aws(uri) => {
            let request = exchange.request;
            let body = body.into_bytes();
            let url = url::url(exchange, uri, &parameters)?;
            let method = uri.method.clone().unwrap_or_else(|| request.method.clone());
            let headers = headers::headers(exchange, uri, &parameters)?;
            let has_body = method != Method::GET && method != Method::HEAD;
            let call = Call {
                method,
                url,
                headers,
                body: if has_body { body } else { Bytes::new() },
            };
            Ok(IntegrationRequest::Call(call, Signing::of(exchange, uri)?))
        }
    }
}

/// Builds the integration request of an exchange, and adds it to the execution log.
///
/// # Errors
/// See [`build`].
pub(crate) fn recorded<'a>(exchange: &mut Exchange<'a>) -> Result<IntegrationRequest<'a>, Fault> {
    let built = build(exchange)?;
    if let IntegrationRequest::Call(call, _) | IntegrationRequest::Http(call, _) = &built {
        execution_log::sent(&mut exchange.recording, call);
    }
    Ok(built)
}

/// Decides how the integration request of an exchange is sent.
///
/// # Errors
/// See [`build`].
pub(crate) fn plan<'a>(exchange: &mut Exchange<'a>) -> Result<Plan<'a>, Fault> {
    recorded(exchange).map(Plan::of)
}

impl<'a> Plan<'a> {
    /// How an integration request is sent.
    pub(crate) fn of(request: IntegrationRequest<'a>) -> Plan<'a> {
        match request {
            IntegrationRequest::Mock(reply) => Plan::Reply(reply),
            IntegrationRequest::Http(call, way) => Plan::Http(call, way),
            IntegrationRequest::Call(call, signing) => match SendMessage::recognize(&call) {
                Some(message) => Plan::Message(message, signing.identity),
                None => Plan::Call(call, signing),
            },
        }
    }
}
