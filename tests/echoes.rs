//! A target, an enrichment and a token endpoint repeat whatever a connection sent them, in every
//! encoding that they know; a pipe that logs execution data writes all of it down, without the
//! secrets.

#![allow(clippy::unwrap_used, reason = "a test")]

mod processes;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use processes::{PATIENCE, Ports, Process, listens};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What must be nowhere, and stays as it is in most encodings. The secrets have more around it.
const CANARIES: [&str; 8] = [
    "canaryKey",
    "canaryPassword",
    "canaryClientSecret",
    "canaryToken",
    "canaryHeader",
    "canaryQuery",
    "canaryBody",
    "canaryEndpoint",
];

/// What is sent as a secret: with characters that encodings change.
fn secret(canary: &str) -> String {
    format!("{canary}/\"&<+ %41")
}

/// What every repetition holds beside secrets.
const MARK: &str = "repeatedByTheTarget";

/// Declared to be none.
const PUBLIC: &str = "nobodysSecret";

const ENCODINGS: [&str; 7] = ["none", "percent", "json", "html", "base64", "gzip", "split"];
const KINDS: [&str; 3] = ["basic", "key", "oauth"];

type Seen = Arc<Mutex<BTreeSet<(String, String, u64)>>>;

/// Everything that came, in text, as somebody who debugs would answer it.
fn repetition(method: &Method, uri: &Uri, headers: &HeaderMap, body: &str) -> String {
    let query =
        percent_encoding::percent_decode_str(uri.query().unwrap_or_default()).decode_utf8_lossy();
    let mut text = format!("{MARK} {method} {uri} {query}\n");
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let pair = value
            .strip_prefix("Basic ")
            .and_then(|pair| STANDARD.decode(pair).ok())
            .unwrap_or_default();
        text.push_str(&format!(
            "{name}: {value} {}\n",
            String::from_utf8_lossy(&pair)
        ));
    }
    format!("{text}\n{body}\n")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('/', "&#x2F;")
}

async fn target(
    State(seen): State<Seen>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let text = repetition(&method, &uri, &headers, &body);
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let kind = uri.path().trim_start_matches('/').to_owned();
    if kind == "token" {
        return Json::answer(
            &json!({"access_token": secret("canaryToken"), "expires_in": 3600, "echo": text}),
        );
    }
    if kind == "enrich" {
        return Json::answer(&json!({"as": asked["as"], "status": asked["status"], "echo": text}));
    }
    let (encoding, status) = (
        asked["as"].as_str().unwrap_or("none").to_owned(),
        asked["status"].as_u64().unwrap_or(200),
    );
    seen.lock()
        .unwrap()
        .insert((kind, encoding.clone(), status));
    let code = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
    match encoding.as_str() {
        "percent" => (
            code,
            utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
        )
            .into_response(),
        "json" => (
            code,
            json!({"echo": json!({"echo": text}).to_string()}).to_string(),
        )
            .into_response(),
        "html" => (code, html(&text)).into_response(),
        "base64" => (code, STANDARD.encode(text)).into_response(),
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(0));
            encoder.write_all(text.as_bytes()).unwrap();
            (
                code,
                [("content-encoding", "gzip")],
                encoder.finish().unwrap(),
            )
                .into_response()
        }
        "split" => {
            let parts: Vec<Result<Bytes, std::io::Error>> = text
                .into_bytes()
                .chunks(5)
                .map(|part| Ok(Bytes::copy_from_slice(part)))
                .collect();
            (
                code,
                axum::body::Body::from_stream(futures_util::stream::iter(parts)),
            )
                .into_response()
        }
        _ => (code, text).into_response(),
    }
}

struct Json;

impl Json {
    fn answer(value: &Value) -> Response {
        ([("content-type", "application/json")], value.to_string()).into_response()
    }
}

fn text(text: &str) -> String {
    json!(text).to_string()
}

