use kit::definition::DefinitionArgs;

use super::commands::quoted;
use super::sections::LISTED;
use super::*;
use crate::up::banner::EVENT as DEMO;
use crate::up::own_apis::OwnCaller;
use crate::up::ports::Ports;
use crate::up::resources::Resources;
use crate::up::source::{Exposure, Source};

/// What is printed for a definition of these files, in memory and on the first ports.
fn banner(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ports = Ports::shifted(0).unwrap();
    let subscriber: url::Url = "http://127.0.0.1:3001/sub".parse().unwrap();
    let account = kit::cloudformation::Account {
        region: "e".into(),
        account_id: "000000000000".into(),
        stack_name: "t".into(),
    };
    let args = DefinitionArgs {
        files: files.iter().map(path).collect(),
        ..DefinitionArgs::default()
    };
    let source = Source {
        files: args,
        account: account.clone(),
        gateway: gateway::GatewayArgs::default(),
        subscriber: subscriber.clone(),
        reached_gateway: None,
        caller: OwnCaller::new(),
        given: vec!["127.0.0.1:3001".parse().unwrap()],
        exposure: Exposure::Loopback,
    };
    let (_, resources) = Resources::load(&source).unwrap();
    let example = gateway::example::example(&resources.apis, &account.account_id, DEMO);
    let is_demo = files.is_empty();
    let contents = Contents {
        ports: &ports,
        resources: &resources,
        account: &account,
        without: &[],
        example: example.as_ref(),
        publisher: is_demo.then_some(&subscriber),
        subscriber: is_demo.then_some("donggyu-test-poc"),
    };
    Banner::of(&contents, None).to_string()
}

/// What the README shows is what is printed here.
#[test]
fn the_demo_is_as_the_readme_shows_it() {
    let readme = include_str!("../../../README.md");
    let shown = readme
        .split_once("Tidegate is up.")
        .unwrap()
        .1
        .split_once("\n```")
        .unwrap()
        .0;
    let shown: Vec<&str> = shown
        .lines()
        .skip(1)
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let printed = banner(&[]);
    let printed: Vec<&str> = printed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(printed[1..=shown.len()], shown);
    let tries = &printed[shown.len() + 1..];
    assert_eq!(tries[0], "Send one event, and read it back from S3:");
    assert!(tries[1].starts_with(
        "curl -X POST http://127.0.0.1:8080/events/sub -H 'Content-Type: application/json' -d '{\"id\": 10,"
    ));
    assert_eq!(
        tries[2],
        "curl http://127.0.0.1:4566/donggyu-test-poc/10-sqs.txt"
    );
}

const QUEUES: &str =
    "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: a.fifo, FifoQueue: true}}\n";

#[test]
fn queues_alone_are_all_there_is() {
    let expected = "Tidegate is up. Messages and objects are kept in memory.

  SQS and S3   http://127.0.0.1:4566/
               queue  http://127.0.0.1:4566/000000000000/a.fifo

Send a message:

  curl http://127.0.0.1:4566/000000000000/a.fifo -d Action=SendMessage --data-urlencode 'MessageBody={\"id\": 10, \"age\": 31, \"name\": \"leedonggyu\", \"job\": \"devops\"}' -d MessageGroupId=a -d MessageDeduplicationId=1

What to do next:

  tidegate demo                  plays an outage of the receiver, on ports of its own: nothing is lost
  tidegate up --definition FILE  runs a CloudFormation template, an OpenAPI export or a pipe of yours
  tidegate --help                lists the parts and the tools

Ctrl-C stops it.
";
    assert_eq!(banner(&[("q.yaml", QUEUES)]), expected);
}

#[test]
fn a_queue_of_another_region_is_named_by_the_signature() {
    let pipe = r#"{"Name": "p", "RoleArn": "r", "Source": "arn:aws:sqs:far:1:in", "Target": "arn:aws:sqs:far:1:out"}"#;
    let line = "\n  curl --aws-sigv4 aws:amz:far:sqs --user test:test http://127.0.0.1:4566/1/in -d Action";
    let printed = banner(&[("p.json", pipe)]);
    assert!(printed.contains(line), "{printed}");
}

