//! Definitions as people write and export them, and what is said about those that are wrong.

use super::*;
use crate::connection::Auth;
use kit::cloudformation::{Account, Overrides, Stack};
use kit::definition::DefinitionArgs;

const TEMPLATE: &str = r#"
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: p1
      RoleArn: arn:aws:iam::123456789012:role/p
      Source: !GetAtt Queue.Arn
      SourceParameters:
        SqsQueueParameters: {BatchSize: 1}
        FilterCriteria: {Filters: [{Pattern: '{"body":{"kind":["order"]}}'}]}
      Target: !GetAtt Destination.Arn
      TargetParameters:
        InputTemplate: '{"id":<$.body.id>}'
        HttpParameters:
          PathParameterValues: [$.body.id]
          HeaderParameters: {x-sent: $.attributes.SentTimestamp, Host: evil}
          QueryStringParameters: {v: "2"}
      LogConfiguration: {Level: INFO}
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Connection.Arn
      InvocationEndpoint: http://crm.example/orders/*
      HttpMethod: PUT
      InvocationRateLimitPerSecond: 20
  Connection:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters:
        ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: s3cret}
        InvocationHttpParameters:
          QueryStringParameters: [{Key: v, Value: "1", IsValueSecret: true}]
"#;

fn given(text: &str) -> kit::definition::Definition {
    let account = Account { region: "eu-west-1".into(), account_id: "123456789012".into(), stack_name: "t".into() };
    let node = Node::parse("t.yaml", text).expect("a document");
    let stack = Stack::load(&node, &Overrides::new(), &account, &mut Vec::new()).expect("a template");
    with(|given| {
        given.stacks = vec![stack];
        given.account = Some(account);
    })
}

fn with(fill: impl FnOnce(&mut kit::definition::Definition)) -> kit::definition::Definition {
    let mut given = kit::definition::Definition::default();
    fill(&mut given);
    given
}

#[track_caller]
fn refused(from: &str, to: &str, message: &str) {
    assert!(TEMPLATE.contains(from), "{from}");
    let error = Definition::load(&given(&TEMPLATE.replace(from, to))).expect_err("must be refused").to_string();
    assert!(error.contains(message), "{error}");
    assert!(error.starts_with("t.yaml:"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn a_pipe_is_read_with_all_it_refers_to() {
    let definition = Definition::load(&given(TEMPLATE)).unwrap();
    let [pipe] = definition.pipes.as_slice() else { panic!("one pipe") };
    assert_eq!((pipe.name.as_str(), pipe.state, pipe.log), ("p1", DesiredState::Running, LogLevel::Info));
    assert_eq!(pipe.names.pipe_arn, "arn:aws:pipes:eu-west-1:123456789012:pipe/p1");
    assert_eq!((pipe.source.queue.as_str(), pipe.source.account.as_str()), ("orders", "123456789012"));
    assert!(pipe.input.is_some() && !pipe.filter.is_empty());
    let destination = &pipe.target.destination;
    assert_eq!((destination.method.as_str(), destination.rate, destination.endpoint.wildcards()), ("PUT", 20, 1));
    let headers: Vec<_> = pipe.target.parameters.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(headers, ["x-sent"], "Host is dropped");
    assert!(matches!(&destination.connection.auth, Auth::Header { name, .. } if name == "x-key"));
    assert_eq!(destination.connection.invocation.query.len(), 1);
    assert!(!format!("{definition:?}").contains("s3cret"));
}

#[test]
fn the_built_in_definition_has_one_pipe() {
    let account =
        Account { region: "eu-west-1".into(), account_id: "000000000000".into(), stack_name: "tidegate".into() };
    let definition = Definition::load(&DefinitionArgs::default().load(&account).unwrap()).unwrap();
    let [pipe] = definition.pipes.as_slice() else { panic!("one pipe") };
    assert_eq!((pipe.name.as_str(), pipe.source.queue.as_str()), ("pub-sub-pipe", "ex-queue"));
    assert_eq!(pipe.target.destination.name, "pub-sub-api");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused("Name: p1", "Nmae: p1", "t.yaml:7:7: Pipe (AWS::Pipes::Pipe): Nmae is unknown");
    refused("BatchSize: 1", "BatchSize: 10", "BatchSize must be 1, an API destination takes one event");
    refused(r#"["order"]"#, r#""order""#, r#""kind" must be an object or an array (at body.kind)"#);
    refused("<$.body.id>}'", "<$.body[id]>}'", "input template, line 1, column 7");
    refused("[$.body.id]", "[]", "the endpoint of t-Destination has 1 `*`, PathParameterValues has 0 values");
    refused("HttpMethod: PUT", "HttpMethod: TRACE", "method TRACE is none of POST, GET");
    refused("http://crm", "ftp://crm", "InvocationEndpoint must be an http or https URL");
    refused("Level: INFO", "Level: LOUD", "Level LOUD is none of OFF, ERROR, INFO, TRACE");
    refused("API_KEY", "KERBEROS", "AuthorizationType KERBEROS is none of");
    refused("s3cret", "'{{resolve:ssm:s3cret}}'", "dynamic references");
    refused("!GetAtt Destination.Arn", "arn:aws:lambda:eu-west-1:1:function:f", "only API destinations are");
    refused("!GetAtt Queue.Arn", "arn:aws:kinesis:eu-west-1:1:stream/s", "only the ARN of an SQS queue is");
    refused("!GetAtt Connection.Arn", "arn:aws:events:e:1:connection/x/1", "no definition declares the connection x");
    refused("HttpParameters:\n", "Wrong: {}\n        HttpParameters:\n", "TargetParameters: Wrong is unknown");
}

#[test]
fn what_the_describe_commands_print_is_read_too() {
    let node = |text: &str| vec![Node::parse("d.json", text).expect("a document")];
    let given = with(|given| {
        given.pipes = node(
            r#"{"Arn": "arn:aws:pipes:eu-west-1:1:pipe/orders", "Name": "orders", "DesiredState": "STOPPED",
                "CurrentState": "STOPPED", "Source": "arn:aws:sqs:eu-west-1:1:orders.fifo", "RoleArn": "r",
                "Target": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "CreationTime": 1.5}"#,
        );
        given.api_destinations = node(
            r#"{"ApiDestinationArn": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "Name": "crm",
                "ApiDestinationState": "ACTIVE", "HttpMethod": "POST", "InvocationEndpoint": "https://crm.example/in",
                "ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222"}"#,
        );
        given.connections = node(
            r#"{"ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222", "Name": "id",
                "ConnectionState": "AUTHORIZED", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
                "AuthParameters": {"OAuthParameters": {"AuthorizationEndpoint": "https://id.example/token",
                "HttpMethod": "POST", "ClientParameters": {"ClientID": "me", "ClientSecret": "added"},
                "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "a", "IsValueSecret": false}]}}}}"#,
        );
    });
    let definition = Definition::load(&given).unwrap();
    assert_eq!((definition.pipes[0].state, definition.pipes[0].input.is_none()), (DesiredState::Stopped, true));
    assert_eq!(definition.pipes[0].names.pipe_arn, "arn:aws:pipes:eu-west-1:1:pipe/orders");
    assert!(matches!(definition.pipes[0].target.destination.connection.auth, Auth::OAuth(_)));

    let secretless = with(|given| {
        given.connections = node(
            r#"{"ConnectionArn": "a", "Name": "c", "AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k"}}}"#,
        );
    });
    let error = Definition::load(&secretless).unwrap_err().to_string();
    assert!(error.contains("ApiKeyValue is missing (describe-connection does not print secrets"), "{error}");
}
