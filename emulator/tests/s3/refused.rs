//! Requests that the emulator refuses, instead of ignoring a part of them.

use crate::support::Http;

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
