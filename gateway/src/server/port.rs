//! The public port as its settings have it.

use std::sync::Arc;

use axum::response::Response as HttpResponse;
use kit::serve::{Patience, Refusal, Seats, Server, Spelling, Tls, WhenFull};
use uuid::Uuid;

use super::admission::Limits;
use crate::gateway_responses::Fault;
use crate::refusal::GatewayAnswer;
use crate::request_ids::{RequestIds, new_extended_id};
use crate::server::meters::requests;
use crate::serving::{LimitArgs, ServingArgs};

/// What a head has beside its URL and the values of its fields: names, blanks, ends of lines.
const BESIDE: usize = 64 * 1024;

/// API Gateway's spelling of names; all others are written `Like-This`. Of remapped names, those that
/// backends send: each answer carries a copy of the list.
const NAMES: [&str; 9] = [
    "x-amzn-RequestId",
    "x-amz-apigw-id",
    "x-amzn-ErrorType",
    "ETag",
    "WWW-Authenticate",
    "x-amzn-Remapped-Connection",
    "x-amzn-Remapped-Content-Length",
    "x-amzn-Remapped-Date",
    "x-amzn-Remapped-Server",
];

/// The public port.
pub(crate) async fn port(args: &ServingArgs, tls: Option<Arc<Tls>>) -> Server {
    let limits = &args.limits;
    let most = limits
        .max_connections
        .unwrap_or_else(|| most_of(kit::descriptors::limit()));
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
        spelling: Spelling::of(&NAMES).await,
    }
}

/// How many connections there may be when so many descriptors may be open: half of them, or all but
/// as many as the calls and files of the requests under way need.
fn most_of(descriptors: usize) -> usize {
    const NEEDED: usize = 4 * 1024;
    let half = kit::serve::connections_of(descriptors);
    half.max(descriptors.saturating_sub(NEEDED))
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
    let status = answer.status().as_u16();
    tracing::debug!(request_id = request, status, "refused");
    requests(status).increment(1);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_connections_from_one_address_fit_into_usual_limits() {
        for (descriptors, expected) in [(64, 24), (1024, 448), (8192, 4096), (20_000, 15_904)] {
            assert_eq!(most_of(descriptors), expected, "{descriptors}");
        }
    }
}
