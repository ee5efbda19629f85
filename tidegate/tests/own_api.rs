//! An API of a definition as the target of its own pipes, under `tidegate up`: by its address in an
//! API destination, and by the ARN of a method.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use harness::{Running, Stop};
use http::StatusCode;
use tempfile::TempDir;

/// Messages of `in` go through a destination to `POST /first`, which writes to `middle`; those go by
/// ARN, signed, to `POST /second/{id}`, which writes to `out`.
const TEMPLATE: &str = r#"
Resources:
  In: {Type: AWS::SQS::Queue, Properties: {QueueName: in}}
  Middle: {Type: AWS::SQS::Queue, Properties: {QueueName: middle}}
  Out: {Type: AWS::SQS::Queue, Properties: {QueueName: out}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: own}}
  Other: {Type: AWS::ApiGateway::RestApi, Properties: {Name: other}}
  OtherMethod:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Other, ResourceId: !GetAtt Other.RootResourceId, HttpMethod: GET, AuthorizationType: NONE,
                 Integration: {Type: MOCK, RequestTemplates: {application/json: '{"statusCode": 200}'}, IntegrationResponses: [{StatusCode: 200}]},
                 MethodResponses: [{StatusCode: 200}]}
  OtherStage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Other, StageName: prod}}
  First: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: first}}
  Second: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: second}}
  Id: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Second, PathPart: "{id}"}}
  PostFirst:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref First
      HttpMethod: POST
      AuthorizationType: NONE
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Credentials: !GetAtt Role.Arn
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/middle"
        RequestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        RequestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
        IntegrationResponses: [{StatusCode: 200}]
      MethodResponses: [{StatusCode: 200}]
  PostSecond:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Id
      HttpMethod: POST
      AuthorizationType: AWS_IAM
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Credentials: !GetAtt Role.Arn
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/out"
        RequestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        RequestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode(\"$input.params('id') of $context.identity.accountId\")"}
        IntegrationResponses: [{StatusCode: 200}]
      MethodResponses: [{StatusCode: 200}]
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api, StageName: prod}}
  Key:
    Type: AWS::Events::Connection
    Properties: {AuthorizationType: API_KEY, AuthParameters: {ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: v}}}
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Key.Arn
      HttpMethod: POST
      InvocationEndpoint: !Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod/first"
  ToFirst:
    Type: AWS::Pipes::Pipe
    Properties: {RoleArn: !GetAtt Role.Arn, Source: !GetAtt In.Arn, Target: !GetAtt Destination.Arn, TargetParameters: {InputTemplate: <$.body>}}
  ToSecond:
    Type: AWS::Pipes::Pipe
    Properties:
      RoleArn: !GetAtt Role.Arn
      Source: !GetAtt Middle.Arn
      Target: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/prod/POST/second/*"
      TargetParameters: {HttpParameters: {PathParameterValues: [$.body.id]}}
"#;

#[tokio::test]
async fn calls_to_an_own_api_go_to_the_gateway_of_the_chain() {
    let data = TempDir::new().unwrap();
    let file = data.path().join("own.yaml");
    std::fs::write(&file, TEMPLATE).unwrap();
    let args = ["--in-memory", "--definition", file.to_str().unwrap()];
    let mut chain = Running::start(data.path(), &args).await;
    let body = "%7B%22id%22%3A%22a7%22%7D";
    let send = format!("/000000000000/in?Action=SendMessage&MessageBody={body}&Version=2012-11-05");
    assert_eq!(chain.get(4566, &send).await.status, StatusCode::OK);
    let receive = "/000000000000/out?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05";
    let received = chain.get(4566, receive).await;
    let text = String::from_utf8_lossy(&received.body);
    assert!(text.contains("<Body>a7 of 000000000000</Body>"), "{text}");
    let outbox = chain.get(8082, "/outbox").await;
    assert!(
        String::from_utf8_lossy(&outbox.body).contains("\"count\":0"),
        "nothing is kept"
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}
