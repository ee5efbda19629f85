//! What stages add to their methods: cache, canary, access log, execution log.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::{CACHE_CONTROL, USER_AGENT, WARNING};

use super::*;
use crate::access_log::{AccessLog, LogArgs};

/// An API of `/c/{id}`, whose responses count the calls of its backend, with a stage that has these
/// properties.
fn template(stage: &str) -> String {
    let integration = r#"{type: aws, httpMethod: GET, uri: "arn:aws:apigateway:eu-west-1:s3:path/b/k",
                cacheKeyParameters: [method.request.querystring.k, integration.request.header.H],
                requestParameters: {integration.request.header.H: method.request.header.x-h},
                responses: {default: {statusCode: "200"}}}"#;
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: stages
      Body:
        openapi: 3.0.1
        info: {{title: stages, version: "1"}}
        paths:
          /c/{{id}}:
            get: &op
              x-amazon-apigateway-integration: {integration}
            post: *op
          /v:
            get:
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {{application/json: '{{"statusCode": 200}}'}}
                responses: {{default: {{statusCode: 200, responseTemplates: {{application/json: "$stageVariables.v $stageVariables.w $context.isCanaryRequest"}}}}}}
  Deployment: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: !Ref Api}}}}
  Dev: {{Type: AWS::ApiGateway::Stage, Properties: {{RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: dev, {stage}}}}}
"#
    )
}

fn apis(stage: &str) -> Apis {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, template(stage)).unwrap();
    let args = kit::definition::DefinitionArgs {
        files: vec![file],
        ..kit::definition::DefinitionArgs::default()
    };
    let account = kit::cloudformation::Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "tidegate".into(),
    };
    Apis::load(&args.load(&account).unwrap(), None).unwrap()
}

/// A backend whose answers are numbered.
async fn numbers() -> String {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(async || CALLS.fetch_add(1, Ordering::Relaxed).to_string());
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn gateway(stage: &str) -> Gateway {
    let sdk = kit::aws::local(&numbers().await).await;
    let apis = apis(stage);
    let usage = Arc::new(UsageGate::open(&UsageArgs::default(), &apis).unwrap());
    let access = crate::GatewayArgs::default().access;
    Gateway::new(apis, "1".into(), &sdk, outbound(), &access, usage).unwrap()
}

async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, String) {
    let mut request = http::Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

async fn send(router: &Router, request: http::Request<Body>) -> (HeaderMap, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.headers, format!("{} {body}", parts.status.as_u16()))
}

const CACHE: &str = "CacheClusterEnabled: true, MethodSettings: [{ResourcePath: /*, HttpMethod: '*', CachingEnabled: true}";

#[tokio::test]
async fn a_cached_response_is_for_its_path_and_key_parameters() {
    let router = Arc::new(gateway(&format!("{CACHE}]")).await).router();
    let first = get(&router, "/dev/c/1?k=a&other=1", &[]).await;
    let again = get(&router, "/dev/c/1?k=a&other=2", &[]).await;
    assert_eq!(first.1, again.1);
    let trace = "x-amzn-trace-id";
    assert!(first.0.contains_key(trace) && first.0[trace] != again.0[trace]);
    assert_ne!(first.0["x-amzn-requestid"], again.0["x-amzn-requestid"]);
    for (path, header) in [
        ("/dev/c/2?k=a", ""),
        ("/dev/c/1?k=b", ""),
        ("/dev/c/1", ""),
        ("/dev/c/1?k=a", "h"),
    ] {
        let headers = [("x-h", header)];
        let headers = if header.is_empty() { &[][..] } else { &headers };
        let other = get(&router, path, headers).await;
        assert_ne!(other.1, first.1, "{path}");
        assert_eq!(get(&router, path, headers).await.1, other.1, "{path}");
    }
}

#[tokio::test]
async fn other_verbs_are_cached_where_they_are_named() {
    let post = || {
        let request = http::Request::post("/dev/c/1");
        request.body(Body::from("{}")).unwrap()
    };
    let router = Arc::new(gateway(&format!("{CACHE}]")).await).router();
    assert_ne!(send(&router, post()).await.1, send(&router, post()).await.1);
    let named =
        format!("{CACHE}, {{ResourcePath: '/c~1{{id}}', HttpMethod: POST, CachingEnabled: true}}]");
    let router = Arc::new(gateway(&named.replace("/c~1", "/~1c~1")).await).router();
    assert_eq!(send(&router, post()).await.1, send(&router, post()).await.1);
}

