//! Objects: tags, ACLs, attributes and headers; and the end of a connection without an interim
//! response.

use crate::support::{Answer, Http};

const TAGS: &str =
    "<Tagging><TagSet><Tag><Key>env</Key><Value>dev</Value></Tag></TagSet></Tagging>";

/// CRC64NVME of `x`, computed bit by bit by another program.
const CRC_OF_X: &str = "Lb1nAmRU5LE=";

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
