//! Conditions of deletes, copies and parts.

use crate::support::Http;

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
