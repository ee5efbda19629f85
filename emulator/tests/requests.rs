//! S3 in the hands of browsers, infrastructure tools and clients that are no SDK: what a request
//! asks is done or refused, over the real server.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use support::{Answer, Http};

const TAGS: &str =
    "<Tagging><TagSet><Tag><Key>env</Key><Value>dev</Value></Tag></TagSet></Tagging>";

#[tokio::test]
async fn an_answer_that_no_interim_one_preceded_closes_the_connection() {
    let http = Http::start().await;
    http.bucket("box").await;
    for (path, length) in [("/box/empty", 0), ("/absent/empty", 0), ("/absent/one", 1)] {
        let got = http.expecting(path, length).await.to_ascii_lowercase();
        assert!(got.contains("\r\nconnection: close\r\n"), "{path}: {got}");
    }
    let got = http.expecting("/box/one", 1).await;
    assert!(
        got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
        "{got}"
    );
}

#[tokio::test]
async fn a_page_may_use_a_bucket_whose_rules_allow_it() {
    let http = Http::start().await;
    http.bucket("box").await;
    let rules = "<CORSConfiguration><CORSRule><AllowedOrigin>http://localhost:3000</AllowedOrigin>\
        <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>\
        <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>";
    let page = [
        ("origin", "http://localhost:3000"),
        ("access-control-request-method", "PUT"),
    ];
    let preflight = http.call("OPTIONS", "/box/k", &page, "").await;
    assert_eq!(
        (preflight.status, preflight.code()),
        (403, "AccessForbidden".to_owned())
    );
    assert!(
        preflight
            .text()
            .contains("CORS is not enabled for this bucket")
    );
    http.call("GET", "/box?cors", &[], "")
        .await
        .refused(404, "NoSuchCORSConfiguration");
    assert_eq!(http.call("PUT", "/box?cors", &[], rules).await.status, 200);
    let kept = http.call("GET", "/box?cors", &[], "").await;
    assert!(
        kept.text().contains("<AllowedMethod>PUT</AllowedMethod>"),
        "{}",
        kept.text()
    );

    let headers = [
        page[0],
        page[1],
        ("access-control-request-headers", "content-type"),
    ];
    let preflight = http.call("OPTIONS", "/box/k", &headers, "").await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-max-age")),
        (200, "600")
    );
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        "http://localhost:3000"
    );
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        "content-type"
    );
    let elsewhere = [("origin", "http://elsewhere.test"), page[1]];
    http.call("OPTIONS", "/box/k", &elsewhere, "")
        .await
        .refused(403, "AccessForbidden");
    http.call("OPTIONS", "/box/k", &[], "")
        .await
        .refused(400, "BadRequest");

    // What a page may read is said on answers of success and of error alike.
    for (method, path, body, status) in
        [("PUT", "/box/k", "x", 200), ("GET", "/box/absent", "", 404)]
    {
        let answer = http.call(method, path, &page[..1], body).await;
        assert_eq!(
            (
                answer.status,
                answer.header("access-control-expose-headers")
            ),
            (status, "ETag")
        );
        assert!(answer.header("vary").contains("Origin"));
    }
    let other = http.call("GET", "/box/k", &elsewhere[..1], "").await;
    assert_eq!(
        (other.status, other.header("access-control-allow-origin")),
        (200, "")
    );
    assert_eq!(http.call("DELETE", "/box?cors", &[], "").await.status, 204);
    http.call("OPTIONS", "/box/k", &page, "")
        .await
        .refused(403, "AccessForbidden");
}

