//! Routes that functions and state machines declare as their events.

use super::*;
use crate::api::{Backend, Verb};

const EVENTS: &str = r#"
Globals: {Function: {AutoPublishAlias: live}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: v1, BinaryMediaTypes: [image~1png], MinimumCompressionSize: 10}
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Events:
        Get: {Type: Api, Properties: {Path: "/{proxy+}", Method: ANY, RestApiId: !Ref Api}}
        Fast: {Type: Api, Properties: {Path: /fast, Method: get, RestApiId: {Ref: Api}, TimeoutInMillis: 500}}
        Queue: {Type: SQS, Properties: {Queue: x}}
  M:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: m
      Events: {Start: {Type: Api, Properties: {Path: /start, Method: POST, RestApiId: !Ref Api}}}
"#;

#[test]
fn events_are_routes_of_their_api() {
    let apis = load(EVENTS).unwrap();
    let [api] = &apis.apis[..] else {
        panic!("{} APIs", apis.apis.len())
    };
    assert!(api.encoding.binary_types.has("image/png"));
    assert_eq!(api.encoding.minimum_compression_size, Some(10));
    let mut shown = Vec::new();
    for resource in &api.resources {
        for (verb, method) in &resource.methods {
            let verb = match verb {
                Verb::Any => "ANY",
                Verb::One(verb) => verb.as_str(),
            };
            let called = match &method.integration.backend {
                Backend::LambdaProxy(uri) => format!("{:?}", uri.operation),
                Backend::Aws(uri) => format!("{:?}", uri.operation),
                other => panic!("{other:?}"),
            };
            let timeout = method.integration.timeout.as_millis();
            shown.push(format!("{verb} {} {timeout} {called}", resource.path));
        }
    }
    let function =
        "/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:f:live/invocations";
    assert_eq!(
        shown,
        [
            format!("ANY /{{proxy+}} 29000 Path({function:?})"),
            format!("GET /fast 500 Path({function:?})"),
            "POST /start 29000 Action { name: \"StartExecution\", query: \"\" }".to_owned(),
        ]
    );
}

#[test]
fn events_that_cannot_be_routes_are_refused() {
    for (from, to, message) in [
        (
            "Method: ANY",
            "Method: FETCH",
            "invalid Method fetch: expected any, delete",
        ),
        (
            "Path: /fast, Method: get",
            "Method: get",
            "F (AWS::Serverless::Function): event Fast: Path is missing",
        ),
        (
            "Path: /fast, Method: get",
            "Path: \"/{proxy+}\", Method: any",
            "event Fast: another event has this path and method already",
        ),
        (
            "RestApiId: {Ref: Api}",
            "RestApiId: elsewhere",
            "event Fast: RestApiId is not an API of this template",
        ),
    ] {
        refused(&EVENTS.replace(from, to), message);
    }
}

#[test]
fn a_guarded_event_is_never_open() {
    let auth = "Method: get, Auth: {Authorizer: Mine, ApiKeyRequired: true}";
    let guarded = EVENTS.replace("Method: get", auth);
    let error = load(&guarded).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("get /fast"), "{error}");
}
