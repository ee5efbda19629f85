//! What came of a request, station by station, as values that can be shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use kit::call::Reply;
use kit::service::Identity;
use serde::Serialize;

use crate::api::{Access, AuthorizerKind};
use crate::execution_log::{shown_header, shown_url};
use crate::gateway_responses::Fault;
use crate::integration_request::{AttributeValue, IntegrationRequest, SendMessage};
use crate::method_response::MethodResponse;
use crate::refusal::GatewayAnswer;
use crate::stage::Route;

/// What came of a request.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Where the request belongs; `None` when no API has its path.
    pub route: Option<RouteFound>,
    /// The integration request; `None` for MOCK, and when the request was refused before.
    pub call: Option<PlannedCall>,
    /// What the backend replied, or the MOCK.
    pub reply: Option<Shown>,
    /// Why API Gateway answers in the place of the backend.
    pub refusal: Option<Refusal>,
    /// What the client gets.
    pub response: Option<Shown>,
    /// The execution log.
    pub log: Vec<String>,
}

/// Where a request belongs, and what guards the method.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouteFound {
    /// The name of the API.
    pub api: String,
    /// Its id.
    pub api_id: String,
    /// The stage.
    pub stage: String,
    /// The path of the resource, with its variables in braces.
    pub resource: String,
    /// Path parameters.
    pub path_parameters: Vec<(String, String)>,
    /// Who would have to let the request in, which a test does not ask.
    pub not_checked: Vec<String>,
}

/// An integration request.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PlannedCall {
    /// The service of AWS that is called, or `http`.
    pub service: String,
    /// The ARN of the role that signs; `None` for the gateway's own credentials, and for `http`.
    pub role: Option<String>,
    /// The method.
    pub method: String,
    /// The URL, with the secrets in its query masked.
    pub url: String,
    /// The headers, with their secrets masked.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The message that SQS would store, where the call is a SendMessage.
    pub message: Option<StoredMessage>,
}

/// A message as SQS would store it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct StoredMessage {
    /// The queue.
    pub queue_url: String,
    /// The body.
    pub body: String,
    /// Name, type and value of each attribute; a binary value in base64.
    pub attributes: Vec<(String, String, String)>,
    /// `DelaySeconds`.
    pub delay_seconds: Option<i32>,
    /// `MessageGroupId`.
    pub group_id: Option<String>,
    /// `MessageDeduplicationId`.
    pub deduplication_id: Option<String>,
}

/// Why API Gateway answers itself.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The type of the gateway response, for example `BAD_REQUEST_BODY`, if it can be customised.
    pub response_type: Option<String>,
    /// The message for the client.
    pub message: String,
    /// What a validator found.
    pub validation_errors: Option<String>,
}

/// A reply or a response.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The status.
    pub status: u16,
    /// The headers, with their secrets masked.
    pub headers: Vec<(String, String)>,
    /// The body; what is not UTF-8 in it is replaced.
    pub body: String,
}

impl Outcome {
    /// The outcome for a request that no API has a route for.
    pub(super) fn unrouted(answer: &GatewayAnswer) -> Outcome {
        Outcome {
            response: Some(Shown::of_answer(answer)),
            ..Outcome::default()
        }
    }

    /// The outcome as far as the route says.
    pub(super) fn of_route(route: &Route<'_>) -> Outcome {
        Outcome {
            route: Some(RouteFound::of(route)),
            ..Outcome::default()
        }
    }
}

impl RouteFound {
    fn of(route: &Route<'_>) -> RouteFound {
        let path = route.path.iter();
        RouteFound {
            api: route.api.name.clone(),
            api_id: route.api.id.clone(),
            stage: route.stage.name.clone(),
            resource: route.resource.path.clone(),
            path_parameters: path
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            not_checked: guards(route),
        }
    }
}

/// Who would have to let a request in.
fn guards(route: &Route<'_>) -> Vec<String> {
    let mut guards = Vec::new();
    match &route.method.access {
        Access::Open => {}
        Access::Iam => guards.push("AWS_IAM: a signature by known credentials".to_owned()),
        Access::Authorizer { authorizer, .. } => {
            let kind = match &authorizer.kind {
                AuthorizerKind::Lambda(_) => "a Lambda function that allows it",
                AuthorizerKind::Token(_) => "a token that it accepts",
            };
            guards.push(format!("authorizer {}: {kind}", authorizer.name));
        }
        Access::Closed => guards.push("access that is not supported: always 500".to_owned()),
    }
    if route.api.policy.is_some() {
        guards.push("the resource policy of the API".to_owned());
    }
    if route.method.needs_api_key {
        guards.push("an API key".to_owned());
    }
    guards
}

impl PlannedCall {
    /// The call that an integration request makes.
    pub(super) fn of(request: &IntegrationRequest<'_>) -> Option<PlannedCall> {
        let (call, service, role) = match request {
            IntegrationRequest::Mock(_) => return None,
            IntegrationRequest::Http(call, _) => (call, "http".to_owned(), None),
            IntegrationRequest::Call(call, signing) => {
                let role = match &signing.identity {
                    Identity::Role(arn) => Some(arn.clone()),
                    Identity::Environment | Identity::Fixed(_) => None,
                };
                (call, signing.uri.service.clone(), role)
            }
        };
        Some(PlannedCall {
            service,
            role,
            method: call.method.to_string(),
            url: shown_url(&call.url),
            headers: shown(&call.headers),
            body: text(&call.body),
            message: SendMessage::recognize(call).map(StoredMessage::of),
        })
    }
}

impl StoredMessage {
    fn of(message: SendMessage) -> StoredMessage {
        let attributes = message.attributes.into_iter().map(|attribute| {
            let value = match attribute.value {
                AttributeValue::Text(text) => text,
                AttributeValue::Binary(bytes) => STANDARD.encode(bytes),
            };
            (attribute.name, attribute.data_type, value)
        });
        StoredMessage {
            attributes: attributes.collect(),
            queue_url: message.queue_url,
            body: message.body,
            delay_seconds: message.delay_seconds,
            group_id: message.group_id,
            deduplication_id: message.deduplication_id,
        }
    }
}

impl Refusal {
    pub(super) fn of(fault: &Fault) -> Refusal {
        Refusal {
            response_type: fault.kind().map(|kind| kind.name().to_owned()),
            message: fault.message(),
            validation_errors: fault.validation_errors().map(ToOwned::to_owned),
        }
    }
}

impl Shown {
    pub(super) fn of_reply(reply: &Reply) -> Shown {
        Shown {
            status: reply.status.as_u16(),
            headers: shown(&reply.headers),
            body: text(&reply.body),
        }
    }

    pub(super) fn of_response(response: &MethodResponse) -> Shown {
        Shown {
            status: response.status.as_u16(),
            headers: response.headers.iter().cloned().map(masked).collect(),
            body: text(&response.body),
        }
    }

    pub(super) fn of_answer(answer: &GatewayAnswer) -> Shown {
        Shown {
            status: answer.status.as_u16(),
            headers: answer.headers.iter().cloned().map(masked).collect(),
            body: answer.body.clone(),
        }
    }
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        masked((name.to_string(), value))
    });
    pairs.collect()
}

fn masked((name, value): (String, String)) -> (String, String) {
    let value = shown_header(&name, value);
    (name, value)
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}