#[test]
fn an_exported_pipe_shows_where_it_reads_and_delivers() {
    let pipe = r#"{"Name": "p", "RoleArn": "r", "Source": "arn:aws:sqs:e:1:in", "Target": "arn:aws:sqs:other:1:out"}"#;
    let printed = banner(&[("p.json", pipe)]);
    for line in [
        "\n               queue  http://127.0.0.1:4566/1/in\n",
        "\n               queue  http://127.0.0.1:4566/1/out   (in other)\n",
        "\n  pipe         (admin http://127.0.0.1:8082/metrics)\n               p: in → out\n",
        "\n  curl http://127.0.0.1:4566/1/in -d Action=SendMessage",
    ] {
        assert!(printed.contains(line), "{line} in {printed}");
    }
    for furniture in ["publisher", "subscriber", "gateway", "10-sqs.txt"] {
        assert!(!printed.contains(furniture), "{printed}");
    }
}

#[test]
fn an_api_shows_its_own_routes_and_a_target_on_this_machine_is_allowed() {
    let template = r#"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /health: {get: {x-amazon-apigateway-integration: {type: mock}}}
          /orders/{orderId}:
            put:
              x-amazon-apigateway-integration:
                type: aws
                httpMethod: POST
                uri: arn:aws:apigateway:e:sqs:path/000000000000/orders
                requestTemplates: {application/json: "Action=SendMessage&MessageBody=$input.json('$.x')"}
  Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
  Keep: {Type: AWS::S3::Bucket, Properties: {BucketName: keep}}
  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Name: p, RoleArn: r, DesiredState: STOPPED, Source: !GetAtt Orders.Arn, Target: !GetAtt D.Arn}}
  D: {Type: AWS::Events::ApiDestination, Properties: {ConnectionArn: !GetAtt C.Arn, HttpMethod: POST, InvocationEndpoint: 'http://localhost:9000/hook?key=s3cret'}}
  C: {Type: AWS::Events::Connection, Properties: {AuthorizationType: API_KEY, AuthParameters: {ApiKeyAuthParameters: {ApiKeyName: k, ApiKeyValue: v}}}}
"#;
    let printed = banner(&[("t.yaml", template)]);
    for line in [
        "\n  gateway      http://127.0.0.1:8080/   (admin http://127.0.0.1:8081/metrics)\n               GET    /health\n               PUT    /orders/{orderId}\n",
        "\n               queue  http://127.0.0.1:4566/000000000000/orders\n               bucket http://127.0.0.1:4566/keep\n",
        "\n               p: orders → http://localhost:9000/hook   (stopped)\n",
        "\n               localhost:9000 is on this machine: allowed, because the definition names it\n",
        "\nCall a route:\n\n  curl -X PUT http://127.0.0.1:8080/orders/1 -H 'Content-Type: application/json' -d '{\"x\":\"x\"}'\n",
    ] {
        assert!(printed.contains(line), "{line} in {printed}");
    }
    assert!(
        !printed.contains("s3cret") && !printed.contains("subscriber"),
        "{printed}"
    );
}

#[test]
fn long_lists_are_cut_short() {
    let queues: String = (0..30)
        .map(|n| format!("  Q{n}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q{n}}}}}\n"))
        .collect();
    let printed = banner(&[("q.yaml", &format!("Resources:\n{queues}"))]);
    assert_eq!(printed.matches("queue  http").count(), LISTED);
    assert!(
        printed.contains("\n               and 10 more queues\n"),
        "{printed}"
    );
}

#[test]
fn a_text_is_quoted_for_a_shell() {
    assert_eq!(quoted("it's"), r"'it'\''s'");
}
