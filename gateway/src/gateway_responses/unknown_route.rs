//! The fault for a request that no route is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use crate::method_request::Request;
use crate::stage::NoRoute;
use crate::trouble::{Trouble, printable};

/// Reports the request and gives its fault. Unknown paths look like missing credentials:
/// `docs/aws/api-gateway.md#unknown-routes`.
pub(crate) fn unknown_route(reason: NoRoute, host: &str, request: &Request) -> Fault {
    report(reason, host, request);
    match (reason, request.headers.get(AUTHORIZATION)) {
        (NoRoute::Forbidden, _) => Fault::Forbidden,
        (NoRoute::MissingAuthenticationToken, Some(value))
            if !value.as_bytes().starts_with(b"AWS4-") =>
        {
            Fault::InvalidSignature(STANDARD.encode(Sha256::digest(value.as_bytes())))
        }
        (NoRoute::MissingAuthenticationToken, _) => Fault::MissingAuthenticationToken,
    }
}

fn report(reason: NoRoute, host: &str, request: &Request) {
    let what = match reason {
        NoRoute::Forbidden => "no API or stage",
        NoRoute::MissingAuthenticationToken => "no resource or method",
    };
    let reason = format!(
        "{what} of the definition matches {} {} at {}: the client gets 403",
        request.method,
        printable(&request.path),
        printable(host)
    );
    Trouble::UnknownRoute.report(&request.request_id, reason);
}
