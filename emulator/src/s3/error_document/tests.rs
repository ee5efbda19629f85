use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::header::{AUTHORIZATION, HeaderName, RANGE};
use http_body_util::BodyExt as _;
use s3s::{S3Error, S3ErrorCode};

use super::messages::MESSAGES;
use super::request_summary::COPY_SOURCE;
use super::{REQUEST_ID, RequestSummary, between};

fn asked(uri: &str, headers: &[(HeaderName, &str)]) -> RequestSummary {
    let mut request = Request::get(uri).body(Body::empty()).unwrap();
    request.headers_mut().extend(
        headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap())),
    );
    RequestSummary::of(&request)
}

async fn completed(asked: &RequestSummary, error: S3Error) -> String {
    let response = asked
        .complete(error.to_http_response().unwrap().map(Body::new))
        .await;
    let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
    let text = String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap();
    assert!(
        text.ends_with(&format!("<RequestId>{id}</RequestId></Error>")),
        "{text}"
    );
    text
}

fn code(name: &str) -> S3ErrorCode {
    name.parse().unwrap()
}

#[tokio::test]
async fn every_code_leaves_with_a_message() {
    let asked = asked("http://h/box/k", &[]);
    let all = MESSAGES
        .iter()
        .map(|(name, text)| (*name, (*text).to_owned()));
    let unknown = ("Odd", "S3 refuses this request with Odd.".to_owned());
    for (name, expected) in all.chain([unknown]) {
        for bare in [
            S3Error::new(code(name)),
            S3Error::with_message(code(name), ""),
        ] {
            let text = completed(&asked, bare).await;
            assert!(
                text.contains(&format!("<Code>{name}</Code><Message>")),
                "{text}"
            );
            let message = quick(&text);
            assert_eq!(message, expected, "{text}");
            assert_eq!(text.matches("<Message").count(), 1, "{text}");
        }
    }
}

/// The message, unescaped.
fn quick(text: &str) -> String {
    between(text, "Message")
        .unwrap()
        .replace("&apos;", "'")
        .replace("&#39;", "'")
}

#[tokio::test]
async fn a_text_of_its_own_stays_unless_the_library_words_it_otherwise() {
    let asked = asked("http://h/box/k", &[]);
    let own = completed(
        &asked,
        S3Error::with_message(code("InvalidRequest"), "a < b"),
    )
    .await;
    assert!(own.contains("<Message>a &lt; b</Message>"), "{own}");
    let worded = completed(
        &asked,
        S3Error::with_message(code("RequestTimeTooSkewed"), "other"),
    )
    .await;
    assert_eq!(
        quick(&worded),
        "The difference between the request time and the current time is too large."
    );
    assert!(!worded.contains("other"), "{worded}");
}

#[tokio::test]
async fn an_error_shows_what_it_is_about() {
    let signed = "AWS4-HMAC-SHA256 Credential=KEY/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=abc";
    let long = format!("http://h/box/{}", "k".repeat(1025));
    for (uri, header, name, members) in [
        (
            "http://h/Bad_Name",
            None,
            "InvalidBucketName",
            "<BucketName>Bad_Name</BucketName>",
        ),
        (
            "http://h/box?cors",
            None,
            "NoSuchCORSConfiguration",
            "<BucketName>box</BucketName>",
        ),
        (
            "http://h/box/a%20b/c",
            None,
            "NoSuchKey",
            "<Key>a b/c</Key>",
        ),
        (
            "http://box.s3.localhost.localstack.cloud/a/b",
            None,
            "NoSuchKey",
            "<Key>a/b</Key>",
        ),
        (
            &long,
            None,
            "KeyTooLongError",
            "<Size>1025</Size><MaxSizeAllowed>1024</MaxSizeAllowed>",
        ),
        (
            "http://h/box/k?uploadId=u%2B",
            None,
            "NoSuchUpload",
            "<UploadId>u+</UploadId>",
        ),
        (
            "http://h/box/%ff",
            None,
            "InvalidURI",
            "<URI>/box/%ff</URI>",
        ),
        (
            "http://h/box/k",
            None,
            "MethodNotAllowed",
            "<Method>GET</Method><ResourceType>OBJECT</ResourceType>",
        ),
        (
            "http://h/box/k",
            Some((RANGE, "bytes=9-")),
            "InvalidRange",
            "<RangeRequested>bytes=9-</RangeRequested>",
        ),
        (
            "http://h/",
            Some((AUTHORIZATION, signed)),
            "SignatureDoesNotMatch",
            "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>abc</SignatureProvided>",
        ),
        (
            "http://h/",
            Some((AUTHORIZATION, "AWS KEY:abc=")),
            "SignatureDoesNotMatch",
            "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>abc=</SignatureProvided>",
        ),
        (
            "http://h/box/k?AWSAccessKeyId=KEY&Signature=a%2Fb&Expires=1",
            None,
            "SignatureDoesNotMatch",
            "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>a/b</SignatureProvided>",
        ),
        (
            "http://h/box/k?X-Amz-Credential=KEY%2F20260101%2Fr%2Fs3%2Faws4_request",
            None,
            "InvalidAccessKeyId",
            "<AWSAccessKeyId>KEY</AWSAccessKeyId>",
        ),
    ] {
        let asked = asked(uri, &header.into_iter().collect::<Vec<_>>());
        let text = completed(&asked, S3Error::new(code(name))).await;
        assert!(
            text.contains(&format!("</Message>{members}<RequestId>")),
            "{name}: {text}"
        );
    }
}

#[tokio::test]
async fn of_a_copy_no_name_is_shown_and_what_is_no_error_document_stays() {
    let copy = asked("http://h/box/k", &[(COPY_SOURCE, "box/absent")]);
    let text = completed(&copy, S3Error::new(code("NoSuchKey"))).await;
    assert!(!text.contains("<Key>"), "{text}");
    let mut response = Response::new(Body::from("busy"));
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    let body = copy
        .complete(response)
        .await
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    assert_eq!(&body[..], b"busy");
}