#[tokio::test]
async fn every_page_may_use_queues() {
    let http = Http::start().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    http.call("POST", "/", &form, "Action=CreateQueue&QueueName=q")
        .await;
    let page = [
        ("origin", "http://localhost:3000"),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,x-amz-target",
        ),
    ];
    for path in ["/", "/000000000000/q"] {
        let preflight = http.call("OPTIONS", path, &page, "").await;
        assert_eq!(
            (
                preflight.status,
                preflight.header("access-control-allow-origin")
            ),
            (200, "*")
        );
        assert_eq!(
            preflight.header("access-control-allow-headers"),
            "content-type,x-amz-target"
        );
    }
    let send = [page[0], form[0]];
    let sent = http
        .call(
            "POST",
            "/000000000000/q",
            &send,
            "Action=SendMessage&MessageBody=x",
        )
        .await;
    assert_eq!(
        (sent.status, sent.header("access-control-allow-origin")),
        (200, "*")
    );
    let refused = http
        .call(
            "POST",
            "/000000000000/absent",
            &send,
            "Action=SendMessage&MessageBody=x",
        )
        .await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (400, "*")
    );
}

#[tokio::test]
async fn settings_of_buckets_are_kept_and_given_back() {
    let http = Http::start().await;
    http.bucket("box").await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}"#;
    for (name, absent, document, shown) in [
        ("tagging", "NoSuchTagSet", TAGS, "<Value>dev</Value>"),
        ("policy", "NoSuchBucketPolicy", policy, "s3:GetObject"),
        (
            "lifecycle",
            "NoSuchLifecycleConfiguration",
            "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>t/</Prefix></Filter>\
                <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
            "<Days>1</Days>",
        ),
        (
            "website",
            "NoSuchWebsiteConfiguration",
            "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>",
            "<Suffix>index.html</Suffix>",
        ),
    ] {
        let path = format!("/box?{name}");
        http.call("GET", &path, &[], "").await.refused(404, absent);
        let put = http.call("PUT", &path, &[], document).await;
        assert!((200..300).contains(&put.status), "{name}: {}", put.text());
        assert!(
            http.call("GET", &path, &[], "")
                .await
                .text()
                .contains(shown),
            "{name}"
        );
        assert_eq!(
            http.call("DELETE", &path, &[], "").await.status,
            204,
            "{name}"
        );
        http.call("GET", &path, &[], "").await.refused(404, absent);
    }
    http.call("GET", "/absent?tagging", &[], "")
        .await
        .refused(404, "NoSuchBucket");
    http.call("PUT", "/box?policy", &[], "junk")
        .await
        .refused(400, "MalformedPolicy");
}

#[tokio::test]
async fn buckets_have_the_defaults_of_s3() {
    let http = Http::start().await;
    http.bucket("box").await;
    for (name, shown) in [
        ("acl", "FULL_CONTROL"),
        ("encryption", "AES256"),
        (
            "publicAccessBlock",
            "<BlockPublicAcls>true</BlockPublicAcls>",
        ),
        ("ownershipControls", "BucketOwnerEnforced"),
        ("requestPayment", "<Payer>BucketOwner</Payer>"),
        ("notification", "NotificationConfiguration"),
        ("logging", "BucketLoggingStatus"),
        ("accelerate", "AccelerateConfiguration"),
        ("versioning", "VersioningConfiguration"),
    ] {
        let answer = http.call("GET", &format!("/box?{name}"), &[], "").await;
        assert!(
            answer.status == 200 && answer.text().contains(shown),
            "{name}: {}",
            answer.text()
        );
    }
    for (name, absent) in [
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("policyStatus", "NoSuchBucketPolicy"),
    ] {
        http.call("GET", &format!("/box?{name}"), &[], "")
            .await
            .refused(404, absent);
    }
    for (name, absent) in [
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
    ] {
        assert_eq!(
            http.call("DELETE", &format!("/box?{name}"), &[], "")
                .await
                .status,
            204
        );
        http.call("GET", &format!("/box?{name}"), &[], "")
            .await
            .refused(404, absent);
    }
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    assert_eq!(
        http.call("PUT", "/box?publicAccessBlock", &[], block)
            .await
            .status,
        200
    );
    let events = "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:r:000000000000:q</Queue>\
        <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>";
    http.call("PUT", "/box?notification", &[], events)
        .await
        .refused(501, "NotImplemented");
    assert_eq!(
        http.call(
            "PUT",
            "/box?notification",
            &[],
            "<NotificationConfiguration/>"
        )
        .await
        .status,
        200
    );
}

