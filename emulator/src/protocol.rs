//! Which service and protocol does a request speak? And who asks?
//!
//! Pure: headers and bytes in, an action and its rendering out. See
//! `docs/aws/sqs.md#queues-and-their-addresses`, `docs/aws/sqs.md#json-protocol` and
//! `docs/aws/sqs.md#query-protocol`.

pub mod json;
pub mod query;

use http::HeaderMap;
use http::request::Parts;

use crate::action::{Caller, Waits};
use crate::endpoint::Strategy;
use crate::region::of_queue_host;
use crate::services::Absent;

/// The account of callers whose credentials do not name one.
pub const ACCOUNT: &str = "000000000000";

/// In front of the action's name in `X-Amz-Target`.
pub const TARGET: &str = "AmazonSQS.";

/// What a request wants to speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// SQS in AWS JSON 1.0.
    Json,
    /// SQS in the Query protocol.
    Query,
    /// STS, which has the Query protocol only.
    Sts,
    /// S3.
    S3,
    /// A service that is not here.
    Absent(Absent),
}

/// Tells services and protocols apart: by the `X-Amz-Target`, by the service that the request is
/// signed for, by the host, or by an `Action` in the query string or in the form, which is there
/// when the body is read.
pub fn spoken(parts: &Parts, form: Option<&str>) -> Spoken {
    let scope =
        credential(parts).and_then(|credential| service(&credential).map(ToOwned::to_owned));
    let target = text(&parts.headers, "x-amz-target").filter(|_| scope.as_deref() != Some("s3"));
    match (target, scope.as_deref()) {
        (Some(target), _) if target.starts_with(TARGET) => Spoken::Json,
        (Some(target), None) => Spoken::Absent(Absent::targeted(target, parts)),
        (_, Some("sqs")) => Spoken::Query,
        (_, Some("sts")) => Spoken::Sts,
        (_, Some("s3")) if is_s3_control(parts) => {
            Spoken::Absent(Absent::signed("s3control", parts))
        }
        (_, Some("s3" | "")) => Spoken::S3,
        (_, Some(other)) => Spoken::Absent(Absent::signed(other, parts)),
        (None, None) => unsigned(parts, form),
    }
}

/// The service of a credential scope: the last part but `aws4_request`. Version 4A names no region
/// in front of it.
fn service(credential: &str) -> Option<&str> {
    let scope = credential
        .strip_suffix("/aws4_request")
        .unwrap_or(credential);
    scope.rsplit_once('/').map(|(_, service)| service)
}

/// S3 Control signs as S3 does, and is known by its paths.
fn is_s3_control(parts: &Parts) -> bool {
    parts.uri.path().starts_with("/v20180820/") && parts.headers.contains_key("x-amz-account-id")
}

fn unsigned(parts: &Parts, form: Option<&str>) -> Spoken {
    let host = text(&parts.headers, "host").unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let form = form.filter(|_| is_form(&parts.headers)).unwrap_or_default();
    let is_named = host.starts_with("sqs.") || of_queue_host(host).is_some();
    if !is_named && !has_action(query) && !has_action(form) {
        return Spoken::S3;
    }
    let mut pairs =
        form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form.as_bytes()));
    match pairs
        .find(|(name, _)| name == "Version")
        .and_then(|(_, version)| Absent::versioned(&version))
    {
        Some(absent) if absent.name == "sts" => Spoken::Sts,
        Some(absent) => Spoken::Absent(absent),
        None => Spoken::Query,
    }
}

/// Whether a form or query string has an `Action`.
pub fn has_action(form: &str) -> bool {
    form.split('&').any(|pair| pair.starts_with("Action="))
}

/// Whether a path can be that of a queue: `/{twelve digits}/{name}`.
pub fn is_queue_path(path: &str) -> bool {
    let Some((account, name)) = path.trim_matches('/').split_once('/') else {
        return false;
    };
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && !name.contains('/')
}

/// Whether the body says that it is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    text(headers, "content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Who asks, by the request's signature, whoever signed it; the host may name the region too.
/// `region` is the default.
pub fn caller(parts: &Parts, region: &str) -> Caller {
    let credential = credential(parts).unwrap_or_default();
    let mut scope = credential.split('/');
    let key = scope.next().unwrap_or_default();
    let host = text(&parts.headers, "host")
        .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let named = scope
        .nth(1)
        .filter(|region| !region.is_empty())
        .or_else(|| of_queue_host(host?));
    // As LocalStack has it: an access key of twelve digits is an account.
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
        trace_header: text(&parts.headers, "x-amzn-trace-id").map(ToOwned::to_owned),
        waits: Waits::default(),
        strategy: Strategy::default(),
    }
}

/// Behind a proxy that ends TLS, the client used https. The port itself speaks HTTP only.
fn scheme(headers: &HeaderMap) -> &'static str {
    if text(headers, "x-forwarded-proto") == Some("https") {
        "https"
    } else {
        "http"
    }
}

