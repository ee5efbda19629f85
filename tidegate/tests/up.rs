//! `tidegate up` as people start it: the real binary, its ports, what it prints, how it stops, and what a second start
//! finds.

#![allow(clippy::unwrap_used, reason = "a test")]

mod house;

use std::net::TcpListener;

use house::{House, Stop};
use http::StatusCode;
use tempfile::TempDir;

const EVENT: &str = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;
const KEPT: &str = "/donggyu-test-poc/10-sqs.txt";

/// Nobody listens there, so that what is published waits in the queue.
const NOWHERE: [&str; 5] = [
    "--allow-target",
    "127.0.0.1:9",
    "--parameter-overrides",
    "SubEndpoint=http://127.0.0.1:9/sub",
    "VisibilityTimeout=1",
];

#[tokio::test]
async fn what_it_prints_works() {
    let data = TempDir::new().unwrap();
    let mut house = House::start(data.path(), &[]).await;
    let printed = house.printed();
    for port in [3000, 8080, 8081, 4566, 8082, 3001] {
        assert!(printed.contains(&format!("http://127.0.0.1:{}/", house.port(port))), "{port} is missing in {printed}");
    }
    assert!(printed.contains("pub-sub-pipe"), "{printed}");
    let reply = house.post(8080, "/events/sub", EVENT).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&reply.body).contains("d7de115dcbff88d6d55b3aa5402a6ddd"));
    assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(house.get(3000, "/pub").await.status, StatusCode::OK);
    for admin in [8081, 8082] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(house.get(admin, path).await.status, StatusCode::OK, "{admin}{path}");
        }
    }
    assert_eq!(house.end(Stop::Terminate), Some(0));
}

/// The environment may speak of AWS: the house is a place of its own.
#[tokio::test]
async fn an_environment_for_aws_changes_nothing() {
    let data = TempDir::new().unwrap();
    let environment = [
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
    ];
    let mut house = House::start_with(data.path(), &["--in-memory"], &environment).await;
    assert_eq!(house.post(8080, "/events/sub", EVENT).await.status, StatusCode::OK);
    assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(house.end(Stop::Terminate), Some(0));
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "--in-memory writes nothing");
}

/// What AWS exports of an API and of a pipe names queues that are nowhere declared.
#[tokio::test]
async fn exports_run_with_the_queues_that_they_name() {
    const API: &str = r#"{
      "swagger": "2.0", "info": {"title": "exported"}, "basePath": "/default",
      "paths": {"/events/{proxy+}": {"post": {
        "responses": {"200": {"description": "ok"}},
        "x-amazon-apigateway-integration": {
          "type": "aws", "httpMethod": "POST", "credentials": "arn:aws:iam::123456789012:role/r",
          "uri": "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/in",
          "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
          "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
          "passthroughBehavior": "never", "responses": {"default": {"statusCode": "200"}}
        }}}}}"#;
    const PIPE: &str = r#"{
      "Name": "through", "RoleArn": "arn:aws:iam::123456789012:role/r", "CurrentState": "RUNNING",
      "Source": "arn:aws:sqs:eu-west-1:123456789012:in", "Target": "arn:aws:sqs:eu-west-1:123456789012:out",
      "TargetParameters": {"InputTemplate": "{\"got\": <$.body>}"}}"#;
    let data = TempDir::new().unwrap();
    let files = [("api.json", API), ("pipe.json", PIPE)].map(|(name, text)| {
        let path = data.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let args = ["--in-memory", "--definition", &files[0], "--definition", &files[1]];
    let mut house = House::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(house.printed().contains("through"), "{}", house.printed());
    assert_eq!(house.post(8080, "/events/sub", EVENT).await.status, StatusCode::OK);
    let receive = "/123456789012/out?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05";
    let received = house.get(4566, receive).await;
    let text = String::from_utf8_lossy(&received.body).replace("&quot;", "\"");
    assert!(text.contains(&format!("<Body>{{\"got\": {EVENT}}}</Body>")), "{text}");
    assert_eq!(house.end(Stop::Terminate), Some(0));
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_kept() {
    for stop in [Stop::Terminate, Stop::Kill] {
        let data = TempDir::new().unwrap();
        let mut house = House::start(data.path(), &NOWHERE).await;
        assert_eq!(house.post(8080, "/events/sub", EVENT).await.status, StatusCode::OK);
        assert_eq!(house.put(4566, "/donggyu-test-poc/before", "an object").await.status, StatusCode::OK);
        assert_eq!(house.get(4566, KEPT).await.status, StatusCode::NOT_FOUND);
        let code = house.end(stop);
        assert_eq!(code, if stop == Stop::Kill { None } else { Some(0) });

        let mut house = House::start(data.path(), &[]).await;
        assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
        assert_eq!(house.eventually_get(4566, "/donggyu-test-poc/before").await, "an object");
        house.end(Stop::Terminate);
    }
}

#[tokio::test]
async fn a_busy_port_is_named_and_ends_with_2() {
    let data = TempDir::new().unwrap();
    let offset = house::free_offset();
    let busy = TcpListener::bind(("127.0.0.1", 3001 + offset)).unwrap();
    let (code, error) = house::refusal(data.path(), offset, &[]);
    assert_eq!(code, Some(2));
    let address = busy.local_addr().unwrap();
    assert_eq!(
        error,
        format!(
            "tidegate: cannot listen on {address}: the address is already taken (set --port-offset to another one)\n"
        )
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_told_in_one_line() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("broken.yaml");
    std::fs::write(&file, "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: AWS::Pipes::Pipe, Properties: {Source: !Ref Nothing}}\n")
        .unwrap();
    let file = file.display().to_string();
    for (args, expected) in [
        (vec!["--definition", file.as_str()], format!("tidegate: {file}:3:")),
        (vec!["--definition", "no-such-file.yaml"], "tidegate: no-such-file.yaml: ".to_owned()),
        (vec!["--stage", "nope"], "tidegate: --stage: there is no stage nope".to_owned()),
        (vec!["--port-offset", "65000"], "tidegate: --port-offset 65000: ".to_owned()),
    ] {
        let (code, error) = house::refusal(data.path(), 0, &args);
        assert_eq!(code, Some(2), "{args:?}: {error}");
        assert!(error.starts_with(&expected), "{error} does not start with {expected}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let (code, error) = house::refusal(data.path(), 0, &["--no-such-flag"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--no-such-flag"), "{error}");
}