#[tokio::test]
async fn objects_have_tags_lists_of_access_and_attributes() {
    let http = Http::start().await;
    http.bucket("box").await;
    let put = http
        .call(
            "PUT",
            "/box/k",
            &[("x-amz-tagging", "a=1"), ("x-amz-acl", "public-read")],
            "x",
        )
        .await;
    assert_eq!(put.header("x-amz-server-side-encryption"), "AES256");
    assert_eq!(
        (
            put.header("x-amz-checksum-crc64nvme"),
            put.header("x-amz-checksum-type")
        ),
        (CRC_OF_X, "FULL_OBJECT")
    );
    let before = http.call("HEAD", "/box/k", &[], "").await;
    assert_eq!(
        http.call("PUT", "/box/k?tagging", &[], TAGS).await.status,
        200
    );
    assert!(
        http.call("GET", "/box/k?tagging", &[], "")
            .await
            .text()
            .contains("<Value>dev</Value>")
    );
    assert_eq!(
        http.call("DELETE", "/box/k?tagging", &[], "").await.status,
        204
    );
    assert!(
        !http
            .call("GET", "/box/k?tagging", &[], "")
            .await
            .text()
            .contains("<Tag>")
    );
    assert!(
        http.call("GET", "/box/k?acl", &[], "")
            .await
            .text()
            .contains("AllUsers")
    );
    assert_eq!(
        http.call("PUT", "/box/k?acl", &[("x-amz-acl", "private")], "")
            .await
            .status,
        200
    );
    assert!(
        !http
            .call("GET", "/box/k?acl", &[], "")
            .await
            .text()
            .contains("AllUsers")
    );
    let after = http.call("HEAD", "/box/k", &[], "").await;
    for name in ["etag", "last-modified", "content-length"] {
        assert_eq!(before.header(name), after.header(name), "{name}");
    }
    let asked = [(
        "x-amz-object-attributes",
        "ETag,ObjectSize,Checksum,StorageClass",
    )];
    let attributes = http
        .call("GET", "/box/k?attributes", &asked, "")
        .await
        .text();
    for shown in [
        "<ObjectSize>1</ObjectSize>",
        CRC_OF_X,
        "<StorageClass>STANDARD</StorageClass>",
    ] {
        assert!(attributes.contains(shown), "{attributes}");
    }
    let versions = http.call("GET", "/box?versions", &[], "").await.text();
    assert!(
        versions.contains("<VersionId>null</VersionId>")
            && versions.contains("<IsLatest>true</IsLatest>")
    );
    assert_eq!(
        http.call("GET", "/box/k?versionId=null", &[], "")
            .await
            .status,
        200
    );
    http.call("GET", "/box/k?versionId=other", &[], "")
        .await
        .refused(404, "NoSuchVersion");
}

/// CRC64NVME of `x`, computed bit by bit by another program.
const CRC_OF_X: &str = "Lb1nAmRU5LE=";