/// `AKID/20260101/region/service/aws4_request`, from the header or from a presigned URL.
fn credential(parts: &Parts) -> Option<String> {
    if let Some(authorization) = text(&parts.headers, "authorization") {
        let rest = authorization.split_once("Credential=")?.1;
        return Some(rest.split([',', ' ']).next()?.to_owned());
    }
    let query = parts.uri.query()?;
    let found =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential");
    found.map(|(_, value)| value.into_owned())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Form;
    use http::Request;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::post(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/SERVICE/aws4_request, SignedHeaders=host, Signature=x";

    #[test]
    fn services_and_protocols_are_told_apart() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let signed = |service: &str| SIGNED.replace("SERVICE", service);
        let check = |uri, headers: &[(&str, &str)], body: &str, expected| {
            assert_eq!(
                spoken(&parts(uri, headers), Some(body)),
                expected,
                "{uri} {headers:?}"
            );
        };
        check(
            "/",
            &[("x-amz-target", "AmazonSQS.SendMessage")],
            "",
            Spoken::Json,
        );
        check(
            "/",
            &[("authorization", &signed("sqs")), form],
            "",
            Spoken::Query,
        );
        check(
            "/b/k",
            &[("authorization", &signed("s3")), form],
            "Action=x",
            Spoken::S3,
        );
        check(
            "/000000000000/q",
            &[form],
            "Action=SendMessage&MessageBody=x",
            Spoken::Query,
        );
        check(
            "/000000000000/q?Action=ReceiveMessage",
            &[],
            "",
            Spoken::Query,
        );
        check("/bucket/key", &[form], "a=b", Spoken::S3);
        check("/bucket/key", &[], "", Spoken::S3);
        let newer = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/s3/aws4_request, SignedHeaders=host, Signature=x";
        check("/bucket/key", &[("authorization", newer)], "", Spoken::S3);
        check(
            "/bucket/key",
            &[("authorization", "AWS AKID:signature")],
            "",
            Spoken::S3,
        );
        check(
            "/b/k?X-Amz-Credential=AKID%2F20260101%2Fr%2Fsqs%2Faws4_request",
            &[],
            "",
            Spoken::Query,
        );
    }

    #[test]
    fn services_that_are_not_here_are_known() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let json = ("content-type", "application/x-amz-json-1.0");
        let signed = |service: &str| SIGNED.replace("SERVICE", service);
        let check = |uri, headers: &[(&str, &str)], body: &str, name: &str, form| {
            let absent = Absent {
                name: name.to_owned(),
                form,
            };
            assert_eq!(
                spoken(&parts(uri, headers), Some(body)),
                Spoken::Absent(absent),
                "{uri} {headers:?}"
            );
        };
        let (one, newer) = (
            Form::Json("application/x-amz-json-1.0"),
            Form::Json("application/x-amz-json-1.1"),
        );
        let target = |target| ("x-amz-target", target);
        check(
            "/",
            &[target("DynamoDB_20120810.ListTables"), json],
            "{}",
            "dynamodb",
            one,
        );
        check(
            "/",
            &[
                target("AWSEvents.PutEvents"),
                ("content-type", newer_type()),
            ],
            "{}",
            "events",
            newer,
        );
        check(
            "/",
            &[
                target("AWSEvents.PutEvents"),
                ("authorization", &signed("events")),
                json,
            ],
            "{}",
            "events",
            one,
        );
        check(
            "/",
            &[target("New_20300101.Do")],
            "{}",
            "New_20300101",
            newer,
        );
        check(
            "/",
            &[("authorization", &signed("sns")), form],
            "Action=Publish",
            "sns",
            Form::Xml,
        );
        check(
            "/",
            &[form],
            "Action=Publish&Version=2010-03-31",
            "sns",
            Form::Xml,
        );
        check(
            "/?Action=ListUsers&Version=2010-05-08",
            &[],
            "",
            "iam",
            Form::Xml,
        );
        check(
            "/",
            &[("authorization", &signed("ec2")), form],
            "Action=DescribeVpcs",
            "ec2",
            Form::Ec2,
        );
        check(
            "/2015-03-31/functions",
            &[("authorization", &signed("lambda"))],
            "",
            "lambda",
            Form::RestJson,
        );
        check(
            "/2013-04-01/hostedzone",
            &[("authorization", &signed("route53"))],
            "",
            "route53",
            Form::Xml,
        );
        check(
            "/",
            &[("authorization", &signed("monitoring")), form],
            "Action=X",
            "cloudwatch",
            Form::Xml,
        );
        let account = ("x-amz-account-id", "000000000000");
        check(
            "/v20180820/tags/x",
            &[("authorization", &signed("s3")), account],
            "",
            "s3control",
            Form::Xml,
        );
    }

    fn newer_type() -> &'static str {
        "application/x-amz-json-1.1"
    }

    #[test]
    fn sts_is_known_by_signature_and_by_version() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let signed = SIGNED.replace("SERVICE", "sts");
        assert_eq!(
            spoken(&parts("/", &[("authorization", &signed), form]), None),
            Spoken::Sts
        );
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(spoken(&parts("/", &[form]), Some(body)), Spoken::Sts);
    }

    #[test]
    fn the_signature_names_region_and_account() {
        let signed = SIGNED
            .replace("AKID", "123456789012")
            .replace("SERVICE", "sqs");
        let named = caller(
            &parts("/", &[("authorization", &signed), ("host", "h:1")]),
            "us-east-1",
        );
        assert_eq!(
            (
                named.region.as_str(),
                named.account.as_str(),
                named.base.as_str()
            ),
            ("eu-west-1", "123456789012", "http://h:1")
        );
        let unsigned = caller(&parts("/", &[("host", "h:1")]), "us-east-1");
        assert_eq!(
            (unsigned.region.as_str(), unsigned.account.as_str()),
            ("us-east-1", ACCOUNT)
        );
        let host = ("host", "sqs.us-west-2.localhost.localstack.cloud:4566");
        assert_eq!(
            caller(&parts("/", &[host]), "us-east-1").region,
            "us-west-2"
        );
        let behind_tls = [("host", "h"), ("x-forwarded-proto", "https")];
        assert_eq!(
            caller(&parts("/", &behind_tls), "us-east-1").base,
            "https://h"
        );
    }
}
