//! Services, protocols and callers as requests name them.

use http::Request;
use http::request::Parts;

use super::*;

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
            Protocol::detect(&parts(uri, headers), Some(body)),
            expected,
            "{uri} {headers:?}"
        );
    };
    check(
        "/",
        &[("x-amz-target", "AmazonSQS.SendMessage")],
        "",
        Protocol::Json,
    );
    check(
        "/",
        &[("authorization", &signed("sqs")), form],
        "",
        Protocol::Query,
    );
    check(
        "/b/k",
        &[("authorization", &signed("s3")), form],
        "Action=x",
        Protocol::S3,
    );
    check(
        "/000000000000/q",
        &[form],
        "Action=SendMessage&MessageBody=x",
        Protocol::Query,
    );
    check(
        "/000000000000/q?Action=ReceiveMessage",
        &[],
        "",
        Protocol::Query,
    );
    check("/bucket/key", &[form], "a=b", Protocol::S3);
    check("/bucket/key", &[], "", Protocol::S3);
    let newer = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/s3/aws4_request, SignedHeaders=host, Signature=x";
    check("/bucket/key", &[("authorization", newer)], "", Protocol::S3);
    check(
        "/bucket/key",
        &[("authorization", "AWS AKID:signature")],
        "",
        Protocol::S3,
    );
    check(
        "/b/k?X-Amz-Credential=AKID%2F20260101%2Fr%2Fsqs%2Faws4_request",
        &[],
        "",
        Protocol::Query,
    );
}

#[test]
fn events_are_known_by_their_target_signed_or_not() {
    let target = ("x-amz-target", "AWSEvents.PutEvents");
    let signed = SIGNED.replace("SERVICE", "events");
    for headers in [vec![target], vec![target, ("authorization", &signed)]] {
        let detected = Protocol::detect(&parts("/", &headers), Some("{}"));
        assert_eq!(detected, Protocol::Events, "{headers:?}");
    }
    let other = SIGNED.replace("SERVICE", "sns");
    let detected = Protocol::detect(&parts("/", &[target, ("authorization", &other)]), None);
    assert!(matches!(detected, Protocol::Unsupported(_)));
}

#[test]
fn services_that_are_not_here_are_known() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/x-amz-json-1.0");
    let signed = |service: &str| SIGNED.replace("SERVICE", service);
    let check = |uri, headers: &[(&str, &str)], body: &str, name: &str, form| {
        let absent = UnsupportedService {
            name: name.to_owned(),
            format: form,
        };
        assert_eq!(
            Protocol::detect(&parts(uri, headers), Some(body)),
            Protocol::Unsupported(absent),
            "{uri} {headers:?}"
        );
    };
    let (one, newer) = (
        ErrorFormat::Json("application/x-amz-json-1.0"),
        ErrorFormat::Json("application/x-amz-json-1.1"),
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
            target("AWSScheduler.GetSchedule"),
            ("content-type", newer_type()),
        ],
        "{}",
        "scheduler",
        newer,
    );
    check(
        "/",
        &[
            target("AmazonSSM.GetParameter"),
            ("authorization", &signed("ssm")),
            json,
        ],
        "{}",
        "ssm",
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
        ErrorFormat::Xml,
    );
    check(
        "/",
        &[form],
        "Action=Publish&Version=2010-03-31",
        "sns",
        ErrorFormat::Xml,
    );
    check(
        "/?Action=ListUsers&Version=2010-05-08",
        &[],
        "",
        "iam",
        ErrorFormat::Xml,
    );
    check(
        "/",
        &[("authorization", &signed("ec2")), form],
        "Action=DescribeVpcs",
        "ec2",
        ErrorFormat::Ec2,
    );
    check(
        "/2015-03-31/functions",
        &[("authorization", &signed("lambda"))],
        "",
        "lambda",
        ErrorFormat::RestJson,
    );
    check(
        "/2013-04-01/hostedzone",
        &[("authorization", &signed("route53"))],
        "",
        "route53",
        ErrorFormat::Xml,
    );
    check(
        "/",
        &[("authorization", &signed("monitoring")), form],
        "Action=X",
        "cloudwatch",
        ErrorFormat::Xml,
    );
    let account = ("x-amz-account-id", "000000000000");
    check(
        "/v20180820/tags/x",
        &[("authorization", &signed("s3")), account],
        "",
        "s3control",
        ErrorFormat::Xml,
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
        Protocol::detect(&parts("/", &[("authorization", &signed), form]), None),
        Protocol::Sts
    );
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(
        Protocol::detect(&parts("/", &[form]), Some(body)),
        Protocol::Sts
    );
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
