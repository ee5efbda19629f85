//! The router with a real definition behind it, and a small backend or none behind that.

mod stages;

use std::time::Duration;

use axum::Router;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use kit::document::Node;
use tower::ServiceExt as _;

use super::*;
use crate::api::{Api, Stage};
use crate::openapi::Document;
use crate::outbound::OutboundArgs;
use crate::usage::{UsageArgs, UsageGate};

/// `POST /send` sends a message to SQS within 300 ms, `POST /xml` does so in a call of its own,
/// `GET /s3/{key}` calls S3, `GET /mock` calls nothing.
const API: &str = r#"openapi: 3.0.1
paths:
  /send:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: arn:aws:apigateway:eu-west-1:sqs:path/1/q
        timeoutInMillis: 300
        requestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        requestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
        responses: {'2\d{2}': {statusCode: 200}, default: {statusCode: 500}}
  /xml:
    post:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: arn:aws:apigateway:eu-west-1:sqs:path/1/q
        requestParameters:
          integration.request.header.Accept: "'application/xml'"
          integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"
        requestTemplates: {application/json: "Action=SendMessage&MessageBody=x"}
        responses: {default: {statusCode: 200}}
  /s3/{key}:
    get:
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: GET
        uri: arn:aws:apigateway:eu-west-1:s3:path/b/{key}
        requestParameters: {integration.request.path.key: method.request.path.key}
        responses: {default: {statusCode: 200, responseParameters: {method.response.header.X-Amzn-Trace-Id: "'mapped'"}}}
  /closed:
    get:
      security: [{guard: []}]
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200}}
  /mock:
    get:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: 200}}
"#;

impl Gateway {
    /// The gateway as a service, for clients that are all one peer.
    fn router(self: Arc<Gateway>) -> Router {
        let peer = Peer::plain(([127, 0, 0, 1], 1).into());
        Router::new().fallback(move |request: http::Request<Body>| {
            self.clone().answer(request, peer.clone())
        })
    }
}

async fn gateway(endpoint: &str) -> Router {
    let document = Document::read(&Node::parse("t", API).unwrap(), &mut Vec::new()).unwrap();
    let stages = vec![Stage {
        name: "default".into(),
        deployment_id: "d".into(),
        ..Stage::default()
    }];
    let api = Api {
        id: "abc".into(),
        name: String::new(),
        stages,
        endpoint: document.endpoint,
        resources: document.resources,
        encoding: document.encoding,
        is_closed: document.is_closed,
        gateway_responses: document.gateway_responses,
        ..Api::default()
    };
    let apis = Apis {
        apis: vec![api],
        ..Apis::default()
    };
    let sdk = kit::aws::local(endpoint).await;
    let usage = Arc::new(UsageGate::open(&UsageArgs::default(), &apis).unwrap());
    let access = crate::GatewayArgs::default().access;
    let gateway = Gateway::new(apis, "1".into(), &sdk, outbound(), &access, usage);
    Arc::new(gateway.unwrap()).router()
}

/// Everything on this machine may be called.
fn outbound() -> Outbound {
    Outbound::new(
        &OutboundArgs::default(),
        kit::send::AllowTargets::new(["127.0.0.1".parse().unwrap()]),
    )
}

