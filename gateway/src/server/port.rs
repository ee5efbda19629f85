//! The public port as its settings have it.

use std::sync::Arc;

use axum::response::Response as HttpResponse;
use kit::serve::{Patience, Refusal, Seats, Server, Tls, WhenFull, most_connections};
use uuid::Uuid;

use super::admission::Limits;
use crate::gateway_responses::Fault;
use crate::refusal::GatewayAnswer;
use crate::request_ids::{RequestIds, new_extended_id};
use crate::serving::{LimitArgs, ServingArgs};

/// What a head has beside its URL and the values of its fields: names, blanks, ends of lines.
const BESIDE: usize = 64 * 1024;

/// The public port.
pub(crate) fn port(args: &ServingArgs, tls: Option<Arc<Tls>>) -> Server {
    let limits = &args.limits;
    let most = limits.max_connections.unwrap_or_else(most_connections);
    let by_address = limits
        .max_connections_per_address
        .unwrap_or_else(|| (most - most / 4).max(1));
    Server {
        seats: Seats::new(most, by_address, args.trusted_proxy.clone()),
        when_full: WhenFull::Refuse,
        patience: Patience {
            head: limits.head_timeout,
            idle: limits.idle_timeout,
            write: limits.write_timeout,
        },
        streams: limits.max_streams,
        head_limit: Some(limits.max_url + limits.max_header_bytes + BESIDE),
        tls,
        trusted: args.trusted_proxy.clone(),
        drain: args.drain_timeout,
        refused: Arc::new(refused),
    }
}

/// The limits of one request.
pub(super) fn limits(args: &LimitArgs) -> Limits {
    Limits {
        payload: args.max_payload,
        url: args.max_url,
        headers: args.max_header_bytes,
        payloads: args.payload_memory,
        disk: args.spool_limit,
        under_way: args.max_requests,
        pause: args.body_pause,
        deadline: args.body_timeout,
        ..Limits::default()
    }
}

/// API Gateway's answer to what never becomes a request.
fn refused(refusal: Refusal) -> HttpResponse {
    let fault = match refusal {
        Refusal::BadRequest => Fault::BadRequest,
        Refusal::UriTooLong => Fault::UriTooLong,
        Refusal::HeadersTooLarge => Fault::HeadersTooLarge,
        Refusal::Full => Fault::ServiceUnavailable,
    };
    let (request, extended) = (Uuid::new_v4().to_string(), new_extended_id());
    let answer = GatewayAnswer::of(&fault).into_http(RequestIds {
        request: &request,
        extended: &extended,
    });
    let status = answer.status().as_u16().to_string();
    tracing::debug!(request_id = request, status, "refused");
    metrics::counter!("gateway_requests_total", "status" => status).increment(1);
    answer
}
