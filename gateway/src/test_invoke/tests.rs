use http::StatusCode;
use kit::document::Node;

use super::*;
use crate::api::{Api, Stage};
use crate::openapi::Document;
use crate::outbound::OutboundArgs;

const API: &str = r#"
openapi: 3.0.1
info: {title: t}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
components:
  schemas: {Order: {type: object, required: [id]}}
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
    sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
paths:
  /orders/{shop}:
    post:
      security: [{sigv4: []}, {key: []}]
      x-amazon-apigateway-request-validator: all
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses: {200: {description: ''}, 400: {description: ''}}
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        credentials: arn:aws:iam::1:role/r
        uri: arn:aws:apigateway:eu-west-1:sqs:path/1/orders
        requestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        requestTemplates:
          application/json: >-
            Action=SendMessage&MessageBody=$util.urlEncode("$input.params('shop') $context.authorizer.who")
        responses:
          default: {statusCode: 200, responseTemplates: {application/json: '{"sent": true}'}}
          '4\d\d': {statusCode: 400}
  /mock:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200, responseTemplates: {application/json: pong}}}
  /http:
    get:
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: 'http://127.0.0.1:PORT/x?token=s'}
"#;

fn apis(port: u16) -> Apis {
    let text = API.replace("PORT", &port.to_string());
    let document = Document::read(&Node::parse("t", &text).unwrap(), &mut Vec::new()).unwrap();
    let api = Api {
        id: "abc".into(),
        name: "orders".into(),
        stages: vec![Stage {
            name: "default".into(),
            ..Stage::default()
        }],
        resources: document.resources,
        ..Api::default()
    };
    Apis {
        apis: vec![api],
        ..Apis::default()
    }
}

async fn play(method: &str, path: &str, body: &str, source: ReplySource) -> Outcome {
    let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
    let mut test = TestRequest::new(method, path, &headers, body.to_owned()).unwrap();
    test.authorizer.insert("who".into(), "Ada".into());
    test_invoke(&apis(1), "1", test, source).await.unwrap()
}

fn reply(status: u16, body: &'static str) -> ReplySource {
    ReplySource::Given(Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: http::HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
        complete: true,
    })
}

const STORED: &str = r#"{"SendMessageResponse":{"SendMessageResult":{"MessageId":"m"},"ResponseMetadata":{"RequestId":"r"}}}"#;

#[tokio::test]
async fn the_message_is_shown_and_nothing_is_sent() {
    let outcome = play("POST", "/orders/a%26b", r#"{"id":1}"#, ReplySource::Nothing).await;
    let route = outcome.route.unwrap();
    assert_eq!(route.resource, "/orders/{shop}");
    assert_eq!(route.path_parameters, [("shop".into(), "a&b".into())]);
    assert_eq!(
        route.not_checked,
        ["AWS_IAM: a signature by known credentials", "an API key"]
    );
    let call = outcome.call.unwrap();
    assert_eq!(call.url, "https://sqs.eu-west-1.amazonaws.com/1/orders");
    assert_eq!(call.role.as_deref(), Some("arn:aws:iam::1:role/r"));
    assert_eq!(call.message.unwrap().body, "a&b Ada");
    assert_eq!((outcome.reply, outcome.response), (None, None));
    let log = outcome.log.join("\n");
    assert!(
        log.contains("Endpoint request body after transformations: Action=SendMessage"),
        "{log}"
    );
}

#[tokio::test]
async fn a_reply_becomes_the_response() {
    let outcome = play("POST", "/orders/a", r#"{"id":1}"#, reply(200, STORED)).await;
    assert_eq!(outcome.reply.unwrap().body, STORED);
    let response = outcome.response.unwrap();
    assert_eq!(
        (response.status, response.body.as_str()),
        (200, r#"{"sent": true}"#)
    );
    let outcome = play("POST", "/orders/a", r#"{"id":1}"#, reply(403, "{}")).await;
    assert_eq!(outcome.response.unwrap().status, 400);
    // A success that names no request is not SQS's.
    let outcome = play("POST", "/orders/a", r#"{"id":1}"#, reply(200, "ok")).await;
    assert_eq!(
        outcome.refusal.unwrap().response_type.as_deref(),
        Some("INTEGRATION_FAILURE")
    );
    assert_eq!(outcome.response.unwrap().status, 504);
}

#[tokio::test]
async fn a_request_that_is_refused_says_why() {
    let outcome = play("POST", "/orders/a", "{}", ReplySource::Nothing).await;
    let refusal = outcome.refusal.unwrap();
    assert_eq!(refusal.response_type.as_deref(), Some("BAD_REQUEST_BODY"));
    assert!(refusal.validation_errors.unwrap().contains("id"));
    assert_eq!(
        (outcome.call, outcome.response.unwrap().status),
        (None, 400)
    );
    let outcome = play("GET", "/nowhere", "", ReplySource::Nothing).await;
    assert_eq!(
        (outcome.route, outcome.response.unwrap().status),
        (None, 403)
    );
}

#[tokio::test]
async fn a_mock_answers_itself() {
    let outcome = play("GET", "/mock", "", ReplySource::Nothing).await;
    assert_eq!((outcome.call, outcome.reply.unwrap().status), (None, 200));
    assert_eq!(outcome.response.unwrap().body, "pong");
}

#[tokio::test]
async fn a_call_is_sent_when_it_is_asked_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = axum::Router::new().fallback(async || (StatusCode::IM_A_TEAPOT, "short and stout"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let sdk = kit::aws::local("http://127.0.0.1:1").await;
    let play = async |outbound| {
        let test = TestRequest::new("GET", "/http", &[], "").unwrap();
        let source = ReplySource::Send(Box::new(sdk.clone()), outbound);
        test_invoke(&apis(port), "1", test, source).await.unwrap()
    };
    let allowed = Outbound::new(
        &OutboundArgs::default(),
        kit::send::AllowTargets::new(["127.0.0.1".parse().unwrap()]),
    );
    let outcome = play(allowed).await;
    let url = outcome.call.unwrap().url;
    assert!(url.ends_with("/x?token=********"), "{url}");
    let response = outcome.response.unwrap();
    assert_eq!(
        (response.status, response.body.as_str()),
        (418, "short and stout")
    );
    // A private address is called only when it is allowed.
    let outcome = play(Outbound::default()).await;
    assert_eq!(outcome.response.unwrap().status, 500);
}

#[test]
fn what_http_does_not_allow_is_named() {
    let error = |method, path| TestRequest::new(method, path, &[], "").unwrap_err();
    assert!(error("GET", "orders").contains("invalid path orders"));
    assert!(error("G T", "/").contains("not allowed in HTTP"));
}
