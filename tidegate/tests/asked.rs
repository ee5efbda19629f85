//! What only AWS knows of a definition is asked of AWS by programs that work against it: secrets,
//! parameters of Parameter Store, exports of other stacks.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::process::Command;

use axum::Router;
use axum::body::Bytes;
use harness::Running;
use serde_json::{Value, json};
use tempfile::TempDir;

const DEFINITION: &str = "
Parameters:
  Team: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /team/name}
Resources:
  First: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Team}-q'}}
  Second: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue shared}}
  Third: {Type: AWS::SQS::Queue, Properties: {QueueName: '{{resolve:ssm:/third}}'}}
";

async fn answer(body: Bytes) -> String {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    match asked["Name"].as_str() {
        Some(name) => json!({"Parameter": {"Value": name.replace('/', "x")}}).to_string(),
        None => "<R><ListExportsResult><Exports><member><Name>shared</Name><Value>theirs</Value></member>\
                 </Exports></ListExportsResult></R>"
            .to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_only_aws_knows_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(folder.path(), &[]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, DEFINITION).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    let emulator = format!("http://127.0.0.1:{}", running.port(4566));
    command
        .args(["provision", "--dry-run", "--definition"])
        .arg(&file)
        .env("AWS_ENDPOINT_URL", emulator)
        .env("AWS_ENDPOINT_URL_SSM", &fake)
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", &fake)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let printed = String::from_utf8(output.stdout).unwrap();
    for name in ["xteamxname-q", "theirs", "xthird"] {
        let line = format!("queue {name} would be created");
        assert!(printed.contains(&line), "{line} is not in {printed}");
    }
}
