//! No log holds any part of a message or a secret, at `RUST_LOG=trace`, with and without failures.

#![allow(clippy::unwrap_used, reason = "a test")]

mod processes;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use http::{Method, StatusCode};
use processes::{BUCKET, Ports, Process, ask, listens};
use tempfile::TempDir;

const WEBHOOK_SECRET: &str = "Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LWNhbmFyeQ==";

/// The canaries: texts that no log may hold.
const CANARIES: [&str; 15] = [
    "canary-body",
    "canary-id",
    "canary-query",
    "canary-authorization",
    "canary-api-key",
    "canary-password",
    "canary-secret-access-key",
    "canary-wrong-key",
    "canary-session-token",
    WEBHOOK_SECRET,
    "AWS4-HMAC-SHA256",
    "Credential=",
    "Signature=",
    "authorization\":",
    "Authorization:",
];

/// The logs of all programs of the test.
struct Logs(TempDir);

impl Logs {
    fn start(&self, log: &str, mut command: Command) -> Process {
        command.env("RUST_LOG", "trace");
        Process::into_file(command, &self.0.path().join(log))
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// Every log exists, has lines of the finest level, and holds no canary.
    fn check(&self) {
        for file in self.files() {
            let text = String::from_utf8(std::fs::read(&file).unwrap()).unwrap();
            assert!(
                text.contains("\"level\":\"INFO\""),
                "{} holds {text}",
                file.display()
            );
            for line in text.lines() {
                let found = CANARIES.iter().find(|canary| line.contains(*canary));
                assert_eq!(found, None, "{}: {line}", file.display());
            }
        }
    }

    fn text(&self, log: &str) -> String {
        std::fs::read_to_string(self.0.path().join(log)).unwrap()
    }

    async fn says(&self, log: &str, text: &str) {
        let begun = Instant::now();
        while !self.text(log).contains(text) {
            assert!(
                begun.elapsed() < processes::PATIENCE,
                "{log} does not say {text:?}: {}",
                self.text(log)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn body(number: u32) -> String {
    format!(r#"{{"id": "canary-id-{number}", "name": "canary-body & more"}}"#)
}

async fn publish(port: u16, number: u32) -> StatusCode {
    let url = Ports::url(port, "/events/sub?token=canary-query");
    ask(Method::POST, &url, &body(number)).await.unwrap().status
}

/// A chain whose emulator checks signatures.
fn program(ports: &Ports, name: &str, endpoint: &str, folder: &Path) -> Command {
    let mut command = ports.program(name, endpoint);
    match name {
        "emulator" => {
            command.env(
                "EMULATOR_CREDENTIALS",
                "AKIACANARY0000000000:canary-secret-access-key",
            );
        }
        "pipe" => {
            let file = folder.join("webhook");
            std::fs::write(&file, format!("whsec_{WEBHOOK_SECRET}\n")).unwrap();
            command.arg("--webhook-secret-file").arg(file);
        }
        "pub" => {
            let host = format!(
                "http://canary:canary-password@127.0.0.1:{}/events/sub?token=canary-query",
                ports.gateway
            );
            command.env("SUB_HOST", host);
        }
        _ => {}
    }
    command
}

async fn signed(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(
        "AKIACANARY0000000000",
        "canary-secret-access-key",
        None,
        None,
        "test",
    );
    let sdk = kit::aws::local(endpoint).await.into_builder();
    sdk.credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

async fn provision(sdk: &SdkConfig) {
    let definition = kit::definition::DefinitionArgs::default()
        .load(&kit::aws::local_account(sdk))
        .unwrap();
    tidegate::provision::provision(&definition, sdk)
        .await
        .unwrap();
}

async fn is_kept(sdk: &SdkConfig, number: u32) {
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .force_path_style(true)
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let begun = Instant::now();
    while client
        .head_object()
        .bucket(BUCKET)
        .key(format!("canary-id-{number}-sqs.txt"))
        .send()
        .await
        .is_err()
    {
        assert!(
            begun.elapsed() < processes::PATIENCE,
            "event {number} does not arrive"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server that answers everything with this status and, if asked to, the body of the request.
async fn stand_in(status: u16, echoes: bool) -> u16 {
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let port = listener.local_addr().unwrap().port();
    let status = StatusCode::from_u16(status).unwrap();
    let answer = async move |body: bytes::Bytes| {
        (
            status,
            if echoes {
                body
            } else {
                bytes::Bytes::from_static(b"no")
            },
        )
    };
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(kit::serve::serve(
        listener,
        app,
        tokio_util::sync::CancellationToken::new(),
    ));
    port
}

/// A port without a listener.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_at_work_and_its_target_down() {
    let (ports, folder) = (Ports::free(), TempDir::new().unwrap());
    let (logs, endpoint) = (Logs(TempDir::new().unwrap()), ports.endpoint());
    let start = |name: &str| {
        let mut command = program(&ports, name, &endpoint, folder.path());
        if name != "emulator" {
            command.env("AWS_SESSION_TOKEN", "canary-session-token");
        }
        logs.start(name, command)
    };
    let emulator = start("emulator");
    listens(ports.emulator).await;
    let sdk = signed(&endpoint).await;
    provision(&sdk).await;
    let (gateway, pipe, sub, publisher) =
        (start("gateway"), start("pipe"), start("sub"), start("pub"));
    for port in [
        ports.gateway,
        ports.pipe_admin,
        ports.subscriber,
        ports.publisher,
    ] {
        listens(port).await;
    }
    assert_eq!(publish(ports.gateway, 1).await, StatusCode::OK);
    assert_eq!(
        ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
            .await
            .unwrap()
            .status,
        StatusCode::OK
    );
    is_kept(&sdk, 1).await;

    sub.stop();
    assert_eq!(publish(ports.gateway, 2).await, StatusCode::OK);
    logs.says("pipe", "cannot connect to 127.0.0.1").await;
    let again = start("sub");
    is_kept(&sdk, 2).await;

    // SQS and S3 refuse requests that are signed with another key.
    let (wrong, mut other) = (Ports::free(), Vec::new());
    for name in ["gateway", "sub"] {
        let mut command = program(&wrong, name, &endpoint, folder.path());
        command.env("AWS_SECRET_ACCESS_KEY", "canary-wrong-key");
        other.push(logs.start(&format!("{name} of another"), command));
    }
    listens(wrong.gateway).await;
    listens(wrong.subscriber).await;
    assert!(!publish(wrong.gateway, 3).await.is_success());
    let refused = ask(
        Method::POST,
        &Ports::url(wrong.subscriber, "/sub"),
        &body(3),
    )
    .await
    .unwrap();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);

    other.extend([gateway, pipe, again, publisher, emulator]);
    other.into_iter().for_each(Process::stop);
    for (log, line) in [
        (
            "gateway",
            format!("uses SQS at {endpoint}, region ap-northeast-2, account 000000000000"),
        ),
        (
            "pipe",
            format!("uses SQS at {endpoint}, region ap-northeast-2, account 000000000000"),
        ),
        (
            "sub",
            format!("uses S3 at {endpoint}, region ap-northeast-2, the account of its credentials"),
        ),
    ] {
        assert!(logs.text(log).contains(&line), "{}", logs.text(log));
    }
    assert!(
        logs.text("gateway").contains("\"level\":\"DEBUG\""),
        "RUST_LOG counts"
    );
    logs.check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_none_of_sqs_and_s3() {
    let (logs, folder) = (Logs(TempDir::new().unwrap()), TempDir::new().unwrap());
    let endpoints = [
        nobody(),
        stand_in(500, true).await,
        stand_in(403, true).await,
        stand_in(200, true).await,
    ];
    for (number, at) in endpoints.into_iter().enumerate() {
        let (ports, endpoint) = (Ports::free(), format!("http://127.0.0.1:{at}"));
        let named = |name: &str| format!("{name} {number}");
        let start = |name: &str| {
            logs.start(
                &named(name),
                program(&ports, name, &endpoint, folder.path()),
            )
        };
        let all = [start("gateway"), start("pipe"), start("sub")];
        for port in [ports.gateway, ports.pipe_admin, ports.subscriber] {
            listens(port).await;
        }
        for _ in 0..3 {
            assert!(!publish(ports.gateway, 1).await.is_success(), "{endpoint}");
        }
        ask(
            Method::POST,
            &Ports::url(ports.subscriber, "/sub"),
            &body(1),
        )
        .await
        .unwrap();
        let place = format!("at {endpoint}");
        logs.says(&named("pipe"), &place).await;
        all.into_iter().for_each(Process::stop);
        if number == 0 {
            for (name, service) in [("gateway", "SQS"), ("sub", "S3")] {
                let text = logs.text(&named(name));
                let line = format!("{service} at {endpoint} does not answer: ");
                assert_eq!(text.matches(&line).count(), 1, "one line a minute: {text}");
                assert!(
                    text.contains("(change its address with AWS_ENDPOINT_URL)"),
                    "{text}"
                );
            }
        }
    }
    logs.check();
}

#[tokio::test]
async fn an_endpoint_that_is_no_address_ends_the_start() {
    let ports = Ports::free();
    for name in ["gateway", "pipe", "sub"] {
        for (variable, value, told) in [
            (
                "AWS_ENDPOINT_URL",
                "localhost:4566",
                "expected http:// or https:// and a host, did you mean http://localhost:4566?",
            ),
            (
                "AWS_ENDPOINT_URL_SQS",
                "http://localhost:4566/?a",
                "expected an address without ? and #",
            ),
            (
                "AWS_ENDPOINT_URL_S3",
                "sqs",
                "expected http:// or https:// and a host, did you mean http://sqs?",
            ),
        ] {
            let output = ports
                .program(name, "")
                .env(variable, value)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(2));
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(error, format!("{name}: {variable}={value}: {told}\n"));
        }
    }
}

/// As the SDK reads it, which is how every call goes out.
#[tokio::test]
async fn an_endpoint_of_a_profile_is_checked_too() {
    let (ports, folder) = (Ports::free(), TempDir::new().unwrap());
    let file = folder.path().join("config");
    let text = "[profile p]\nservices = local\nregion = eu-west-1\n[services local]\nsqs =\n  endpoint_url = localhost:4566\n";
    std::fs::write(&file, text).unwrap();
    let mut command = ports.program("gateway", "");
    let output = command
        .env("AWS_CONFIG_FILE", &file)
        .env("AWS_PROFILE", "p")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with(
            "gateway: endpoint_url of the AWS profile = localhost:4566: expected http"
        ),
        "{error}"
    );
    assert_eq!(output.status.code(), Some(2));
}
