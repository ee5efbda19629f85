//! Definitions of strangers, run by `tidegate up` as they are: what runs here does what it does on
//! AWS, and what does not is told before anything starts.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "definitions/examples.rs"]
mod examples;
#[path = "definitions/folders.rs"]
mod folders;
mod processes;

use std::path::{Path, PathBuf};
use std::process::Command;

use http::{Method, StatusCode};
use processes::{Process, ask, eventually, free_offset, listens};
use tempfile::TempDir;

/// A chain that `tidegate up` runs.
struct Chain {
    process: Process,
    offset: u16,
    log: PathBuf,
    _folder: TempDir,
}

fn definition(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("definitions")
        .join(name)
}

impl Chain {
    fn command(name: &str, offset: u16, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command
            .args(["up", "--in-memory", "--definition"])
            .arg(definition(name));
        command
            .args(["--port-offset", &offset.to_string()])
            .args(more);
        let named = std::env::vars().filter(|(name, _)| name.starts_with("AWS_"));
        for (name, _) in named {
            command.env_remove(name);
        }
        command.env("LOG_FORMAT", "text");
        command
    }

    fn start(name: &str, more: &[&str]) -> Chain {
        let (offset, folder) = (free_offset(), TempDir::new().unwrap());
        let log = folder.path().join("log");
        let process = Process::into_file(Chain::command(name, offset, more), &log);
        Chain {
            process,
            offset,
            log,
            _folder: folder,
        }
    }

    /// Why it does not start.
    fn refusal(name: &str, more: &[&str]) -> String {
        let mut chain = Chain::start(name, more);
        assert_eq!(chain.process.end(), Some(2));
        std::fs::read_to_string(&chain.log).unwrap()
    }

    fn url(&self, port: u16, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", port + self.offset)
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, String) {
        let reply = ask(Method::POST, &self.url(8080, path), body)
            .await
            .unwrap();
        (
            reply.status,
            String::from_utf8(reply.body.to_vec()).unwrap(),
        )
    }

    /// What one message of a queue is, in XML.
    async fn message(&self, queue: &str) -> String {
        let query = "?Action=ReceiveMessage&MessageAttributeNames=All&WaitTimeSeconds=5";
        eventually(&self.url(4566, &format!("/000000000000/{queue}{query}"))).await
    }
}

#[tokio::test]
async fn an_http_api_with_an_included_body_sends_to_its_queue() {
    let chain = Chain::start("http-api.yaml", &["--stack-name", "shop"]);
    listens(8080 + chain.offset).await;
    let body = r#"{"order": {"id": 7}, "more": 1}"#;
    let (status, answer) = chain.post("/orders/books", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer.contains("MD5OfMessageBody"), "{answer}");
    let message = chain.message("shop-Orders").await;
    assert!(message.contains("{&quot;id&quot;:7}"), "{message}");
    assert!(
        message.contains("<StringValue>books</StringValue>"),
        "{message}"
    );
    let (status, answer) = chain.post("/nowhere", "{}").await;
    assert_eq!(
        (status, answer.as_str()),
        (StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#)
    );
    chain.process.stop();
}

#[tokio::test]
async fn a_service_that_does_not_run_here_is_refused_or_answers_502() {
    let told = Chain::refusal("topic.yaml", &[]);
    for (line, reason) in [
        (
            ":18:",
            "/topic of the API topic: tidegate up runs no service sns",
        ),
        (
            ":35:",
            "Target of the pipe to-machine: tidegate up runs no service states",
        ),
    ] {
        let found = told.lines().find(|told| told.contains(reason));
        assert!(
            found.is_some_and(|found| found.contains(line)),
            "{reason}: {told}"
        );
    }
    let chain = Chain::start("topic.yaml", &["--lenient"]);
    listens(8080 + chain.offset).await;
    assert_eq!(chain.post("/topic", "{}").await.0, StatusCode::BAD_GATEWAY);
    assert_eq!(chain.post("/queue", "{}").await.0, StatusCode::OK);
    // The pipe took nothing from the queue.
    assert!(
        chain
            .message("beside-topic")
            .await
            .contains("<Body>{}</Body>")
    );
    let pipe = eventually(&chain.url(8082, "/v1/pipes/to-machine")).await;
    assert!(
        pipe.contains("STOPPED") && pipe.contains("runs no service states"),
        "{pipe}"
    );
    chain.process.stop();
}

#[tokio::test]
async fn calls_to_public_hosts_are_kept_and_secrets_are_given() {
    let told = Chain::refusal("public-target.yaml", &[]);
    assert!(told.contains("set --secret 'crm/key=…'"), "{told}");
    let chain = Chain::start("public-target.yaml", &["--secret", "crm/key:token=hunter2"]);
    listens(8082 + chain.offset).await;
    let queue = chain.url(
        4566,
        "/000000000000/tidegate-Queue?Action=SendMessage&MessageBody=hi",
    );
    eventually(&queue).await;
    let outbox = chain.url(8082, "/outbox");
    let begun = std::time::Instant::now();
    let kept = loop {
        let kept = eventually(&outbox).await;
        if kept.contains(r#""count":1"#) {
            break kept;
        }
        assert!(begun.elapsed() < processes::PATIENCE, "{kept}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert!(kept.contains("POST https://crm.example/orders"), "{kept}");
    assert!(kept.contains(r#"{\"order\": \"hi\"}"#), "{kept}");
    assert!(!kept.contains("hunter2"), "{kept}");
    let log = std::fs::read_to_string(&chain.log).unwrap();
    assert!(
        log.contains("--allow-target crm.example:443") && !log.contains("hunter2"),
        "{log}"
    );
    chain.process.stop();
}
