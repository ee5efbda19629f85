//! `tidegate status`: the chain on one screen, and an exit code for scripts.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::process::Command;

use harness::{Running, Stop};
use serde_json::Value;
use tempfile::TempDir;

async fn status(offset: u16, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .args(["status", "--port-offset", &offset.to_string()])
        .args(args)
        .env_remove("AWS_ENDPOINT_URL")
        .env_remove("AWS_ENDPOINT_URL_SQS");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_shown_with_its_dead_letters_and_without_its_programs() {
    let folder = TempDir::new().unwrap();
    let mut running = Running::start(folder.path(), &[]).await;
    let offset = running.port(0);
    let posted = running.post(8080, "/events/sub", r#"{"id": 1}"#).await;
    assert!(posted.status.is_success());

    let (code, screen) = status(offset, &[]).await;
    assert_eq!(code, Some(0), "{screen}");
    for part in [
        "gateway      up    http://127.0.0.1:",
        "pipe         up    http://127.0.0.1:",
        "SQS          up    http://127.0.0.1:",
        "event-api-gw  POST /events/{proxy+}  1 request, p50 ",
        "pub-sub-pipe  RUNNING, ",
        "ex-queue      0 waiting",
    ] {
        assert!(screen.contains(part), "{part} is not in {screen}");
    }

    let dead = "/000000000000/ex-queue-dlq?Action=SendMessage&MessageBody=x";
    assert!(running.get(4566, dead).await.status.is_success());
    let (code, screen) = status(offset, &[]).await;
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("DEAD LETTERS of ex-queue"), "{screen}");

    running.end(Stop::Terminate);
    let (code, text) = status(offset, &["--json", "--without", "pipe"]).await;
    assert_eq!(code, Some(1));
    let read: Value = serde_json::from_str(&text).unwrap();
    let programs = read["programs"].as_array().unwrap();
    assert_eq!(programs.len(), 2, "{text}");
    assert!(
        programs.iter().all(|program| program["is_well"] == false),
        "{text}"
    );
}
