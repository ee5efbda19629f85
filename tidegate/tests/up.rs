//! `tidegate up` as people start it: the real binary, its ports, what it prints, how it stops, and
//! what a second start finds.

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
        assert!(
            printed.contains(&format!("http://127.0.0.1:{}/", house.port(port))),
            "{port} is missing in {printed}"
        );
    }
    assert!(printed.contains("pub-sub-pipe"), "{printed}");
    let reply = house.post(8080, "/events/sub", EVENT).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&reply.body).contains("d7de115dcbff88d6d55b3aa5402a6ddd"));
    assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(house.get(3000, "/pub").await.status, StatusCode::OK);
    for admin in [8081, 8082] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(
                house.get(admin, path).await.status,
                StatusCode::OK,
                "{admin}{path}"
            );
        }
    }
    assert_eq!(house.end(Stop::Terminate), Some(0));
}

/// All programs share a process, and each shows only what is its own.
#[tokio::test]
async fn each_port_shows_the_metrics_of_its_own_program() {
    let data = TempDir::new().unwrap();
    let mut house = House::start(data.path(), &["--in-memory"]).await;
    assert_eq!(
        house.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
    for (port, program) in [(8081, "gateway"), (8082, "pipe"), (4566, "emulator")] {
        let reply = house.get(port, "/metrics").await;
        let text = String::from_utf8_lossy(&reply.body);
        let names = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('_'));
        let owners: std::collections::BTreeSet<&str> = names.map(|(first, _)| first).collect();
        assert!(
            owners.contains(program),
            "{program} shows nothing of its own: {text}"
        );
        let others = kit::registry::PROGRAMS
            .into_iter()
            .filter(|known| *known != program && owners.contains(known));
        assert_eq!(
            others.collect::<Vec<_>>(),
            [""; 0],
            "{program} shows what is others': {text}"
        );
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
    assert_eq!(
        house.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(house.end(Stop::Terminate), Some(0));
    assert_eq!(
        std::fs::read_dir(data.path()).unwrap().count(),
        0,
        "--in-memory writes nothing"
    );
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
    let args = [
        "--in-memory",
        "--definition",
        &files[0],
        "--definition",
        &files[1],
    ];
    let mut house = House::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(house.printed().contains("through"), "{}", house.printed());
    assert_eq!(
        house.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    let receive = "/123456789012/out?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05";
    let received = house.get(4566, receive).await;
    let text = String::from_utf8_lossy(&received.body).replace("&quot;", "\"");
    assert!(
        text.contains(&format!("<Body>{{\"got\": {EVENT}}}</Body>")),
        "{text}"
    );
    assert_eq!(house.end(Stop::Terminate), Some(0));
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
        let mut house = House::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
        for absent in [3000, 3001, 8080, 8081] {
            assert!(
                TcpListener::bind(("127.0.0.1", house.port(absent))).is_ok(),
                "{absent} is not listened on"
            );
            assert!(
                !house.printed().contains(&house.port(absent).to_string()),
                "{}",
                house.printed()
            );
        }
        let line = house
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
        let received = house.get(4566, &receive).await;
        let text = String::from_utf8_lossy(&received.body);
        assert!(text.contains("leedonggyu"), "{text}");
        assert_eq!(house.end(Stop::Terminate), Some(0));
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
    let (code, error) = house::refusal(data.path(), 0, &["--definition", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    let told: Vec<&str> = error
        .lines()
        .map(|line| line.split_once("t.yaml:").map_or(line, |(_, rest)| rest))
        .collect();
    for (told, expected) in told.iter().zip([
        "2:66: B (AWS::S3::Bucket): VersioningConfiguration is not supported",
        "3:13: P: AWS::Pipe::Pipe is not a resource type; did you mean AWS::Pipes::Pipe?",
        "4:72: GetAtt C: there is no such parameter or resource",
        "4:97: method SHOUT is none of",
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
    let (code, error) = house::refusal(data.path(), 0, &["--definition", file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    let expected = "tidegate: the definition has nothing that runs here: expected a REST API, a pipe, a queue or a bucket (not run here: AWS::Lambda::Function (F))\n";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_kept() {
    for stop in [Stop::Terminate, Stop::Kill] {
        let data = TempDir::new().unwrap();
        let mut house = House::start(data.path(), &NOWHERE).await;
        assert_eq!(
            house.post(8080, "/events/sub", EVENT).await.status,
            StatusCode::OK
        );
        assert_eq!(
            house
                .put(4566, "/donggyu-test-poc/before", "an object")
                .await
                .status,
            StatusCode::OK
        );
        assert_eq!(house.get(4566, KEPT).await.status, StatusCode::NOT_FOUND);
        let code = house.end(stop);
        assert_eq!(code, if stop == Stop::Kill { None } else { Some(0) });

        let mut house = House::start(data.path(), &[]).await;
        assert_eq!(house.eventually_get(4566, KEPT).await, EVENT);
        assert_eq!(
            house.eventually_get(4566, "/donggyu-test-poc/before").await,
            "an object"
        );
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
            "tidegate: no-such-file.yaml: ".to_owned(),
        ),
        (
            vec!["--stage", "nope"],
            "tidegate: --stage or GATEWAY_STAGE: there is no stage nope".to_owned(),
        ),
        (
            vec!["--port-offset", "65000"],
            "tidegate: --port-offset 65000: ".to_owned(),
        ),
    ] {
        let (code, error) = house::refusal(data.path(), 0, &args);
        assert_eq!(code, Some(2), "{args:?}: {error}");
        assert!(
            error.starts_with(&expected),
            "{error} does not start with {expected}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let (code, error) = house::refusal(data.path(), 0, &["--no-such-flag"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("--no-such-flag"), "{error}");
}

#[tokio::test]
async fn a_part_that_is_left_out_does_not_run() {
    let data = TempDir::new().unwrap();
    let mut house = House::start(data.path(), &["--in-memory", "--without", "sub,pub"]).await;
    for absent in [3000, 3001] {
        assert!(
            TcpListener::bind(("127.0.0.1", house.port(absent))).is_ok(),
            "{absent} is not listened on"
        );
    }
    let printed = house.printed();
    assert!(
        !printed.contains("  publisher ") && !printed.contains("  subscriber "),
        "{printed}"
    );
    assert_eq!(
        house.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(house.get(8082, "/readyz").await.status, StatusCode::OK);
    assert_eq!(house.end(Stop::Terminate), Some(0));

    let environment = [("TIDEGATE_WITHOUT", "gateway,pipe")];
    let mut house = House::start_with(data.path(), &["--in-memory"], &environment).await;
    for absent in [8080, 8081, 8082] {
        assert!(
            TcpListener::bind(("127.0.0.1", house.port(absent))).is_ok(),
            "{absent} is not listened on"
        );
    }
    let printed = house.printed();
    assert!(
        !printed.contains(&house.port(8080).to_string()) && !printed.contains("  pipe "),
        "{printed}"
    );
    assert_eq!(house.end(Stop::Terminate), Some(0));
    let (code, error) = house::refusal(data.path(), 0, &["--without", "emulator"]);
    assert!(
        code == Some(2) && error.contains("expected one of gateway, pipe, pub, sub"),
        "{error}"
    );
}

/// With credentials, whoever does not sign is turned away, and the parts sign.
#[tokio::test]
async fn the_parts_take_the_settings_of_their_programs() {
    let data = TempDir::new().unwrap();
    let keys = data.path().join("keys");
    std::fs::write(&keys, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    let args = [
        "--in-memory",
        "--credentials",
        "AKIAHOUSE:s3cret",
        "--no-waits",
        "--sqs-endpoint-strategy",
        "path",
    ];
    let more = [
        "--concurrency",
        "8",
        "--invocation-timeout",
        "9",
        "--webhook-secret-file",
        keys.to_str().unwrap(),
    ];
    let mut house = House::start(data.path(), &[&args[..], &more].concat()).await;
    assert_eq!(
        house.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(
        house.get(4566, "/donggyu-test-poc").await.status,
        StatusCode::FORBIDDEN
    );
    let endpoint = format!("http://127.0.0.1:{}", house.port(4566));
    let sdk = kit::aws::local_as(&endpoint, Some(("AKIAHOUSE", "s3cret"))).await;
    let queue = aws_sdk_sqs::Client::new(&sdk)
        .get_queue_url()
        .queue_name("ex-queue")
        .send()
        .await
        .unwrap();
    let url = queue.queue_url.unwrap();
    assert!(
        url.ends_with("/queue/ap-northeast-2/000000000000/ex-queue"),
        "{url}"
    );
    let config = aws_sdk_s3::config::Builder::from(&sdk)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let begun = std::time::Instant::now();
    while s3
        .head_object()
        .bucket("donggyu-test-poc")
        .key("10-sqs.txt")
        .send()
        .await
        .is_err()
    {
        assert!(begun.elapsed() < house::PATIENCE, "the event is not kept");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(house.end(Stop::Terminate), Some(0));
}

/// Thousands of queues take a while to make.
#[tokio::test]
async fn it_stops_while_it_still_makes_its_queues() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("many.yaml");
    let queues = (0..10_000).map(|n| format!("  Q{n}: {{Type: AWS::SQS::Queue}}\n"));
    std::fs::write(&file, format!("Resources:\n{}", queues.collect::<String>())).unwrap();
    let file = file.display().to_string();
    let mut house = House::begin(data.path(), &["--in-memory", "--definition", &file]).await;
    assert_eq!(house.end(Stop::Terminate), Some(0));
    assert_eq!(house.last_words(), "");
}
