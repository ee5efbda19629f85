//! The addresses of the emulator's own beside the services: `/metrics` and the look into a queue.

#![allow(clippy::unwrap_used, reason = "a test")]

use axum::Router;
use axum::body::Body;
use emulator::{Credentials, Emulator, Node, s3};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const LOOK: &str = "/_aws/sqs/messages?QueueUrl=http://localhost:4566/000000000000/q";
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x";

fn emulator(credentials: Option<&str>) -> Router {
    kit::registry::install();
    let credentials: Option<Credentials> = credentials.map(|text| text.parse().unwrap());
    let buckets = s3::Buckets::open(None, "eu-west-1").unwrap();
    let s3 = s3::service(buckets, credentials.as_ref());
    Emulator::new(Node::open(None).unwrap(), s3, "eu-west-1".into())
        .with_credentials(credentials)
        .router()
}

async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let request = headers
        .iter()
        .fold(Request::get(path), |request, (name, value)| {
            request.header(*name, *value)
        });
    let response = router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn ask(router: &Router, action: &str, members: &str) {
    let request = Request::post("/").header("x-amz-target", format!("AmazonSQS.{action}"));
    let request = request
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(members.to_owned()));
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{action}");
}

#[tokio::test]
async fn metrics_show_each_queue_and_the_requests() {
    let router = emulator(None);
    ask(&router, "CreateQueue", r#"{"QueueName": "q"}"#).await;
    for delay in ["0", "0", "900"] {
        let members =
            format!(r#"{{"QueueUrl": "q", "MessageBody": "x", "DelaySeconds": {delay}}}"#);
        ask(&router, "SendMessage", &members).await;
    }
    ask(&router, "ReceiveMessage", r#"{"QueueUrl": "q"}"#).await;
    let (status, text) = get(&router, "/metrics", &[("host", "localhost:4566")]).await;
    assert_eq!(status, StatusCode::OK);
    for state in ["visible", "in_flight", "delayed"] {
        let labels =
            format!(r#"region="eu-west-1",account="000000000000",queue="q",state="{state}""#);
        assert!(
            text.contains(&format!("emulator_queue_messages{{{labels}}} 1\n")),
            "{text}"
        );
    }
    for name in [
        "emulator_queue_oldest_message_age_seconds{",
        "emulator_sqs_requests_total{status=\"200\"} ",
        "emulator_messages 3",
    ] {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
}

#[tokio::test]
async fn who_signs_or_asks_more_means_a_bucket_named_metrics() {
    let router = emulator(None);
    for (path, headers) in [
        ("/metrics", &[("authorization", SIGNED)][..]),
        ("/metrics/", &[]),
        ("/metrics?list-type=2", &[]),
        ("/metrics", &[("host", "photos.localhost:4566")]),
    ] {
        let (status, body) = get(&router, path, headers).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path} {headers:?}");
        assert!(body.contains("NoSuchBucket"), "{path} {headers:?}: {body}");
    }
}

#[tokio::test]
async fn where_there_are_credentials_they_are_wanted_here_too() {
    let router = emulator(Some("key:secret"));
    let (right, wrong) = ("Basic a2V5OnNlY3JldA==", "Basic a2V5OnNlY3JldHM=");
    for (path, refused, let_in) in [
        ("/metrics", StatusCode::UNAUTHORIZED, StatusCode::OK),
        (LOOK, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(get(&router, path, &[]).await.0, refused, "{path}");
        assert_ne!(
            get(&router, path, &[("authorization", wrong)]).await.0,
            let_in,
            "{path}"
        );
        assert_eq!(
            get(&router, path, &[("authorization", right)]).await.0,
            let_in,
            "{path}"
        );
    }
}
