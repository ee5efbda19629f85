//! `tidegate up` with definitions of one's own: what of them runs, and how those that cannot run
//! are refused.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::net::TcpListener;

use harness::{Running, Stop};
use http::StatusCode;
use tempfile::TempDir;

const EVENT: &str = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;

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
    let args = [
        "--in-memory",
        "--definition",
        &files[0],
        "--definition",
        &files[1],
    ];
    let mut chain = Running::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(chain.printed().contains("through"), "{}", chain.printed());
    assert_eq!(
        chain.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    let receive = "/123456789012/out?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05";
    let received = chain.get(4566, receive).await;
    let text = String::from_utf8_lossy(&received.body).replace("&quot;", "\"");
    assert!(
        text.contains(&format!("<Body>{{\"got\": {EVENT}}}</Body>")),
        "{text}"
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

/// Queues alone, and a pipe alone: what has nothing to do is not started, and the line to try works
/// as it is printed.
#[tokio::test]
async fn a_definition_without_an_api_runs_what_it_has() {
    const QUEUE: &str =
        "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: alone}}\n";
    const PIPE: &str = r#"{"Name": "on", "RoleArn": "r", "Source": "arn:aws:sqs:eu-west-1:123456789012:in", "Target": "arn:aws:sqs:eu-west-1:123456789012:out"}"#;
    for (name, text, queue, out) in [
        (
            "queue.yaml",
            QUEUE,
            "000000000000/alone",
            "000000000000/alone",
        ),
        ("pipe.json", PIPE, "123456789012/in", "123456789012/out"),
    ] {
        let data = TempDir::new().unwrap();
        let path = data.path().join(name);
        std::fs::write(&path, text).unwrap();
        let args = ["--in-memory", "--definition", path.to_str().unwrap()];
        let mut chain =
            Running::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
        for absent in [3000, 3001, 8080, 8081] {
            assert!(
                TcpListener::bind(("127.0.0.1", chain.port(absent))).is_ok(),
                "{absent} is not listened on"
            );
            assert!(
                !chain.printed().contains(&chain.port(absent).to_string()),
                "{}",
                chain.printed()
            );
        }
        let line = chain
            .printed()
            .lines()
            .find(|line| line.contains("curl "))
            .expect("a line to try")
            .to_owned();
        assert!(line.contains(queue), "{line}");
        let sent = std::process::Command::new("sh")
            .args(["-c", &line.replace("curl ", "curl -sS ")])
            .output()
            .unwrap();
        let answer = String::from_utf8_lossy(&sent.stdout);
        assert!(
            answer.contains("<SendMessageResult>"),
            "{line}: {answer} {}",
            String::from_utf8_lossy(&sent.stderr)
        );
        let receive = format!("/{out}?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05");
        let received = chain.get(4566, &receive).await;
        let text = String::from_utf8_lossy(&received.body);
        assert!(text.contains("leedonggyu"), "{text}");
        assert_eq!(chain.end(Stop::Terminate), Some(0));
    }
}

/// The gateway's, the pipe's and what is provisioned: one start tells all of it, in the order of
/// the file.
#[tokio::test]
async fn every_problem_of_every_kind_is_told_at_once() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("t.yaml");
    let text = "Resources:
  B: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}
  P: {Type: AWS::Pipe::Pipe, Properties: {Source: !GetAtt Q.Arn, Target: !GetAtt D.Arn}}
  D: {Type: AWS::Events::ApiDestination, Properties: {ConnectionArn: !GetAtt C.Arn, HttpMethod: SHOUT, InvocationEndpoint: 'http://10.0.0.1/x'}}
  A: {Type: AWS::ApiGateway::RestApi, Properties: {Nmae: x}}
  Q: {Type: AWS::SQS::Queues, Properties: {DelaySecond: 1}}
";
    std::fs::write(&file, text).unwrap();
    let (code, error) = harness::refusal(data.path(), 0, &["--definition", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    let told: Vec<&str> = error
        .lines()
        .map(|line| line.split_once("t.yaml:").map_or(line, |(_, rest)| rest))
        .collect();
    for (told, expected) in told.iter().zip([
        "2:66: B (AWS::S3::Bucket): VersioningConfiguration is not supported",
        "3:13: P: AWS::Pipe::Pipe is not a resource type; did you mean AWS::Pipes::Pipe?",
        "4:72: GetAtt C: no such parameter or resource",
        "4:97: invalid method SHOUT: expected",
        "4:124: D (AWS::Events::ApiDestination): InvocationEndpoint http://10.0.0.1:80/x is at a private address",
        "5:51: A (AWS::ApiGateway::RestApi): the API has no methods",
        "5:52: A (AWS::ApiGateway::RestApi): Nmae is unknown; did you mean Name?",
        "6:13: Q: AWS::SQS::Queues is not a resource type; did you mean AWS::SQS::Queue?",
        "6:42: Q (AWS::SQS::Queue): DelaySecond is unknown; did you mean DelaySeconds?",
    ]) {
        let (_, expected) = expected.split_once(": ").unwrap();
        assert!(told.contains(expected), "{told} is not {expected}: {error}");
    }
    assert_eq!(told.len(), 10, "nine, and the hint at --lenient: {error}");
}

#[tokio::test]
async fn a_definition_with_nothing_that_runs_here_is_refused() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("t.yaml");
    std::fs::write(&file, "Resources: {F: {Type: AWS::Lambda::Function}}").unwrap();
    let (code, error) = harness::refusal(data.path(), 0, &["--definition", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    let expected = "tidegate: nothing in the definition runs here: expected an API, a pipe, a rule, a queue or a bucket (not run here: AWS::Lambda::Function (F))\n";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_in_one_line() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("broken.yaml");
    std::fs::write(&file, "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: AWS::Pipes::Pipe, Properties: {Source: !Ref Nothing, Target: 'arn:aws:sqs:e:1:q'}}\n")
        .unwrap();
    let file = file.display().to_string();
    for (args, expected) in [
        (
            vec!["--definition", file.as_str()],
            format!("tidegate: {file}:3:"),
        ),
        (
            vec!["--definition", "no-such-file.yaml"],
            "tidegate: cannot read no-such-file.yaml: ".to_owned(),
        ),
        (
            vec!["--stage", "nope"],
            "tidegate: --stage or GATEWAY_STAGE: no API has a stage nope".to_owned(),
        ),
        (
            vec!["--port-offset", "65000"],
            "tidegate: --port-offset 65000: ".to_owned(),
        ),
    ] {
        let (code, error) = harness::refusal(data.path(), 0, &args);
        assert_eq!(code, Some(2), "{args:?}: {error}");
        assert!(
            error.starts_with(&expected),
            "{error} does not start with {expected}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let (code, error) = harness::refusal(data.path(), 0, &["--no-such-flag"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--no-such-flag"), "{error}");
}

/// Thousands of queues take a while to make.
#[tokio::test]
async fn it_stops_while_it_still_makes_its_queues() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("many.yaml");
    let queues = (0..10_000).map(|n| format!("  Q{n}: {{Type: AWS::SQS::Queue}}\n"));
    std::fs::write(&file, format!("Resources:\n{}", queues.collect::<String>())).unwrap();
    let file = file.display().to_string();
    let mut chain = Running::begin(data.path(), &["--in-memory", "--definition", &file]).await;
    assert_eq!(chain.end(Stop::Terminate), Some(0));
    assert_eq!(chain.last_words(), "");
}
