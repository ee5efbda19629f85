//! The control planes of AWS, as far as `tidegate import` asks them: one account with an API, a
//! pipe, its queues, an API destination with its connection, and a stack.

#![allow(dead_code, reason = "each test uses a part")]

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

/// What a service answers instead.
type Instead = Box<dyn Fn(&str) -> Option<(u16, String)> + Send + Sync>;

/// A running fake.
pub struct FakeAws {
    pub url: String,
    state: Arc<Fake>,
}

struct Fake {
    /// Where the API destination calls.
    hook: String,
    asked: Mutex<Vec<String>>,
    instead: Instead,
}

impl FakeAws {
    /// A fake whose API destination calls `hook`. What `instead` answers to a question
    /// (`sqs:GetQueueUrl`, `/restapis/a1b2c3d4e5`) is answered in place of what there is.
    pub async fn start(
        hook: &str,
        instead: impl Fn(&str) -> Option<(u16, String)> + Send + Sync + 'static,
    ) -> FakeAws {
        let state = Arc::new(Fake {
            hook: hook.to_owned(),
            asked: Mutex::default(),
            instead: Box::new(instead),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(state.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        FakeAws { url, state }
    }

    /// The questions so far.
    pub fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }

    /// Runs `tidegate import` against it.
    pub async fn import(&self, args: &[&str]) -> Output {
        self.import_as(args, &[("AWS_ENDPOINT_URL", &self.url)])
            .await
    }

    /// The same with these variables instead of the endpoint's.
    pub async fn import_as(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.arg("import").args(args);
        command
            .envs(environment.iter().copied())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "example")
            .env("RUST_LOG", "error");
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }
}

async fn answer(
    State(fake): State<Arc<Fake>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert!(
        headers["authorization"]
            .to_str()
            .unwrap()
            .starts_with("AWS4-HMAC-SHA256"),
        "questions are signed"
    );
    let body = String::from_utf8_lossy(&body).into_owned();
    let target = headers
        .get("x-amz-target")
        .map(|target| target.to_str().unwrap().to_owned());
    let question = match target {
        Some(target) => target,
        None if body.starts_with("Action=") => body["Action=".len()..]
            .split('&')
            .next()
            .unwrap()
            .to_owned(),
        None => uri.path().to_owned(),
    };
    fake.asked.lock().unwrap().push(question.clone());
    let (status, text) = (fake.instead)(&question)
        .or_else(|| known(&fake, &question, &uri, &body))
        .unwrap_or_else(|| {
            (
                404,
                json!({"__type": "NotFoundException", "message": format!("no {question}")})
                    .to_string(),
            )
        });
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}

fn known(fake: &Fake, question: &str, uri: &Uri, body: &str) -> Option<(u16, String)> {
    let given: Value = serde_json::from_str(body).unwrap_or_default();
    let found = match question {
        "/restapis/a1b2c3d4e5" => {
            json!({"id": "a1b2c3d4e5", "name": "orders", "rootResourceId": "r0"})
        }
        "/restapis/a1b2c3d4e5/stages" => json!({"item": [
            {"stageName": "dev", "deploymentId": "d0", "lastUpdatedDate": 1_700_000_000},
            {"stageName": "prod", "deploymentId": "d1", "lastUpdatedDate": 1_700_000_900, "variables": {"a": "b"}}]}),
        "/restapis/a1b2c3d4e5/stages/prod/exports/oas30" => {
            assert_eq!(uri.query(), Some("extensions=apigateway"));
            export()
        }
        "/restapis/e1d2i3t4ed" => {
            json!({"id": "e1d2i3t4ed", "name": "edited", "rootResourceId": "r0"})
        }
        "/restapis/e1d2i3t4ed/stages" => json!({"item": []}),
        "/restapis/e1d2i3t4ed/resources" => match uri.query().unwrap().contains("position=p2") {
            false => json!({"item": [{"id": "r0", "path": "/"}], "position": "p2"}),
            true => {
                json!({"item": [{"id": "r1", "parentId": "r0", "pathPart": "ping", "path": "/ping", "resourceMethods": {"GET": {
                "httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": false,
                "methodIntegration": {"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                    "integrationResponses": {"200": {"statusCode": "200"}}},
                "methodResponses": {"200": {"statusCode": "200"}}}}}]})
            }
        },
        "/v1/pipes/orders" => json!({
            "Arn": "arn:aws:pipes:eu-west-1:123456789012:pipe/orders", "Name": "orders", "CurrentState": "RUNNING",
            "DesiredState": "RUNNING", "RoleArn": "arn:aws:iam::123456789012:role/pipe",
            "Source": "arn:aws:sqs:eu-west-1:123456789012:orders", "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
            "Target": "arn:aws:events:eu-west-1:123456789012:api-destination/crm/6f0a1b2c-0000-4000-8000-000000000001",
            "TargetParameters": {"InputTemplate": "<$.body>"}}),
        "AWSEvents.DescribeApiDestination" => json!({
            "Name": given["Name"], "ApiDestinationArn": "arn:aws:events:eu-west-1:123456789012:api-destination/crm/6f0a",
            "ApiDestinationState": "ACTIVE", "HttpMethod": "POST", "InvocationEndpoint": fake.hook,
            "InvocationRateLimitPerSecond": 300,
            "ConnectionArn": "arn:aws:events:eu-west-1:123456789012:connection/crm-key/77aa"}),
        "AWSEvents.DescribeConnection" => json!({
            "Name": given["Name"], "ConnectionArn": "arn:aws:events:eu-west-1:123456789012:connection/crm-key/77aa",
            "ConnectionState": "AUTHORIZED", "AuthorizationType": "API_KEY",
            "SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:events!connection/crm-key/77aa-AbCdEf",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key"}}}),
        "AmazonSQS.GetQueueUrl" => {
            let name = given["QueueName"].as_str().unwrap();
            json!({"QueueUrl": format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}")})
        }
        "AmazonSQS.GetQueueAttributes" => attributes(given["QueueUrl"].as_str().unwrap()),
        "DescribeStacks" | "ListStackResources" | "GetTemplate" => {
            return Some((200, stack(question, body)));
        }
        _ => return None,
    };
    Some((200, found.to_string()))
}

fn attributes(url: &str) -> Value {
    let name = url.rsplit('/').next().unwrap();
    let arn = format!("arn:aws:sqs:eu-west-1:123456789012:{name}");
    let mut own =
        json!({"QueueArn": arn, "VisibilityTimeout": "45", "ApproximateNumberOfMessages": "3"});
    if name == "orders" {
        own["RedrivePolicy"] = json!(
            r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:orders-dlq","maxReceiveCount":4}"#
        );
    }
    json!({"Attributes": own})
}

/// What `get-export` has of the API.
fn export() -> Value {
    json!({"openapi": "3.0.1", "info": {"title": "orders", "version": "1"},
        "servers": [{"url": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{basePath}",
                     "variables": {"basePath": {"default": "prod"}}}],
        "paths": {"/orders": {"post": {"responses": {"200": {"description": "200 response"}},
            "x-amazon-apigateway-integration": {
                "type": "aws", "httpMethod": "POST", "credentials": "arn:aws:iam::123456789012:role/api",
                "uri": "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/orders",
                "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
                "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
                "passthroughBehavior": "never", "responses": {"default": {"statusCode": "200"}}}}}}})
}

const TEMPLATE: &str = "
Parameters:
  Retention: {Type: Number, Default: 60}
  Token: {Type: String, NoEcho: true}
Resources:
  Orders: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: !Ref Retention}}
  Copies: {Type: AWS::SQS::Queue}
  Role: {Type: AWS::IAM::Role}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties: {RoleArn: !GetAtt Role.Arn, Source: !GetAtt Orders.Arn, Target: !GetAtt Copies.Arn}
";

fn stack(action: &str, body: &str) -> String {
    let escaped = TEMPLATE.replace('&', "&amp;").replace('<', "&lt;");
    let member = |kind: &str, logical: &str, physical: &str| {
        format!(
            "<member><ResourceType>{kind}</ResourceType><LogicalResourceId>{logical}</LogicalResourceId>\
             <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
        )
    };
    let queue = |logical: &str| {
        let url = format!("https://sqs.eu-west-1.amazonaws.com/123456789012/shop-{logical}-1A2B3C");
        member("AWS::SQS::Queue", logical, &url)
    };
    let inner = match action {
        "DescribeStacks" => "<Stacks><member><StackName>shop</StackName>\
             <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1</StackId><StackStatus>UPDATE_COMPLETE</StackStatus>\
             <Parameters><member><ParameterKey>Retention</ParameterKey><ParameterValue>600</ParameterValue></member>\
             <member><ParameterKey>Token</ParameterKey><ParameterValue>****</ParameterValue></member></Parameters></member></Stacks>"
            .to_owned(),
        "ListStackResources" if body.contains("NextToken=2") => {
            let rest = member("AWS::Pipes::Pipe", "Pipe", "shop-Pipe-9Z") + &member("AWS::IAM::Role", "Role", "shop-Role-7");
            format!("<StackResourceSummaries>{rest}</StackResourceSummaries>")
        }
        "ListStackResources" => {
            let first = queue("Orders") + &queue("Copies");
            format!("<StackResourceSummaries>{first}</StackResourceSummaries><NextToken>2</NextToken>")
        }
        _ => format!("<TemplateBody>{escaped}</TemplateBody>"),
    };
    format!(
        "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{inner}\
         </{action}Result></{action}Response>"
    )
}
