//! Which service and protocol does a request speak? And who asks?
//!
//! Pure: headers and bytes in, an action and its rendering out. Fact sheet `sqs.md`, sections 1 to 4.

pub mod json;
pub mod query;

use http::HeaderMap;
use http::request::Parts;

use crate::action::{Caller, Waits};
use crate::endpoint::Strategy;
use crate::region::of_queue_host;

/// The account of callers whose credentials do not name one.
pub const ACCOUNT: &str = "000000000000";

/// In front of the action's name in `X-Amz-Target`.
pub const TARGET: &str = "AmazonSQS.";

/// What a request wants to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// SQS in AWS JSON 1.0.
    Json,
    /// SQS in the Query protocol.
    Query,
    /// S3.
    S3,
}

/// Tells services and protocols apart. A form is SQS's when it says so: by its signature, its host, or an `Action`, which
/// `body` may hold.
pub fn spoken(parts: &Parts, body: impl FnOnce() -> bool) -> Spoken {
    if text(&parts.headers, "x-amz-target").is_some_and(|target| target.starts_with(TARGET)) {
        return Spoken::Json;
    }
    let scope = credential(parts).and_then(|credential| credential.split('/').nth(3).map(ToOwned::to_owned));
    let is_sqs = match scope.as_deref() {
        Some("sqs") => true,
        Some(_) => false,
        None => {
            let host = text(&parts.headers, "host").unwrap_or_default();
            let query = parts.uri.query().unwrap_or_default();
            let named = host.starts_with("sqs.") || of_queue_host(host).is_some();
            named || has_action(query) || (is_form(&parts.headers) && body())
        }
    };
    if is_sqs { Spoken::Query } else { Spoken::S3 }
}

/// Whether a form or query string has an `Action`.
pub fn has_action(form: &str) -> bool {
    form.split('&').any(|pair| pair.starts_with("Action="))
}

/// Whether the body says that it is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Who asks, by the request's signature, whoever signed it; the host may name the region too. `region` is the default.
pub fn caller(parts: &Parts, region: &str) -> Caller {
    let credential = credential(parts).unwrap_or_default();
    let mut scope = credential.split('/');
    let key = scope.next().unwrap_or_default();
    let host = text(&parts.headers, "host").or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let named = scope.nth(1).filter(|region| !region.is_empty()).or_else(|| of_queue_host(host?));
    // As LocalStack has it: an access key of twelve digits is an account.
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    Caller {
        region: named.unwrap_or(region).to_owned(),
        names_region: named.is_some(),
        account: if is_account { key } else { ACCOUNT }.to_owned(),
        base: format!("{}://{}", scheme(&parts.headers), host.unwrap_or("localhost")),
        trace_header: text(&parts.headers, "x-amzn-trace-id").map(ToOwned::to_owned),
        waits: Waits::default(),
        strategy: Strategy::default(),
    }
}

/// Behind a proxy that ends TLS, the client used https. The port itself speaks HTTP only.
fn scheme(headers: &HeaderMap) -> &'static str {
    if text(headers, "x-forwarded-proto") == Some("https") { "https" } else { "http" }
}

/// `AKID/20260101/region/service/aws4_request`, from the header or from a presigned URL.
fn credential(parts: &Parts) -> Option<String> {
    if let Some(authorization) = text(&parts.headers, "authorization") {
        let rest = authorization.split_once("Credential=")?.1;
        return Some(rest.split([',', ' ']).next()?.to_owned());
    }
    let query = parts.uri.query()?;
    let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential");
    found.map(|(_, value)| value.into_owned())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::post(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const SIGNED: &str =
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/SERVICE/aws4_request, SignedHeaders=host, Signature=x";

    #[test]
    fn services_and_protocols_are_told_apart() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let signed = |service: &str| SIGNED.replace("SERVICE", service);
        let check = |uri, headers: &[(&str, &str)], body: &str, expected| {
            assert_eq!(spoken(&parts(uri, headers), || has_action(body)), expected, "{uri} {headers:?}");
        };
        check("/", &[("x-amz-target", "AmazonSQS.SendMessage")], "", Spoken::Json);
        check("/", &[("authorization", &signed("sqs")), form], "", Spoken::Query);
        check("/b/k", &[("authorization", &signed("s3")), form], "Action=x", Spoken::S3);
        check("/000000000000/q", &[form], "Action=SendMessage&MessageBody=x", Spoken::Query);
        check("/000000000000/q?Action=ReceiveMessage", &[], "", Spoken::Query);
        check("/bucket/key", &[form], "a=b", Spoken::S3);
        check("/bucket/key", &[], "", Spoken::S3);
        check("/b/k?X-Amz-Credential=AKID%2F20260101%2Fr%2Fsqs%2Faws4_request", &[], "", Spoken::Query);
    }

    #[test]
    fn the_signature_names_region_and_account() {
        let signed = SIGNED.replace("AKID", "123456789012").replace("SERVICE", "sqs");
        let named = caller(&parts("/", &[("authorization", &signed), ("host", "h:1")]), "us-east-1");
        assert_eq!(
            (named.region.as_str(), named.account.as_str(), named.base.as_str()),
            ("eu-west-1", "123456789012", "http://h:1")
        );
        let unsigned = caller(&parts("/", &[("host", "h:1")]), "us-east-1");
        assert_eq!((unsigned.region.as_str(), unsigned.account.as_str()), ("us-east-1", ACCOUNT));
        let host = ("host", "sqs.us-west-2.localhost.localstack.cloud:4566");
        assert_eq!(caller(&parts("/", &[host]), "us-east-1").region, "us-west-2");
        let behind_tls = [("host", "h"), ("x-forwarded-proto", "https")];
        assert_eq!(caller(&parts("/", &behind_tls), "us-east-1").base, "https://h");
    }
}
