//! Pages in a browser: buckets by their CORS rules, and queues for every origin.

use crate::support::Http;

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
