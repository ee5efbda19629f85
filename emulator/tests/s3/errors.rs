//! Errors that the S3 library makes before an operation begins: each leaves with S3's status,
//! message and members.

use crate::support::{Answer, Http};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");

#[track_caller]
fn check(answer: &Answer, status: u16, code: &str, message: &str, members: &str) {
    answer.refused(status, code);
    let text = answer.text();
    let unescaped = answer
        .between("<Message>", "</Message>")
        .replace("&apos;", "'")
        .replace("&quot;", "\"");
    assert_eq!(unescaped, message, "{text}");
    assert!(
        text.contains(&format!("</Message>{members}<RequestId>")),
        "{text}"
    );
    assert_eq!(
        answer.between("<RequestId>", "</RequestId>"),
        answer.header("x-amz-request-id")
    );
}

#[tokio::test]
async fn every_error_has_its_message() {
    let http = Http::start().await;
    http.bucket("box").await;
    assert_eq!(http.call("PUT", "/box/k", &[], "four").await.status, 200);
    let id = http.begin("/box/k").await;
    let long = "k".repeat(1025);
    let malformed =
        "The XML you provided was not well-formed or did not validate against our published schema";
    let range = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
                 zero-based offsets of the first and last bytes to copy";
    let copied = [
        ("x-amz-copy-source", "box/k"),
        ("x-amz-copy-source-range", "4-"),
    ];
    let part = format!("/box/k?partNumber=1&uploadId={id}");
    let not_allowed = "The specified method is not allowed against this resource.";
    let post = "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\na\r\n--x--\r\n";
    let bad_name = "The specified bucket is not valid.";
    let ended = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
                 completed.";
    let named = |name: &str| format!("<BucketName>{name}</BucketName>");
    let not_there = (
        "The specified bucket does not exist",
        "The specified key does not exist.",
    );
    for (method, path, headers, body, status, code, message, members) in [
        (
            "PUT",
            "/Bad_Name",
            &[][..],
            "",
            400,
            "InvalidBucketName",
            bad_name,
            named("Bad_Name"),
        ),
        (
            "GET",
            "/ab/k",
            &[],
            "",
            400,
            "InvalidBucketName",
            bad_name,
            named("ab"),
        ),
        (
            "PUT",
            &format!("/box/{long}"),
            &[],
            "x",
            400,
            "KeyTooLongError",
            "Your key is too long",
            "<Size>1025</Size><MaxSizeAllowed>1024</MaxSizeAllowed>".to_owned(),
        ),
        (
            "GET",
            "/box/%ff",
            &[],
            "",
            400,
            "InvalidURI",
            "Couldn't parse the specified URI.",
            "<URI>/box/%ff</URI>".to_owned(),
        ),
        (
            "PUT",
            "/box?cors",
            &[],
            "",
            400,
            "MissingRequestBodyError",
            "Request Body is empty",
            String::new(),
        ),
        (
            "PUT",
            "/box?cors",
            &[],
            "<CORS",
            400,
            "MalformedXML",
            malformed,
            String::new(),
        ),
        (
            "POST",
            "/box?delete",
            &[],
            "<Delete><Object/></Delete>",
            400,
            "MalformedXML",
            malformed,
            String::new(),
        ),
        (
            "POST",
            "/box/k",
            &[FORM],
            post,
            405,
            "MethodNotAllowed",
            not_allowed,
            "<Method>POST</Method><ResourceType>OBJECT</ResourceType>".to_owned(),
        ),
        (
            "GET",
            "/box/k",
            &[("range", "bytes=4-")],
            "",
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
            "<RangeRequested>bytes=4-</RangeRequested>".to_owned(),
        ),
        (
            "PUT",
            &part,
            &copied,
            "",
            400,
            "InvalidArgument",
            range,
            String::new(),
        ),
        (
            "GET",
            "/absent/k",
            &[],
            "",
            404,
            "NoSuchBucket",
            not_there.0,
            named("absent"),
        ),
        (
            "GET",
            "/box/absent",
            &[],
            "",
            404,
            "NoSuchKey",
            not_there.1,
            "<Key>absent</Key>".to_owned(),
        ),
        (
            "GET",
            "/box/k?uploadId=u",
            &[],
            "",
            404,
            "NoSuchUpload",
            ended,
            "<UploadId>u</UploadId>".to_owned(),
        ),
    ] {
        let answer = http.call(method, path, headers, body).await;
        check(&answer, status, code, message, &members);
    }
    let head = http.call("HEAD", "/box/absent", &[], "").await;
    assert_eq!((head.status, head.text().as_str()), (404, ""));
    assert_eq!(
        http.call("GET", "/box/k", &[], "")
            .await
            .header("x-amz-request-id")
            .len(),
        16
    );
}

const WRONG_SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

/// Now, as Signature Version 4 writes it.
fn now() -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(kit::time::wall())
        .format(format)
        .unwrap()
}

/// `date`: as `x-amz-date`.
fn authorization(key: &str, date: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/{}/eu-west-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}",
        &date[..8]
    )
}

