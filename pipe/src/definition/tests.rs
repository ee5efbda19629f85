//! Definitions as people write and export them, and what is reported about those that are wrong.

mod pipe;
mod problems;
mod services;

use std::sync::Arc;
use std::time::Duration;

use kit::cloudformation::{Account, Inputs, Stack};
use kit::definition::{Declarations, DefinitionArgs};
use kit::document::Node;
use kit::send::AllowTargets;
use url::Url;

use super::*;
use crate::execution_log::LogLevel;
use crate::flow::VerdictRule;
use crate::targets::connection::Auth;
use crate::targets::{Destination, DynamicValue};

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

fn given(text: &str) -> Declarations {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "t".into(),
    };
    let node = Node::parse("t.yaml", text).expect("a document");
    let stack =
        Stack::load(&node, &Inputs::default(), &account, &mut Vec::new()).expect("a template");
    with(|given| {
        given.stacks = vec![stack];
        given.account = Some(account);
    })
}

fn with(fill: impl FnOnce(&mut Declarations)) -> Declarations {
    let mut given = Declarations::default();
    fill(&mut given);
    given
}

fn destination(pipe: &Pipe) -> &Destination {
    &pipe
        .target
        .http_target()
        .expect("an API destination")
        .destination
}

#[track_caller]
fn refused(from: &str, to: &str, message: &str) {
    assert!(TEMPLATE.contains(from), "{from}");
    let error = PipeDefinitions::load(&given(&TEMPLATE.replace(from, to)))
        .expect_err("must be refused")
        .to_string();
    assert!(error.contains(message), "{error}");
    assert!(error.starts_with("t.yaml:"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

fn described(pipe: &str) -> Result<PipeDefinitions, String> {
    let given = with(|given| given.pipes = vec![Node::parse("d.json", pipe).expect("a document")]);
    PipeDefinitions::load(&given).map_err(|error| error.to_string())
}

/// A pipe from the queue `in` to a target, with parameters of target and source as they stand in
/// JSON.
fn to(target: &str, parameters: &str, source: &str) -> Result<Pipe, String> {
    let text = format!(
        r#"{{"Name": "p", "Source": "arn:aws:sqs:eu-west-1:1:in", "RoleArn": "r", "Target": "{target}",
            "TargetParameters": {parameters}, "SourceParameters": {{"SqsQueueParameters": {source}}}}}"#
    );
    described(&text).map(|mut definition| definition.pipes.remove(0))
}

/// Everything that is wrong with `text`, sorted by place.
fn problems(text: &str, allowed: &[&str]) -> Vec<String> {
    let allowed = AllowTargets::new(allowed.iter().map(|text| text.parse().expect("a target")));
    match PipeDefinitions::load_allowed(&given(text), &allowed) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(ToOwned::to_owned).collect(),
    }
}
