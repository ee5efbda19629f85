//! Who sends a request.

use http::HeaderMap;
use http::request::Parts;

use super::head::{credential, header};
use crate::action::{Caller, Cooldowns};
use crate::endpoint::Strategy;
use crate::region::of_queue_host;

/// The account of callers whose credentials do not name one.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The sender of a request, as its signature names it; the signature itself is not checked here.
/// The host may name the region too, and `region` is the default.
pub(crate) fn caller(parts: &Parts, region: &str) -> Caller {
    let credential = credential(parts).unwrap_or_default();
    let mut scope = credential.split('/');
    let key = scope.next().unwrap_or_default();
    let host = header(&parts.headers, "host")
        .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let named = scope
        .nth(1)
        .filter(|region| !region.is_empty())
        .or_else(|| of_queue_host(host?));
    // As in LocalStack, an access key of twelve digits is an account.
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    Caller {
        region: named.unwrap_or(region).to_owned(),
        names_region: named.is_some(),
        account: if is_account { key } else { ACCOUNT }.to_owned(),
        base: format!(
            "{}://{}",
            scheme(&parts.headers),
            host.unwrap_or("localhost")
        ),
        trace_header: header(&parts.headers, "x-amzn-trace-id").map(ToOwned::to_owned),
        cooldowns: Cooldowns::default(),
        strategy: Strategy::default(),
    }
}

/// Behind a proxy that ends TLS, the client used https. The port itself speaks HTTP only.
fn scheme(headers: &HeaderMap) -> &'static str {
    if header(headers, "x-forwarded-proto") == Some("https") {
        "https"
    } else {
        "http"
    }
}
