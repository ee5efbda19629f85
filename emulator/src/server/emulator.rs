//! What the routes share, and how it answers requests to SQS and S3.

use axum::body::Body;
use axum::response::Response;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use kit::time::Timestamp;
use uuid::Uuid;

use super::response::{name_request, refuse, refuse_json, rendering, respond};
use crate::action::{Caller, Cooldowns};
use crate::endpoint::Strategy;
use crate::node::Node;
use crate::protocol::{self, Protocol, json, query};
use crate::s3::S3Service;
use crate::signature::Credentials;

/// The body of SQS's response to a request without an action: `docs/aws/sqs.md#query-requests`.
pub(super) const UNKNOWN_OPERATION: &str = "<UnknownOperationException/>";

/// What the routes share.
#[derive(Debug)]
pub struct Emulator {
    pub(super) node: Node,
    pub(super) buckets: S3Service,
    pub(super) region: String,
    pub(super) credentials: Option<Credentials>,
    pub(super) cooldowns: Cooldowns,
    pub(super) strategy: Strategy,
}

impl Emulator {
    /// SQS and S3 behind one router. `region` is that of requests whose signature names none.
    pub fn new(node: Node, buckets: S3Service, region: String) -> Emulator {
        Emulator {
            node,
            buckets,
            region,
            credentials: None,
            cooldowns: Cooldowns::AsAws,
            strategy: Strategy::Dynamic,
        }
    }

    /// Requires requests to SQS to be signed with these credentials.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Emulator {
        Emulator {
            credentials,
            ..self
        }
    }

    /// Sets whether PurgeQueue and DeleteQueue have SQS's cooldown of 60 seconds.
    #[must_use]
    pub fn with_cooldowns(self, cooldowns: Cooldowns) -> Emulator {
        Emulator { cooldowns, ..self }
    }

    /// Sets the form of the queue URLs in responses.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Emulator {
        Emulator { strategy, ..self }
    }

    pub(super) fn caller(&self, parts: &Parts) -> Caller {
        Caller {
            cooldowns: self.cooldowns,
            strategy: self.strategy,
            ..protocol::caller(parts, &self.region)
        }
    }

    pub(super) async fn sqs(&self, parts: &Parts, body: &[u8], protocol: Protocol) -> Response {
        let caller = self.caller(parts);
        let request_id = Uuid::new_v4().to_string();
        let admitted = self
            .credentials
            .as_ref()
            .map_or(Ok(()), |known| known.verify(parts, body, Timestamp::wall()));
        let mut response = match (protocol, admitted) {
            (Protocol::Query, Ok(())) => self.query(parts, body, &caller, &request_id).await,
            (Protocol::Query, Err(fault)) => refuse(&fault, &request_id, rendering(parts)),
            (_, Ok(())) => self.json(parts, body, &caller).await,
            (_, Err(fault)) => refuse_json(&fault),
        };
        name_request(&mut response, &request_id);
        ::metrics::counter!("emulator_sqs_requests_total", "status" => response.status().as_u16().to_string())
            .increment(1);
        response
    }

    /// Whether a request opens the address of a queue without an action, as a browser does. The
    /// address could be that of an object too, so the queue has to exist.
    pub(super) fn is_bare_queue(&self, parts: &Parts) -> bool {
        let is_bare = parts.method == Method::GET
            && parts.uri.query().is_none()
            && !parts.headers.contains_key(AUTHORIZATION);
        is_bare
            && protocol::is_queue_path(parts.uri.path())
            && self.node.has_queue(parts.uri.path(), &self.caller(parts))
    }

    pub(super) async fn s3(&self, parts: Parts, body: Body) -> Response {
        let response = self.buckets.call(Request::from_parts(parts, body)).await;
        ::metrics::counter!("emulator_s3_requests_total", "status" => response.status().as_u16().to_string())
            .increment(1);
        response
    }

    async fn json(&self, parts: &Parts, body: &[u8], caller: &Caller) -> Response {
        let target = protocol::header(&parts.headers, "x-amz-target").unwrap_or_default();
        let name = target.strip_prefix(protocol::TARGET).unwrap_or_default();
        let result = match json::read(name, body) {
            Ok(action) => self.node.execute(action, caller).await,
            Err(fault) => Err(fault),
        };
        match result {
            Ok(output) => respond(StatusCode::OK, json::CONTENT_TYPE, json::output(&output)),
            Err(fault) => refuse_json(&fault),
        }
    }

    async fn query(
        &self,
        parts: &Parts,
        body: &[u8],
        caller: &Caller,
        request_id: &str,
    ) -> Response {
        let rendering = rendering(parts);
        let form = if protocol::is_form(&parts.headers) {
            body
        } else {
            &[]
        };
        let (name, action) = match query::read(
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
            form,
        ) {
            Ok(read) => read,
            // Even when JSON was asked for: `docs/aws/sqs.md#query-requests`.
            Err(query::FormError::NoAction) => {
                return respond(
                    StatusCode::NOT_FOUND,
                    "text/xml",
                    UNKNOWN_OPERATION.to_owned(),
                );
            }
            Err(query::FormError::Fault(fault)) => return refuse(&fault, request_id, rendering),
        };
        match self.node.execute(action, caller).await {
            Ok(output) => {
                let body = query::output(&name, &output, request_id, rendering);
                respond(StatusCode::OK, rendering.content_type(), body)
            }
            Err(fault) => refuse(&fault, request_id, rendering),
        }
    }
}