/// One pipe for each kind of connection; that of the API key asks an enrichment first.
fn template(port: u16) -> String {
    let invocation = format!(
        "InvocationHttpParameters:\n          HeaderParameters: [{{Key: x-canary, Value: canaryHeader, IsValueSecret: true}}, {{Key: x-public, Value: {PUBLIC}, IsValueSecret: false}}]\n          \
         QueryStringParameters: [{{Key: q, Value: {}, IsValueSecret: true}}]\n          \
         BodyParameters: [{{Key: b, Value: {}, IsValueSecret: true}}]",
        text(&secret("canaryQuery")),
        text(&secret("canaryBody")),
    );
    let password = text(&secret("canaryPassword"));
    let (key, client) = (
        text(&secret("canaryKey")),
        text(&secret("canaryClientSecret")),
    );
    let mut template =
        "Parameters:\n  SubEndpoint: {Type: String}\n  ConnectionOwner: {Type: String}\nResources:\n".to_owned();
    for (kind, authorization, parameters) in [
        (
            "basic",
            "BASIC",
            format!("BasicAuthParameters: {{Username: somebody, Password: {password}}}"),
        ),
        (
            "key",
            "API_KEY",
            format!("ApiKeyAuthParameters: {{ApiKeyName: x-key, ApiKeyValue: {key}}}"),
        ),
        (
            "oauth",
            "OAUTH_CLIENT_CREDENTIALS",
            format!(
                "OAuthParameters: {{AuthorizationEndpoint: 'http://127.0.0.1:{port}/token', HttpMethod: POST, ClientParameters: {{ClientID: someone, ClientSecret: {client}}}}}"
            ),
        ),
    ] {
        let enrichment = if kind == "key" {
            "Enrichment: !GetAtt enrich.Arn\n      EnrichmentParameters: {InputTemplate: '{\"as\": <$.body.as>, \"status\": <$.body.status>}'}"
        } else {
            "RoleArn: 'arn:aws:iam::000000000000:role/r'"
        };
        let input = if kind == "key" {
            r#"{"as": <$.as>, "status": <$.status>, "echo": <$.echo>}"#
        } else {
            r#"{"as": <$.body.as>, "status": <$.body.status>}"#
        };
        template.push_str(&format!(
            "  {kind}Queue:\n    Type: AWS::SQS::Queue\n    Properties: {{QueueName: {kind}}}\n  \
             {kind}Connection:\n    Type: AWS::Events::Connection\n    Properties:\n      Name: {kind}\n      AuthorizationType: {authorization}\n      AuthParameters:\n        {parameters}\n        {invocation}\n  \
             {kind}Destination:\n    Type: AWS::Events::ApiDestination\n    Properties:\n      Name: {kind}\n      ConnectionArn: !GetAtt {kind}Connection.Arn\n      InvocationEndpoint: 'http://127.0.0.1:{port}/{kind}?k=canaryEndpoint'\n      HttpMethod: POST\n  \
             {kind}Pipe:\n    Type: AWS::Pipes::Pipe\n    Properties:\n      Name: {kind}\n      Source: !GetAtt {kind}Queue.Arn\n      {enrichment}\n      Target: !GetAtt {kind}Destination.Arn\n      TargetParameters: {{InputTemplate: '{input}'}}\n      LogConfiguration: {{Level: TRACE, IncludeExecutionData: [ALL]}}\n"
        ));
    }
    template.push_str(&format!(
        "  enrich:\n    Type: AWS::Events::ApiDestination\n    Properties:\n      Name: enrich\n      ConnectionArn: !GetAtt keyConnection.Arn\n      InvocationEndpoint: 'http://127.0.0.1:{port}/enrich'\n      HttpMethod: POST\n"
    ));
    template
}

async fn send_all(endpoint: &str) {
    let client = Client::new(&kit::aws::local(endpoint).await);
    for kind in KINDS {
        let url = client
            .create_queue()
            .queue_name(kind)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        for encoding in ENCODINGS {
            for status in [200, 400] {
                let body = json!({"as": encoding, "status": status, "own": secret("canaryKey")})
                    .to_string();
                client
                    .send_message()
                    .queue_url(&url)
                    .message_body(body)
                    .send()
                    .await
                    .unwrap();
            }
        }
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What base64 makes of a canary alone, wherever it stands in a group of three bytes.
fn in_base64(canary: &str) -> impl Iterator<Item = String> {
    [(0, 0), (1, 2), (2, 3)]
        .into_iter()
        .map(move |(before, start)| {
            let encoded = STANDARD.encode(format!("{}{canary}", &"xx"[..before]));
            encoded[start..(before + canary.len()) * 8 / 6].to_owned()
        })
}

fn check(log: &str) {
    for line in log.lines() {
        for canary in CANARIES {
            let found =
                line.contains(canary) || in_base64(canary).any(|encoded| line.contains(&encoded));
            assert!(!found, "{canary} is in {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_connection_is_logged_whoever_repeats_it() {
    let (ports, folder, seen) = (Ports::free(), TempDir::new().unwrap(), Seen::default());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().fallback(target).with_state(seen.clone());
    tokio::spawn(kit::serve::serve(
        listener,
        app,
        tokio_util::sync::CancellationToken::new(),
    ));
    let definition = folder.path().join("template.yaml");
    std::fs::write(&definition, template(port)).unwrap();
    let log = folder.path().join("log");
    let (endpoint, quiet) = (ports.endpoint(), Path::new("/dev/null"));
    let emulator = Process::into_file(ports.program("emulator", &endpoint), quiet);
    listens(ports.emulator).await;
    send_all(&endpoint).await;
    let mut command = ports.program("pipe", &endpoint);
    command
        .env("RUST_LOG", "trace")
        .args(["--allow-target", "127.0.0.1", "--definition"])
        .arg(&definition);
    let pipe = Process::into_file(command, &log);
    let all = KINDS.len() * ENCODINGS.len() * 2;
    until("every kind of answer is asked for", || {
        seen.lock().unwrap().len() == all
    })
    .await;
    let read = || std::fs::read_to_string(&log).unwrap();
    until("every answer is logged", || {
        let text = read();
        text.matches("TargetInvocationSucceeded").count() >= all / 2
            && text.matches("TargetInvocationFailed").count() >= all / 2
    })
    .await;
    pipe.stop();
    emulator.stop();
    let text = read();
    check(&text);
    let repeated = text.lines().filter(|line| {
        line.contains("TargetInvocation") && line.contains(MARK) && line.contains('…')
    });
    // All but those in base64, at least.
    assert!(
        repeated.count() >= KINDS.len() * (ENCODINGS.len() - 1) * 2,
        "answers are in the log: {text}"
    );
    assert!(
        text.contains(PUBLIC) && text.contains("somebody"),
        "what is no secret is shown: {text}"
    );
}
