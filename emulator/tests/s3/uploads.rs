//! Multipart uploads: their completion, and their checksums.

use crate::support::Http;

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
