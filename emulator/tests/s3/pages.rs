//! A page in a browser that puts an object with a presigned URL: the preflight, and the put itself,
//! both with `Origin`.

use std::time::Duration;

use crate::support::{Answer, Http};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};

const PAGE: (&str, &str) = ("origin", "http://localhost:3000");
const ELSEWHERE: (&str, &str) = ("origin", "http://elsewhere.test");

/// A server that lets in `test:test` only, a client of it, and a bucket whose rules let one page
/// put.
async fn started() -> (Http, aws_sdk_s3::Client) {
    let http = Http::start_for(Some("test:test"), &["box"]).await;
    let config = kit::aws::local(http.root()).await;
    let config = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let rule = CorsRule::builder()
        .allowed_origins(PAGE.1)
        .allowed_methods("PUT")
        .allowed_headers("content-type");
    let rules =
        CorsConfiguration::builder().cors_rules(rule.expose_headers("ETag").build().unwrap());
    s3.put_bucket_cors()
        .bucket("box")
        .cors_configuration(rules.build().unwrap())
        .send()
        .await
        .unwrap();
    (http, s3)
}

async fn presigned(s3: &aws_sdk_s3::Client, key: &str) -> PresignedRequest {
    let soon = PresigningConfig::expires_in(Duration::from_secs(600)).unwrap();
    s3.put_object()
        .bucket("box")
        .key(key)
        .content_type("text/plain")
        .presigned(soon)
        .await
        .unwrap()
}

/// Path and query of a presigned URL.
fn path<'u>(http: &Http, url: &'u str) -> &'u str {
    url.strip_prefix(http.root()).unwrap()
}

async fn preflight(http: &Http, url: &str, origin: (&str, &str), method: &str) -> Answer {
    let headers = [
        origin,
        ("access-control-request-method", method),
        ("access-control-request-headers", "content-type"),
    ];
    http.call("OPTIONS", path(http, url), &headers, "").await
}

async fn put(
    http: &Http,
    presigned: &PresignedRequest,
    origin: (&str, &str),
    body: &str,
) -> Answer {
    let signed = presigned
        .headers()
        .filter(|(name, _)| *name != "content-length");
    let headers: Vec<_> = signed.chain([origin]).collect();
    http.call("PUT", path(http, presigned.uri()), &headers, body)
        .await
}

async fn stored(s3: &aws_sdk_s3::Client, key: &str) -> Option<Vec<u8>> {
    let object = s3.get_object().bucket("box").key(key).send().await.ok()?;
    Some(object.body.collect().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_page_puts_an_object_with_a_presigned_url() {
    let (http, s3) = started().await;
    let url = presigned(&s3, "from a page").await;
    let allowed = preflight(&http, url.uri(), PAGE, "PUT").await;
    assert_eq!((allowed.status, allowed.text().as_str()), (200, ""));
    assert_eq!(allowed.header("access-control-allow-origin"), PAGE.1);
    assert_eq!(allowed.header("access-control-allow-methods"), "PUT");
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        "content-type"
    );
    let answer = put(&http, &url, PAGE, "from a page").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), PAGE.1);
    assert_eq!(answer.header("access-control-expose-headers"), "ETag");
    assert!(!answer.header("etag").is_empty());
    assert_eq!(stored(&s3, "from a page").await.unwrap(), b"from a page");
}

#[tokio::test]
async fn another_page_does_not_come_past_its_preflight() {
    let (http, s3) = started().await;
    let url = presigned(&s3, "k").await;
    preflight(&http, url.uri(), ELSEWHERE, "PUT")
        .await
        .refused(403, "AccessForbidden");
    preflight(&http, url.uri(), PAGE, "DELETE")
        .await
        .refused(403, "AccessForbidden");
    // The rules are the browser's to keep: who puts without asking is let in by the signature, and
    // a page cannot read it.
    let answer = put(&http, &url, ELSEWHERE, "elsewhere").await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, "")
    );
    assert_eq!(stored(&s3, "k").await.unwrap(), b"elsewhere");
}

#[tokio::test]
async fn a_page_may_read_why_its_put_is_refused() {
    let (http, s3) = started().await;
    let url = presigned(&s3, "k").await;
    let other = url.uri().replace("/box/k?", "/box/other?");
    let headers: Vec<_> = url
        .headers()
        .filter(|(name, _)| *name != "content-length")
        .chain([PAGE])
        .collect();
    let answer = http.call("PUT", path(&http, &other), &headers, "x").await;
    answer.refused(403, "SignatureDoesNotMatch");
    assert_eq!(answer.header("access-control-allow-origin"), PAGE.1);
    assert!(stored(&s3, "other").await.is_none());
}