#[tokio::test]
async fn an_invalidation_needs_permission_unless_the_stage_says_otherwise() {
    let fresh = [(CACHE_CONTROL.as_str(), "max-age=0")];
    let ask = async |more: &str| {
        let stage = format!("{CACHE}, {{ResourcePath: /*, HttpMethod: '*'{more}}}]");
        let router = Arc::new(gateway(&stage).await).router();
        let first = get(&router, "/dev/c/1", &[]).await.1;
        let (headers, answer) = get(&router, "/dev/c/1", &fresh).await;
        let after = get(&router, "/dev/c/1", &[]).await.1;
        let warning = headers
            .get(WARNING)
            .map(|it| it.to_str().unwrap().to_owned());
        (answer == first, warning, answer == after, answer)
    };
    let (is_cached, warning, ..) = ask("").await;
    assert!(is_cached && warning.unwrap().starts_with("199 "));
    let without = ", UnauthorizedCacheControlHeaderStrategy: SUCCEED_WITHOUT_RESPONSE_HEADER";
    let (is_cached, warning, ..) = ask(without).await;
    assert!(is_cached && warning.is_none());
    let refused = ask(", UnauthorizedCacheControlHeaderStrategy: FAIL_WITH_403").await;
    assert!(refused.3.starts_with("403 "), "{}", refused.3);
    let (is_cached, warning, is_kept, _) =
        ask(", RequireAuthorizationForCacheControl: false").await;
    assert!(
        !is_cached && warning.is_none() && is_kept,
        "the cached response is replaced"
    );
}

#[tokio::test]
async fn the_admin_port_forgets_the_responses_of_a_stage() {
    let gateway = Arc::new(gateway(&format!("{CACHE}]")).await);
    let (id, router) = (gateway.apis().apis[0].id.clone(), gateway.clone().router());
    let first = get(&router, "/dev/c/1", &[]).await.1;
    let flush = async |query: &str| {
        let request = http::Request::delete(format!("/cache{query}"));
        send(
            &gateway.admin_routes(),
            request.body(Body::empty()).unwrap(),
        )
        .await
        .1
    };
    assert_eq!(
        flush("?api=other&stage=dev").await,
        "200 removed 0 cached responses\n"
    );
    assert!(flush("?api=other").await.starts_with("400 "));
    assert_eq!(get(&router, "/dev/c/1", &[]).await.1, first);
    let query = format!("?api={id}&stage=dev");
    assert_eq!(flush(&query).await, "200 removed 1 cached response\n");
    assert_ne!(get(&router, "/dev/c/1", &[]).await.1, first);
}

#[tokio::test]
async fn a_canary_takes_its_share_with_its_own_variables() {
    let stage = |percent: u8| {
        format!(
            "Variables: {{v: own, w: kept}}, CanarySetting: {{PercentTraffic: {percent}, StageVariableOverrides: {{v: canary}}}}"
        )
    };
    for (percent, answer) in [(0, "200 own kept false"), (100, "200 canary kept true")] {
        let router = Arc::new(gateway(&stage(percent)).await).router();
        assert_eq!(get(&router, "/dev/v", &[]).await.1, answer);
    }
    let router = Arc::new(gateway(&stage(50)).await).router();
    let mut seen = std::collections::HashSet::new();
    // Missing one of both in 200 draws has a chance of 2^-199.
    for _ in 0..200 {
        seen.insert(get(&router, "/dev/v", &[]).await.1);
    }
    assert_eq!(seen.len(), 2);
    let router = Arc::new(gateway("Variables: {v: own, w: kept}").await).router();
    assert_eq!(get(&router, "/dev/v", &[]).await.1, "200 own kept ");
}

#[tokio::test]
async fn the_access_log_has_the_format_of_the_stage() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("access.log");
    let format = r#"AccessLogSetting: {DestinationArn: "arn:aws:logs:eu-west-1:1:log-group:x", Format: '{"id":"$context.requestId","ua":"$context.identity.userAgent","at":"$context.resourcePath","status":$context.status,"length":"$context.responseLength","by":"$context.integration.status","principal":"$context.authorizer.principalId","type":"$context.endpointType"}'}"#;
    let log = AccessLog::open(&path, "--access-log").unwrap();
    let gateway = Arc::new(gateway(format).await.with(Some(log), None, 1 << 20));
    let router = gateway.clone().router();
    let id = "0f0e0d0c-0b0a-4908-8706-050403020100";
    let headers = [(USER_AGENT.as_str(), "a\"b"), ("x-amzn-requestid", id)];
    let answer = get(&router, "/dev/c/1", &headers).await.1;
    get(&router, "/dev/v", &[("x-amzn-requestid", "mine")]).await;
    gateway.flush_logs();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expected = serde_json::json!({
        "id": id, "ua": "a\"b", "at": "/c/{id}", "status": 200,
        "length": (answer.len() - "200 ".len()).to_string(),
        "by": "200", "principal": "-", "type": "EDGE",
    });
    assert_eq!(lines[0], expected);
    let replaced = lines[1]["id"].as_str().unwrap();
    assert!(
        replaced.ends_with("_REPLACED_INVALID_REQUEST_ID"),
        "{replaced}"
    );
    assert_eq!(
        (&lines[1]["by"], &lines[1]["ua"]),
        (&"200".into(), &"-".into())
    );
}

