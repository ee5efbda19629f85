//! The integration request: what API Gateway would send to a method's backend, and how it is sent.
//!
//! Pure: the server obeys the [`Plan`]. One file for each thing that a call is made of, and one for
//! each type of integration that is more than a call. See
//! `docs/aws/api-gateway.md#integration-request` and
//! `docs/aws/api-gateway.md#sqs-behind-an-aws-integration`.

mod body;
mod function;
mod headers;
mod message;
mod mock;
mod parameters;
mod recognize;
mod url;

pub(crate) use message::{Attribute, AttributeValue, Protocol, SendMessage};

use bytes::Bytes;
use http::Method;
use kit::call::{Call, Reply};

use crate::api::{Backend, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use parameters::MappedParameters;

/// The integration request of one exchange.
#[derive(Debug)]
pub enum IntegrationRequest<'a> {
    /// A call to this service of AWS, byte for byte as API Gateway would make it.
    Call(Call, &'a ServiceUri),
    /// MOCK calls nothing: this is the reply.
    Mock(Reply),
}

/// How an integration request is sent.
#[derive(Debug)]
pub(crate) enum Plan<'a> {
    /// Nothing is sent: this is the reply.
    Reply(Reply),
    /// A SendMessage, which can share a request to SQS with others.
    Message(SendMessage),
    /// Anything else: signed for this service and sent by itself.
    Call(Call, &'a ServiceUri),
}

/// Builds the integration request of an exchange.
///
/// # Errors
/// The fault to answer with instead.
pub fn build<'a>(exchange: &mut Exchange<'a>) -> Result<IntegrationRequest<'a>, Fault> {
    let integration = &exchange.route.method.integration;
    if let Backend::LambdaProxy(uri) = &integration.backend {
        return Ok(IntegrationRequest::Call(
            function::call(exchange, integration, uri)?,
            uri,
        ));
    }
    let mut parameters = MappedParameters::of(exchange, integration)?;
    let body = body::body(exchange, integration)?;
    parameters.override_by(exchange.request_override());
    match &integration.backend {
        // HTTP endpoints are read already, and not called yet.
        Backend::LambdaProxy(_) | Backend::Http(_) | Backend::Unsupported => {
            Err(exchange.misconfigured("the integration is not supported"))
        }
        Backend::Mock => mock::reply(exchange, &body).map(IntegrationRequest::Mock),
        Backend::Aws(uri) => {
            let request = exchange.request;
            let body = body.into_bytes();
            let url = url::url(exchange, uri, &parameters)?;
            let method = uri.method.clone().unwrap_or_else(|| request.method.clone());
            let headers = headers::headers(exchange, &parameters)?;
            let has_body = method != Method::GET && method != Method::HEAD;
            let call = Call {
                method,
                url,
                headers,
                body: if has_body { body } else { Bytes::new() },
            };
            Ok(IntegrationRequest::Call(call, uri))
        }
    }
}

/// Decides how the integration request of an exchange is sent.
///
/// # Errors
/// See [`build`].
pub(crate) fn plan<'a>(exchange: &mut Exchange<'a>) -> Result<Plan<'a>, Fault> {
    Ok(match build(exchange)? {
        IntegrationRequest::Mock(reply) => Plan::Reply(reply),
        IntegrationRequest::Call(call, uri) => match SendMessage::recognize(&call) {
            Some(message) => Plan::Message(message),
            None => Plan::Call(call, uri),
        },
    })
}