#[tokio::test]
async fn conditions_of_deletes_hold() {
    let http = Http::start().await;
    http.bucket("box").await;
    http.call("PUT", "/box/kept", &[], "x").await;
    let delete = |more: &str| format!("<Delete><Object><Key>kept</Key>{more}</Object></Delete>");
    let other = format!("<ETag>&quot;{}&quot;</ETag>", "0".repeat(32));
    for wrong in [
        &other,
        "<Size>2</Size>",
        "<LastModifiedTime>Thu, 01 Jan 2015 00:00:00 GMT</LastModifiedTime>",
    ] {
        let answer = http.call("POST", "/box?delete", &[], &delete(wrong)).await;
        assert!(
            answer.text().contains("<Code>PreconditionFailed</Code>"),
            "{wrong}: {}",
            answer.text()
        );
    }
    let answer = http
        .call(
            "POST",
            "/box?delete",
            &[],
            &delete("<VersionId>x</VersionId>"),
        )
        .await;
    assert!(
        answer.text().contains("<Code>NoSuchVersion</Code>"),
        "{}",
        answer.text()
    );
    http.call("DELETE", "/box/kept", &[("x-amz-if-match-size", "2")], "")
        .await
        .refused(412, "PreconditionFailed");
    assert_eq!(http.call("GET", "/box/kept", &[], "").await.text(), "x");
    let wrong = [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")];
    http.call("POST", "/box?delete", &wrong, &delete(""))
        .await
        .refused(400, "BadDigest");
    let answer = http
        .call("POST", "/box?delete", &[], &delete("<Size>1</Size>"))
        .await;
    assert!(answer.text().contains("<Deleted>"), "{}", answer.text());
    http.call("GET", "/box/kept", &[], "")
        .await
        .refused(404, "NoSuchKey");
}

#[tokio::test]
async fn copies_and_parts_have_conditions() {
    let http = Http::start().await;
    http.bucket("box").await;
    let etag = http
        .call("PUT", "/box/from", &[], "source")
        .await
        .header("etag")
        .to_owned();
    let upload = http.begin("/box/to").await;
    let part = format!("/box/to?partNumber=1&uploadId={upload}");
    for path in ["/box/copy", part.as_str()] {
        let copy = |name: &'static str, value: &str| {
            [
                ("x-amz-copy-source", "/box/from".to_owned()),
                (name, value.to_owned()),
            ]
        };
        let call = async |headers: [(&'static str, String); 2]| {
            let headers = headers
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            http.call("PUT", path, &headers, "").await
        };
        let failed = call(copy("x-amz-copy-source-if-match", "\"other\"")).await;
        failed.refused(412, "PreconditionFailed");
        call(copy("x-amz-copy-source-if-none-match", &etag))
            .await
            .refused(412, "PreconditionFailed");
        let past = "Thu, 01 Jan 2015 00:00:00 GMT";
        call(copy("x-amz-copy-source-if-unmodified-since", past))
            .await
            .refused(412, "PreconditionFailed");
        assert_eq!(
            call(copy("x-amz-copy-source-if-match", &etag)).await.status,
            200,
            "{path}"
        );
        call(copy("x-amz-source-expected-bucket-owner", "111111111111"))
            .await
            .refused(403, "AccessDenied");
    }
}

#[tokio::test]
async fn uploads_are_completed_as_they_were_begun() {
    let http = Http::start().await;
    http.bucket("box").await;
    let large = "a".repeat(5 * 1024 * 1024);
    let upload = http.begin("/box/k").await;
    let mut rows = String::new();
    for (number, body) in [(2, large.as_str()), (7, "bb")] {
        let part = http
            .call(
                "PUT",
                &format!("/box/k?partNumber={number}&uploadId={upload}"),
                &[],
                body,
            )
            .await;
        rows += &format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>",
            part.header("etag")
        );
    }
    let listed = http
        .call(
            "GET",
            &format!("/box/k?uploadId={upload}&max-parts=1"),
            &[],
            "",
        )
        .await
        .text();
    for shown in [
        "<NextPartNumberMarker>2</NextPartNumberMarker>",
        "<StorageClass>STANDARD</StorageClass>",
        "<Owner>",
    ] {
        assert!(listed.contains(shown), "{listed}");
    }
    let uploads = http
        .call("GET", "/box?uploads&prefix=k", &[], "")
        .await
        .text();
    assert!(
        uploads.contains(&upload) && uploads.contains("<Initiator>"),
        "{uploads}"
    );
    assert!(
        !http
            .call("GET", "/box?uploads&key-marker=k", &[], "")
            .await
            .text()
            .contains(&upload)
    );

    let (path, document) = (
        format!("/box/k?uploadId={upload}"),
        format!("<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>"),
    );
    http.call("POST", &path, &[("x-amz-mp-object-size", "5")], &document)
        .await
        .refused(400, "InvalidRequest");
    http.call(
        "POST",
        &path,
        &[("x-amz-checksum-crc32", "AAAAAA==")],
        &document,
    )
    .await
    .refused(400, "BadDigest");
    http.call("POST", &path, &[("if-match", "\"x\"")], &document)
        .await
        .refused(404, "NoSuchKey");
    let done = http
        .call("POST", &path, &[("if-none-match", "*")], &document)
        .await
        .text();
    assert!(
        done.contains(&format!("<Location>{}/box/k</Location>", http.root())),
        "{done}"
    );
    assert!(
        done.contains("<ChecksumCRC64NVME>") && done.contains("FULL_OBJECT"),
        "{done}"
    );

    let second = http.call("GET", "/box/k?partNumber=7", &[], "").await;
    assert_eq!(
        (
            second.status,
            second.text().as_str(),
            second.header("x-amz-mp-parts-count")
        ),
        (206, "bb", "2")
    );
    let first = http.call("HEAD", "/box/k?partNumber=2", &[], "").await;
    assert_eq!(
        (first.status, first.header("content-length")),
        (206, "5242880")
    );
    http.call("GET", "/box/k?partNumber=3", &[], "")
        .await
        .refused(416, "InvalidPartNumber");
    http.call("GET", "/box/k?partNumber=2", &[("range", "bytes=0-1")], "")
        .await
        .refused(400, "InvalidRequest");
    assert_eq!(
        http.call("HEAD", "/box/k", &[("range", "bytes=0-1")], "")
            .await
            .status,
        206
    );
}