#[tokio::test]
async fn without_a_format_a_line_is_json() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("access.log");
    let logs = LogArgs {
        access_log: Some(path.clone()),
        ..LogArgs::default()
    };
    let log = logs.access_log().unwrap();
    let gateway = Arc::new(gateway("Variables: {v: x}").await.with(log, None, 1 << 20));
    get(&gateway.clone().router(), "/dev/c/1?secret=1", &[]).await;
    get(&gateway.clone().router(), "/other/c/1", &[]).await;
    gateway.flush_logs();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (
            &lines[0]["resourcePath"],
            &lines[0]["stage"],
            &lines[0]["status"]
        ),
        (&"/c/{id}".into(), &"dev".into(), &200.into())
    );
    assert!(lines[0]["integrationLatency"].is_u64() && lines[0]["responseLatency"].is_u64());
    assert_eq!(lines[1]["status"], 403);
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn the_admin_port_records_the_execution_of_a_request_on_demand() {
    let gateway = Arc::new(gateway("Variables: {v: x}").await);
    let router = gateway.clone().router();
    let ask = async |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path);
        send(
            &gateway.admin_routes(),
            request.body(Body::empty()).unwrap(),
        )
        .await
        .1
    };
    let wanted = ask("POST", "/execution-log?resource=/c/%7Bid%7D&method=GET").await;
    assert!(wanted.starts_with("202 "), "{wanted}");
    assert!(
        ask("POST", "/execution-log?path=/c")
            .await
            .starts_with("400 ")
    );
    get(&router, "/dev/v", &[]).await;
    let secret = [("authorization", "Bearer secret"), ("x-h", "shown")];
    let (headers, answer) = get(&router, "/dev/c/7?k=a", &secret).await;
    get(&router, "/dev/c/8", &[]).await;
    let id = headers["x-amzn-requestid"].to_str().unwrap();
    let log = ask("GET", &format!("/execution-log/{id}")).await;
    assert_eq!(
        log,
        ask("GET", "/execution-log").await,
        "only the one that was wanted"
    );
    assert!(!log.contains("secret"), "{log}");
    let body = answer.strip_prefix("200 ").unwrap();
    for line in [
        "HTTP Method: GET, Resource Path: /dev/c/7",
        "Method request path: {id=7}",
        "Method request query string: {k=a}",
        "Endpoint request URI: https://s3.eu-west-1.amazonaws.com/b/k",
        "Received response. Status: 200, Integration latency: ",
        &format!("Method response body after transformations: {body}"),
        "Successfully completed execution",
        "Method completed with status: 200",
    ] {
        assert!(log.contains(&format!("({id}) {line}")), "{line}: {log}");
    }
    assert!(ask("GET", "/execution-log/none").await.starts_with("404 "));
}

#[tokio::test]
async fn the_logging_level_decides_about_the_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let logged = async |level: &str, path: &str| {
        let file = folder.path().join("execution.log");
        let log = AccessLog::open(&file, "--execution-log").unwrap();
        let stage = format!(
            "MethodSettings: [{{ResourcePath: /*, HttpMethod: '*', LoggingLevel: {level}}}]"
        );
        let gateway = Arc::new(gateway(&stage).await.with(None, Some(log), 1 << 20));
        get(&gateway.clone().router(), path, &[]).await;
        gateway.flush_logs();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        text
    };
    assert_eq!(logged("\"OFF\"", "/dev/v").await, "");
    assert_eq!(logged("ERROR", "/dev/v").await, "");
    let info = logged("INFO", "/dev/v").await;
    assert!(info.contains("Method completed with status: 200"), "{info}");
    assert!(
        !info.contains("headers"),
        "without DataTraceEnabled: {info}"
    );
}