#[tokio::test]
async fn signatures_that_are_wrong_have_their_message() {
    let http = Http::start_for(Some("test:secret"), &["box"]).await;
    let (now, wrong) = (now(), "0".repeat(64));
    let ask = async |path: &str, authorization: &str, date: &str| {
        let headers = [
            ("authorization", authorization),
            ("x-amz-date", date),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ];
        http.call(
            "GET",
            path,
            &headers[..if authorization.is_empty() { 0 } else { 3 }],
            "",
        )
        .await
    };
    let shown = format!(
        "<AWSAccessKeyId>test</AWSAccessKeyId><SignatureProvided>{wrong}</SignatureProvided>"
    );
    let answer = ask("/", &authorization("test", &now, &wrong), &now).await;
    check(
        &answer,
        403,
        "SignatureDoesNotMatch",
        WRONG_SIGNATURE,
        &shown,
    );
    let scope = format!("test%2F{}%2Feu-west-1%2Fs3%2Faws4_request", &now[..8]);
    let presigned = format!(
        "/box/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date={now}&X-Amz-Expires=60&\
         X-Amz-SignedHeaders=host&X-Amz-Signature={wrong}"
    );
    check(
        &ask(&presigned, "", "").await,
        403,
        "SignatureDoesNotMatch",
        WRONG_SIGNATURE,
        &shown,
    );
    let second = "/box/k?AWSAccessKeyId=test&Signature=b%2B&Expires=4000000000";
    let shown = "<AWSAccessKeyId>test</AWSAccessKeyId><SignatureProvided>b+</SignatureProvided>";
    check(
        &ask(second, "", "").await,
        403,
        "SignatureDoesNotMatch",
        WRONG_SIGNATURE,
        shown,
    );

    let unknown = "The AWS Access Key Id you provided does not exist in our records.";
    let shown = "<AWSAccessKeyId>other</AWSAccessKeyId>";
    let answer = ask("/", &authorization("other", &now, &wrong), &now).await;
    check(&answer, 403, "InvalidAccessKeyId", unknown, shown);
    let old = "20200101T000000Z";
    let answer = ask("/", &authorization("test", old, &wrong), old).await;
    let message = "The difference between the request time and the current time is too large.";
    let server = answer.between("<ServerTime>", "</ServerTime>");
    let shown = format!(
        "<RequestTime>{old}</RequestTime><ServerTime>{server}</ServerTime>\
         <MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"
    );
    check(&answer, 403, "RequestTimeTooSkewed", message, &shown);
    assert!(server.starts_with(&format!("{}-", &now[..4])), "{server}");
    let unsigned = ask("/box/k", "", "").await;
    unsigned.refused(403, "AccessDenied");
    assert!(!unsigned.between("<Message>", "</Message>").is_empty());
}

/// A body in chunks of which each is signed: one signature that is not right is as wrong as that of
/// the head.
#[tokio::test]
async fn a_chunk_with_another_signature_is_refused_as_one() {
    let http = Http::start_for(Some("test:secret"), &["box"]).await;
    let (date, host) = (
        now(),
        http.root().strip_prefix("http://").unwrap().to_owned(),
    );
    let scope = format!("{}/eu-west-1/s3/aws4_request", &date[..8]);
    let streaming = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let request = format!(
        "PUT\n/box/k\n\nhost:{host}\nx-amz-content-sha256:{streaming}\nx-amz-date:{date}\n\n\
         host;x-amz-content-sha256;x-amz-date\n{streaming}"
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex::encode(Sha256::digest(request.as_bytes()))
    );
    let sign = |text: &str| {
        let signing_key = generate_signing_key("secret", kit::time::wall(), "eu-west-1", "s3");
        calculate_signature(signing_key, text.as_bytes())
    };
    let seed = sign(&text);
    let empty = hex::encode(Sha256::digest(b""));
    let chunk = |before: &str, data: &str| {
        let digest = hex::encode(Sha256::digest(data.as_bytes()));
        sign(&format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{before}\n{empty}\n{digest}"
        ))
    };
    let first = chunk(&seed, "data");
    let last = chunk(&first, "");
    let wrong = "0".repeat(64);
    for (first, status) in [(&first, 200), (&wrong, 403)] {
        let body = format!("4;chunk-signature={first}\r\ndata\r\n0;chunk-signature={last}\r\n\r\n");
        let headers = [
            ("authorization", authorization("test", &date, &seed)),
            ("x-amz-date", date.clone()),
            ("x-amz-content-sha256", streaming.to_owned()),
            ("x-amz-decoded-content-length", "4".to_owned()),
            ("content-encoding", "aws-chunked".to_owned()),
        ];
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect::<Vec<_>>();
        let answer = http.call("PUT", "/box/k", &headers, body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 403 {
            let shown = format!(
                "<AWSAccessKeyId>test</AWSAccessKeyId><SignatureProvided>{seed}</SignatureProvided>"
            );
            check(
                &answer,
                403,
                "SignatureDoesNotMatch",
                WRONG_SIGNATURE,
                &shown,
            );
        }
    }
}