#[tokio::test]
async fn the_checksums_of_an_upload_are_asked_for_and_held_to() {
    let http = Http::start().await;
    http.bucket("box").await;
    let begun = http
        .call(
            "POST",
            "/box/k?uploads",
            &[("x-amz-checksum-algorithm", "SHA256")],
            "",
        )
        .await;
    let upload = begun.between("<UploadId>", "</UploadId>");
    let part = format!("/box/k?partNumber=1&uploadId={upload}");
    http.call("PUT", &part, &[("x-amz-checksum-crc32", "AAAAAA==")], "x")
        .await
        .refused(400, "InvalidRequest");
    let sent = http.call("PUT", &part, &[], "x").await;
    let (etag, sum) = (
        sent.header("etag").to_owned(),
        sent.header("x-amz-checksum-sha256").to_owned(),
    );
    let document = |more: &str| {
        let part = format!("<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>{more}</Part>");
        format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>")
    };
    let path = format!("/box/k?uploadId={upload}");
    http.call("POST", &path, &[], &document(""))
        .await
        .refused(400, "InvalidRequest");
    let wrong = format!("<ChecksumSHA256>{}</ChecksumSHA256>", "A".repeat(43) + "=");
    http.call("POST", &path, &[], &document(&wrong))
        .await
        .refused(400, "InvalidPart");
    let right = document(&format!("<ChecksumSHA256>{sum}</ChecksumSHA256>"));
    http.call(
        "POST",
        &path,
        &[("x-amz-checksum-type", "FULL_OBJECT")],
        &right,
    )
    .await
    .refused(400, "InvalidRequest");
    assert!(
        http.call("POST", &path, &[], &right)
            .await
            .text()
            .contains("COMPOSITE")
    );
    let asked = [("x-amz-object-attributes", "ObjectParts")];
    let parts = http
        .call("GET", "/box/k?attributes", &asked, "")
        .await
        .text();
    assert!(
        parts.contains("<PartsCount>1</PartsCount>") && parts.contains(&sum),
        "{parts}"
    );
    let twice = [
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-checksum-sha1", "AAAA"),
    ];
    http.call("PUT", "/box/k", &twice, "x")
        .await
        .refused(400, "InvalidRequest");
    http.call(
        "PUT",
        "/box/k",
        &[("x-amz-sdk-checksum-algorithm", "MD4")],
        "x",
    )
    .await
    .refused(400, "InvalidRequest");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_not_passed_over() {
    let http = Http::start().await;
    http.bucket("box").await;
    http.call("PUT", "/box/k", &[], "x").await;
    for (method, path, name, value) in [
        ("PUT", "/box/k", "x-amz-object-lock-mode", "GOVERNANCE"),
        ("PUT", "/box/k", "x-amz-object-lock-legal-hold", "ON"),
        (
            "PUT",
            "/box/k",
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
        ),
        (
            "GET",
            "/box/k",
            "x-amz-server-side-encryption-customer-key",
            "a2V5",
        ),
        ("PUT", "/box/k", "x-amz-write-offset-bytes", "1"),
        ("DELETE", "/box/k", "x-amz-mfa", "serial 123456"),
        ("PUT", "/locked", "x-amz-bucket-object-lock-enabled", "true"),
    ] {
        let body = if path == "/locked" { "" } else { "new" };
        let answer = http.call(method, path, &[(name, value)], body).await;
        answer.refused(501, "NotImplemented");
        assert!(
            answer.text().to_ascii_lowercase().contains(name),
            "{}",
            answer.text()
        );
    }
    assert_eq!(http.call("GET", "/box/k", &[], "").await.text(), "x");
    let stranger = [("x-amz-expected-bucket-owner", "111111111111")];
    http.call("GET", "/box/k", &stranger, "")
        .await
        .refused(403, "AccessDenied");
    assert_eq!(
        http.call(
            "GET",
            "/box/k",
            &[("x-amz-expected-bucket-owner", "000000000000")],
            ""
        )
        .await
        .status,
        200
    );
    http.call("PUT", "/box/k", &[("x-amz-storage-class", "WARM")], "x")
        .await
        .refused(400, "InvalidStorageClass");
    http.call("PUT", "/box/k", &[("x-amz-tagging", "a=1&a=2")], "x")
        .await
        .refused(400, "InvalidArgument");
    http.call(
        "PUT",
        "/box/cold",
        &[("x-amz-storage-class", "GLACIER")],
        "x",
    )
    .await;
    http.call("GET", "/box/cold", &[], "")
        .await
        .refused(403, "InvalidObjectState");
    http.call("GET", "/box?encoding-type=base64", &[], "")
        .await
        .refused(400, "InvalidArgument");
}

#[tokio::test]
async fn what_is_kept_of_an_object_is_given_back() {
    let http = Http::start().await;
    http.bucket("box").await;
    let said = [
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/other"),
        ("x-amz-server-side-encryption", "aws:kms"),
        (
            "x-amz-server-side-encryption-aws-kms-key-id",
            "arn:aws:kms:r:000000000000:key/k",
        ),
    ];
    let put: Answer = http.call("PUT", "/box/k", &said, "x").await;
    assert_eq!(put.header("x-amz-server-side-encryption"), "aws:kms");
    for method in ["GET", "HEAD"] {
        let read = http
            .call(method, "/box/k?response-content-type=text/x", &[], "")
            .await;
        for (name, value) in said {
            assert_eq!(read.header(name), value, "{method} {name}");
        }
        assert_eq!(read.header("content-type"), "text/x", "{method}");
    }
    assert!(
        http.call("GET", "/box", &[], "")
            .await
            .text()
            .contains("<StorageClass>STANDARD_IA</StorageClass>")
    );
    let place = "<CreateBucketConfiguration><LocationConstraint>eu-north-1</LocationConstraint></CreateBucketConfiguration>";
    http.call("PUT", "/there", &[], place).await;
    assert!(
        http.call("GET", "/there?location", &[], "")
            .await
            .text()
            .contains("eu-north-1")
    );
    let listed = http
        .call("GET", "/?max-buckets=1&prefix=b", &[], "")
        .await
        .text();
    assert!(
        listed.contains("<Name>box</Name>") && !listed.contains("there"),
        "{listed}"
    );
}
