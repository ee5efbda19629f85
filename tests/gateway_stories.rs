//! Stories of the gateway as a process, where files and time have a part: its certificate is
//! renewed, its quotas outlive it, and nobody reads its access log.

#![allow(clippy::unwrap_used, reason = "a test")]

mod processes;
#[path = "gateway_stories/secured.rs"]
mod secured;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use processes::{PATIENCE, Ports, Process, ask, eventually, listens};
use tempfile::TempDir;

/// A gateway of its own folder, for one definition.
struct Gateway {
    folder: TempDir,
    ports: Ports,
    args: Vec<String>,
}

impl Gateway {
    /// `args` with FOLDER in place of the folder.
    fn of(definition: &str, args: &[&str]) -> Gateway {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("api.yaml"), definition).unwrap();
        let path = folder.path().display().to_string();
        let args = args.iter().map(|text| text.replace("FOLDER", &path));
        Gateway {
            args: args.collect(),
            folder,
            ports: Ports::free(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn start(&self) -> Process {
        let mut command = self.ports.program("gateway", "http://127.0.0.1:1");
        command
            .arg("--definition")
            .arg(self.path("api.yaml"))
            .args(&self.args);
        command.env("RUST_LOG", "info");
        let process = Process::into_file(command, &self.path("log"));
        listens(self.ports.gateway).await;
        process
    }

    async fn get(&self, path: &str) -> u16 {
        let url = Ports::url(self.ports.gateway, path);
        let reply = ask(Method::GET, &url, "").await.unwrap();
        reply.status.as_u16()
    }

    /// Waits for a line of its log.
    async fn logs(&self, text: &str) {
        let begun = Instant::now();
        while !has(&self.path("log"), text) {
            assert!(begun.elapsed() < PATIENCE, "no line says {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn has(file: &Path, text: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|log| log.contains(text))
}

const KEYED: &str = r#"
openapi: 3.0.1
info: {title: keyed, version: "1"}
paths:
  /mock:
    get:
      security: [{key: []}]
      x-amazon-apigateway-integration: &mock {type: mock, requestTemplates: {application/json: '{"statusCode": 200}'}, responses: {default: {statusCode: "200"}}}
  /open:
    get: {x-amazon-apigateway-integration: *mock}
components:
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
"#;

const PLANS: &str = r#"
keys:
- {name: ada, value: ada-0123456789012345678901234567}
plans:
- {name: small, keys: [ada], quota: {limit: 5, period: MONTH}}
"#;

#[tokio::test]
async fn a_quota_goes_on_where_it_was_when_the_gateway_starts_again() {
    let args = [
        "--api-keys",
        "FOLDER/plans.yaml",
        "--usage-file",
        "FOLDER/usage.json",
    ];
    let gateway = Gateway::of(KEYED, &args);
    std::fs::write(gateway.path("plans.yaml"), PLANS).unwrap();
    let mut statuses = Vec::new();
    for requests in [3, 4] {
        let running = gateway.start().await;
        assert_eq!(gateway.get("/mock").await, 403, "without a key");
        for _ in 0..requests {
            statuses.push(keyed(&gateway).await);
        }
        running.stop();
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
}

/// A request with the key.
async fn keyed(gateway: &Gateway) -> u16 {
    let at = ("127.0.0.1", gateway.ports.gateway);
    let request = "GET /mock HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: ada-0123456789012345678901234567\r\n\r\n";
    let answer = secured::exchange(std::net::TcpStream::connect(at).unwrap(), request);
    secured::status(&answer)
}

/// Lines of 64 KiB, so that a few fill every buffer.
const LOGGED: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: logged
      Body:
        openapi: 3.0.1
        info: {title: logged, version: "1"}
        paths:
          /{proxy+}:
            get:
              x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{"statusCode": 200}'}, responses: {default: {statusCode: "200"}}}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}
  Stage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: dev, AccessLogSetting: {DestinationArn: "arn:aws:logs:eu-west-1:123456789012:log-group:a", Format: "$context.requestId PATHS"}}}
"#;

#[tokio::test]
async fn requests_go_on_when_nobody_reads_the_access_log_and_the_loss_is_counted_and_logged() {
    let definition = LOGGED.replace("PATHS", &"$context.path ".repeat(8));
    let gateway = Gateway::of(&definition, &["--access-log", "FOLDER/access.fifo"]);
    let fifo = gateway.path("access.fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    // Both of its ends are open here, and nobody reads.
    let stuck = File::options().read(true).write(true).open(&fifo).unwrap();
    let running = gateway.start().await;
    let path = format!("/dev/{}", "x".repeat(8_000));
    for number in 0..100 {
        assert_eq!(gateway.get(&path).await, 200, "request {number}");
    }
    gateway.logs("lines of the access log were dropped").await;
    let metrics = eventually(&Ports::url(gateway.ports.gateway_admin, "/metrics")).await;
    let dropped = metrics
        .lines()
        .find_map(|line| line.strip_prefix("gateway_access_log_lines_dropped_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() > 0, "{dropped:?}");
    running.stop();
    drop(stuck);
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_while_connections_stay() {
    let args = ["--tls-cert", "FOLDER/s.pem", "--tls-key", "FOLDER/s.key"];
    let gateway = Gateway::of(KEYED, &args);
    let authority = secured::Authority::new();
    let (certificate, key) = (gateway.path("s.pem"), gateway.path("s.key"));
    let first = authority.issue(&certificate, &key);
    let running = gateway.start().await;
    let port = gateway.ports.gateway;
    let mut kept = authority.connect(port);
    assert_eq!(kept.get("/open"), 200);
    assert_eq!(kept.shown(), first);

    let second = authority.issue(&certificate, &key);
    running.signal("HUP");
    let begun = Instant::now();
    while authority.connect(port).shown() != second {
        assert!(begun.elapsed() < PATIENCE, "the first certificate stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(kept.get("/open"), 200, "on the connection from before");

    std::fs::write(&certificate, "no certificate").unwrap();
    running.signal("HUP");
    gateway.logs("s.pem").await;
    assert_eq!(authority.connect(port).shown(), second);
    assert_eq!(kept.get("/open"), 200);
    drop(kept);
    running.stop();
}
