//! Routes that functions and state machines declare as their events.

use super::*;
use crate::api::{Backend, IntegrationIdentity, Verb};

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

#[test]
fn an_events_policy_is_about_its_path() {
    let auth = "Path: '/fast/{id}', Method: get, Auth: {ResourcePolicy: {IpRangeBlacklist: [10.0.0.0/8], CustomStatements: {Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*/*/*'}}}";
    let template = EVENTS.replace("Path: /fast, Method: get", auth);
    let apis = load(&template).unwrap();
    let policy = apis.apis[0].policy.as_ref().unwrap();
    let shown: Vec<String> = policy
        .statements
        .iter()
        .map(|one| format!("{:?} {:?}", one.effect, one.resources))
        .collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[0].contains("execute-api:/*/*/*"), "{shown:?}");
    let (effect, resource) = ("Deny", "execute-api:/v1/GET/fast/*");
    assert!(
        shown[1].starts_with(effect) && shown[1].contains(resource),
        "{shown:?}"
    );
}

#[test]
fn a_signed_event_calls_its_function_as_the_caller() {
    let identity = |api: &str, event: &str| {
        let template = EVENTS
            .replace("StageName: v1", &format!("StageName: v1{api}"))
            .replace("Method: get", &format!("Method: get{event}"));
        let apis = load(&template).unwrap();
        let resources = &apis.apis[0].resources;
        let fast = resources.iter().find(|one| one.path == "/fast").unwrap();
        let (_, method) = fast.methods.first().unwrap();
        method.integration.identity.clone()
    };
    let caller = IntegrationIdentity::Caller;
    let role = IntegrationIdentity::Role("arn:aws:iam::1:role/r".into());
    let iam = ", Auth: {DefaultAuthorizer: AWS_IAM}";
    assert_eq!(identity("", ""), IntegrationIdentity::Gateway);
    assert_eq!(identity(iam, ""), caller);
    assert_eq!(identity("", ", Auth: {Authorizer: AWS_IAM}"), caller);
    assert_eq!(
        identity(iam, ", Auth: {Authorizer: NONE}"),
        IntegrationIdentity::Gateway
    );
    let own = ", Auth: {Authorizer: AWS_IAM, InvokeRole: 'arn:aws:iam::1:role/r'}";
    assert_eq!(identity(iam, own), role);
    let none = ", Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}";
    assert_eq!(identity(none, ""), IntegrationIdentity::Gateway);
}
