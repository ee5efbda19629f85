//! LocalStack's address for peeking into a queue, `/_aws/sqs/messages`; it receives nothing. With a
//! form of the Query protocol or with AWS JSON it is an endpoint for ReceiveMessage, so that an SDK
//! can be pointed at it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::request::Parts;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use kit::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::emulator::Emulator;
use super::response::{SQS_LIMIT, name_request, refuse, refuse_json, respond, too_large};
use crate::action::{Output, Peek};
use crate::engine::PeekFilter;
use crate::fault::Fault;
use crate::protocol::query::{self, Rendering};
use crate::protocol::{self, json};

/// The protocol and the format of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PeekFormat {
    AwsJson,
    Query(Rendering),
}

/// The queue of the parameter `QueueUrl`.
pub(super) async fn by_url(
    State(emulator): State<Arc<Emulator>>,
    request: Request<Body>,
) -> Response {
    emulator.peek(request, None).await
}

/// The queue that the path names.
pub(super) async fn by_path(
    State(emulator): State<Arc<Emulator>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    request: Request<Body>,
) -> Response {
    // A name that is no UTF-8 text is that of no queue.
    let (region, account, queue) = path.map(|Path(named)| named).unwrap_or_default();
    emulator
        .peek(request, Some(format!("/queue/{region}/{account}/{queue}")))
        .await
}

impl Emulator {
    async fn peek(&self, request: Request<Body>, queue_url: Option<String>) -> Response {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, SQS_LIMIT).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(_) => return too_large(&parts),
        };
        let format = format(&parts);
        let request_id = Uuid::new_v4().to_string();
        let mut response = match self.peeked(&parts, &body, format, queue_url).await {
            Ok(output) => match format {
                PeekFormat::AwsJson => {
                    respond(StatusCode::OK, json::CONTENT_TYPE, json::output(&output))
                }
                PeekFormat::Query(rendering) => {
                    let body = query::output("ReceiveMessage", &output, &request_id, rendering);
                    respond(StatusCode::OK, rendering.content_type(), body)
                }
            },
            Err(fault) => match format {
                PeekFormat::AwsJson => refuse_json(&fault),
                PeekFormat::Query(rendering) => refuse(&fault, &request_id, rendering),
            },
        };
        name_request(&mut response, &request_id);
        response
    }

    async fn peeked(
        &self,
        parts: &Parts,
        body: &Bytes,
        format: PeekFormat,
        queue_url: Option<String>,
    ) -> Result<Output, Fault> {
        if let Some(known) = &self.credentials {
            known.admit(parts, body, Timestamp::wall())?;
        }
        let mut peek = asked(parts, body, format)?;
        if let Some(queue_url) = queue_url {
            peek.queue_url = queue_url;
        }
        self.node.peek(&peek, &self.caller(parts)).await
    }
}

fn format(parts: &Parts) -> PeekFormat {
    let header = |name| protocol::header(&parts.headers, name);
    if header("content-type").is_some_and(|kind| kind.starts_with("application/x-amz-json")) {
        return PeekFormat::AwsJson;
    }
    PeekFormat::Query(match Rendering::of(header("accept")) {
        Rendering::Xml => Rendering::Xml,
        _ => Rendering::Tree,
    })
}

/// Reads what to look at. Other parameters of ReceiveMessage mean nothing here.
fn asked(parts: &Parts, body: &[u8], format: PeekFormat) -> Result<Peek, Fault> {
    let is_form = protocol::is_form(&parts.headers);
    let form = if is_form { body } else { &[] };
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let pairs = || form_urlencoded::parse(query).chain(form_urlencoded::parse(form));
    let value = |name: &str| {
        pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    let is_set = |name: &str| {
        value(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1"))
    };
    let action = match format {
        PeekFormat::AwsJson => {
            let target = protocol::header(&parts.headers, "x-amz-target");
            Some(
                target
                    .and_then(|target| target.strip_prefix(protocol::TARGET))
                    .unwrap_or_default()
                    .to_owned(),
            )
        }
        PeekFormat::Query(_) if is_form => Some(value("Action").unwrap_or_default()),
        PeekFormat::Query(_) => value("Action"),
    };
    if action.is_some_and(|action| action != "ReceiveMessage") {
        return Err(Fault::OnlyReceives);
    }
    let in_json = || {
        let members: Value = serde_json::from_slice(body).ok()?;
        members.get("QueueUrl")?.as_str().map(ToOwned::to_owned)
    };
    let queue_url = if format == PeekFormat::AwsJson {
        in_json()
    } else {
        value("QueueUrl")
    };
    let shown = PeekFilter {
        invisible: is_set("ShowInvisible"),
        delayed: is_set("ShowDelayed"),
    };
    Ok(Peek {
        queue_url: queue_url.unwrap_or_default(),
        shown,
    })
}
