//! Calls to a service that answers on this machine.

use super::*;

/// A service in another year, which takes only signatures of its own day.
async fn elsewhen(
    headers: http::HeaderMap,
) -> (
    http::StatusCode,
    [(http::HeaderName, &'static str); 1],
    &'static str,
) {
    let is_right = headers["x-amz-date"]
        .to_str()
        .unwrap()
        .starts_with("20010909T01");
    let status = if is_right {
        http::StatusCode::OK
    } else {
        http::StatusCode::FORBIDDEN
    };
    let date = (http::header::DATE, "Sun, 09 Sep 2001 01:46:40 GMT");
    (status, [date], r#"{"__type": "InvalidSignatureException"}"#)
}

#[tokio::test]
async fn a_wrong_clock_is_set_right_by_the_first_refusal() {
    crate::program::install_tls();
    let listener = crate::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(elsewhen);
    tokio::spawn(crate::serve::serve(
        listener,
        app,
        tokio_util::sync::CancellationToken::new(),
    ));
    let services = Services::new(aws::local(&endpoint).await).unwrap();
    let call = Call {
        method: http::Method::POST,
        url: "https://sqs.eu-west-1.amazonaws.com/".parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    for _ in 0..2 {
        let reply = services
            .send(call.clone(), "sqs", "eu-west-1", Duration::from_secs(20))
            .await
            .unwrap();
        assert_eq!(reply.status, http::StatusCode::OK);
    }
}

#[tokio::test]
async fn a_local_configuration_is_the_programs_own() {
    let config = aws::local("http://127.0.0.1:1").await;
    assert!(config.get_origin("endpoint_url").is_client_config());
}

/// STS, which lets nobody be `denied`, and a service that answers with the key that signed.
async fn sts_and_service(headers: http::HeaderMap, body: String) -> (http::StatusCode, String) {
    if body.contains("Action=AssumeRole") {
        if body.contains("denied") {
            let refusal = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
            return (http::StatusCode::FORBIDDEN, refusal.to_owned());
        }
        let credentials = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                           <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>";
        return (http::StatusCode::OK, credentials.to_owned());
    }
    let signed = headers["authorization"].to_str().unwrap();
    let key = signed.split(['=', '/']).nth(1).unwrap_or_default();
    (http::StatusCode::OK, key.to_owned())
}

#[tokio::test]
async fn a_role_is_assumed_where_that_is_wanted() {
    crate::program::install_tls();
    let listener = crate::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(sts_and_service);
    let stop = tokio_util::sync::CancellationToken::new();
    tokio::spawn(crate::serve::serve(listener, app, stop));
    let call = Call {
        method: http::Method::POST,
        url: "https://sqs.eu-west-1.amazonaws.com/".parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    let services = Services::new(aws::local(&endpoint).await).unwrap();
    let assuming = services.clone().with_roles_at_endpoints();
    let role = |name: &str| Identity::Role(format!("arn:aws:iam::123456789012:role/{name}"));
    let own = Identity::Fixed(Credentials::new("OWN", "s", None, None, "test"));
    for (services, identity, expected) in [
        (&services, role("a"), "test"),
        (&assuming, role("a"), "ASIAROLE"),
        (&assuming, Identity::Environment, "test"),
        (&services, own, "OWN"),
    ] {
        let sent = services.send_as(
            &identity,
            call.clone(),
            "sqs",
            "eu-west-1",
            Duration::from_secs(20),
        );
        assert_eq!(sent.await.unwrap().body, expected, "{identity:?}");
    }
    let denied = assuming
        .send_as(
            &role("denied"),
            call,
            "sqs",
            "eu-west-1",
            Duration::from_secs(20),
        )
        .await
        .unwrap_err();
    let text = denied.to_string();
    assert!(
        text.contains("role/denied: STS answered 403 AccessDenied: no"),
        "{text}"
    );
}