/// A service that gives this answer to every call, after `delay`.
async fn backend(delay: Duration, status: u16, body: impl Into<bytes::Bytes>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (status, body) = (StatusCode::from_u16(status).unwrap(), body.into());
    let app = Router::new().fallback(async move || {
        tokio::time::sleep(delay).await;
        (status, body)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn ask(router: Router, method: &str, path: &str) -> (HeaderMap, String) {
    ask_with(router, method, path, Body::from("{}")).await
}

async fn ask_with(router: Router, method: &str, path: &str, body: Body) -> (HeaderMap, String) {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .body(body)
        .unwrap();
    let answer = router.oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.headers, format!("{} {body}", parts.status.as_u16()))
}

const NOW: Duration = Duration::ZERO;
const FAILED: &str = r#"504 {"message": "Network error communicating with endpoint"}"#;
const ERROR: &str = r#"500 {"message": "Internal server error"}"#;

#[tokio::test]
async fn a_queue_that_is_slow_or_gone_or_not_sqs_is_a_504() {
    let slow = backend(Duration::from_secs(3), 200, "{}").await;
    let (headers, answer) = ask(gateway(&slow).await, "POST", "/send").await;
    assert_eq!(answer, r#"504 {"message": "Endpoint request timed out"}"#);
    assert_eq!(headers["x-amzn-errortype"], "InternalServerErrorException");

    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (headers, answer) = ask(gateway(&format!("http://{gone}")).await, "POST", "/send").await;
    assert_eq!(
        (answer.as_str(), headers.contains_key("x-amzn-trace-id")),
        (FAILED, false)
    );

    for other in ["", "{}", "<html>healthy</html>"] {
        let (_, answer) = ask(
            gateway(&backend(NOW, 200, other).await).await,
            "POST",
            "/send",
        )
        .await;
        assert_eq!(answer, FAILED, "{other}");
        let (_, answer) = ask(
            gateway(&backend(NOW, 200, other).await).await,
            "POST",
            "/xml",
        )
        .await;
        assert_eq!(answer, FAILED, "{other}");
    }
    let sent = "<SendMessageResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendMessageResponse>";
    let (_, answer) = ask(
        gateway(&backend(NOW, 200, sent).await).await,
        "POST",
        "/xml",
    )
    .await;
    assert_eq!(answer, format!("200 {sent}"));
}

#[tokio::test]
async fn a_reply_beyond_the_limit_is_no_success() {
    let whole = backend(NOW, 200, vec![b'x'; 10_485_760]).await;
    let (headers, answer) = ask(gateway(&whole).await, "GET", "/s3/a").await;
    assert_eq!(
        (answer.len(), &headers["x-amzn-trace-id"]),
        (10_485_764, &"mapped".parse().unwrap())
    );
    let longer = backend(NOW, 200, vec![b'x'; 10_485_761]).await;
    assert_eq!(ask(gateway(&longer).await, "GET", "/s3/a").await.1, ERROR);
}

/// Definitions that were read leniently have such methods.
#[tokio::test]
async fn a_method_whose_guard_is_not_supported_is_not_served() {
    let (_, answer) = ask(gateway("http://127.0.0.1:1").await, "GET", "/closed").await;
    assert_eq!(answer, ERROR);
}

#[tokio::test]
async fn a_mock_has_ids_and_no_trace() {
    let (headers, answer) = ask(gateway("http://127.0.0.1:1").await, "GET", "/mock").await;
    assert_eq!(answer, "200 ");
    let has = |name: &str| headers.contains_key(name);
    assert_eq!(
        [
            has("x-amzn-requestid"),
            has("x-amz-apigw-id"),
            has("x-amzn-trace-id")
        ],
        [true, true, false]
    );
}

#[tokio::test]
async fn a_panic_is_answered_like_any_other_error_of_the_gateways_own() {
    let router = Router::new().fallback(async || guarded(async { panic!("a bug") }).await);
    let (headers, answer) = ask(router, "GET", "/").await;
    assert_eq!(answer, ERROR);
    assert_eq!(headers["x-amzn-errortype"], "InternalServerErrorException");
    assert!(headers.contains_key("x-amzn-requestid"));
}

#[tokio::test]
async fn a_request_that_meets_a_bug_is_answered_under_its_id() {
    let bug = |_: &mut std::task::Context<'_>| -> std::task::Poll<Option<std::io::Result<String>>> {
        panic!("a bug")
    };
    let body = Body::from_stream(futures_util::stream::poll_fn(bug));
    let (headers, answer) =
        ask_with(gateway("http://127.0.0.1:1").await, "POST", "/send", body).await;
    assert_eq!(answer, ERROR);
    assert_eq!(headers["x-amzn-errortype"], "InternalServerErrorException");
    assert!(headers.contains_key("x-amzn-requestid"));
}

/// What a request needs until it is answered is written and moved for each.
#[test]
fn a_request_takes_little_memory() {
    fn size<F>(_: impl FnOnce(&'static Gateway, http::Request<Body>, &'static Peer) -> F) -> usize {
        size_of::<F>()
    }
    let bytes = size(handle);
    assert!(bytes <= 4096, "{bytes} bytes");
}
