//! The definitions of `examples/`, each started by the command of its README, end to end: a request
//! in, and what is delivered, queued or stored for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use base64::Engine as _;
use harness::target::Target;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use sha2::Sha256;
use tempfile::TempDir;

use super::Chain;
use super::processes::{self, Process, ask, eventually, free_offset, listens};

/// Every folder of `examples/`. Each has a test below.
const EXAMPLES: [&str; 8] = [
    "cdk",
    "http-api-fifo",
    "openapi-export",
    "rest-cloudformation",
    "sam",
    "serverless",
    "terraform",
    "webhook-claim",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn readme(name: &str) -> String {
    std::fs::read_to_string(root().join("examples").join(name).join("README.md")).unwrap()
}

impl Chain {
    /// Starts an example as its README says, on ports of its own.
    fn example(name: &str, offset: u16, more: &[&str]) -> Chain {
        let text = readme(name);
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
        let words = line("tidegate up ").unwrap().split_whitespace();
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command.current_dir(root().join(line("cd ").unwrap_or_default()));
        command.args(["up", "--in-memory"]).args(words).args(more);
        command.args(["--port-offset", &offset.to_string()]);
        let named = std::env::vars().filter(|(name, _)| name.starts_with("AWS_"));
        for (name, _) in named {
            command.env_remove(name);
        }
        command.env("LOG_FORMAT", "text");
        Chain {
            process: Process::into_file(command, &log),
            offset,
            log,
            _folder: folder,
        }
    }

    async fn of_example(name: &str) -> Chain {
        let chain = Chain::example(name, free_offset(), &[]);
        listens(8080 + chain.offset).await;
        chain
    }

    /// Sends a request with these headers to the gateway.
    async fn call(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let request = headers.iter().fold(String::new(), |all, (name, value)| {
            format!("{all}{name}: {value}\r\n")
        });
        let reply = raw(8080 + self.offset, "POST", path, &request, body).await;
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// The outbox, once it has all of these.
    async fn outbox(&self, expected: &[&str]) -> String {
        listens(8082 + self.offset).await;
        let begun = Instant::now();
        loop {
            let kept = eventually(&self.url(8082, "/outbox")).await;
            if expected.iter().all(|text| kept.contains(text)) {
                return kept;
            }
            let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(begun.elapsed() < processes::PATIENCE, "{kept}\n{}", log());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The next message of a queue, once there is one.
    async fn received(&self, queue: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = self.message(queue).await;
            if text.contains("<Body>") {
                return text;
            }
            assert!(begun.elapsed() < processes::PATIENCE, "{queue}: {text}");
        }
    }
}

/// One request as it is, and the whole answer.
async fn raw(port: u16, method: &str, path: &str, headers: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn every_example_is_linked_and_says_how_it_is_run() {
    let entries = std::fs::read_dir(root().join("examples")).unwrap();
    let folders: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, EXAMPLES.map(str::to_owned).into());
    let main = std::fs::read_to_string(root().join("README.md")).unwrap();
    for name in EXAMPLES {
        assert!(
            main.contains(&format!("(examples/{name}/README.md)")),
            "{name}"
        );
        let lines = readme(name).lines().count();
        assert!((8..=18).contains(&lines), "{name}: {lines} lines");
    }
}

#[tokio::test]
async fn a_rest_api_in_cloudformation_checks_and_filters() {
    let chain = Chain::of_example("rest-cloudformation").await;
    let (status, answer) = chain
        .call("/orders", &[], r#"{"id": 7, "status": "paid"}"#)
        .await;
    assert!(
        status == 202 && answer.contains(r#"{"message": ""#),
        "{status} {answer}"
    );
    let (status, answer) = chain.call("/orders", &[], r#"{"id": "seven"}"#).await;
    assert!(
        status == 400 && answer.contains("Invalid request body"),
        "{answer}"
    );
    let (status, _) = chain
        .call("/orders", &[], r#"{"id": 8, "status": "open"}"#)
        .await;
    assert_eq!(status, 202);
    let expected = [
        "POST https://crm.example/orders",
        r#"{\"order\": 7, \"received\": "#,
    ];
    let kept = chain.outbox(&expected).await;
    assert!(
        kept.contains(r#""count":1"#),
        "the filter lets paid orders pass: {kept}"
    );
    chain.process.stop();
}

#[tokio::test]
async fn sam_asks_for_its_key_and_a_pipe_fills_the_next_queue() {
    let chain = Chain::of_example("sam").await;
    let key = [("x-api-key", "a-key-of-twenty-signs")];
    let (status, answer) = chain
        .call("/feedback/home", &key, r#"{"text": "fine"}"#)
        .await;
    assert_eq!((status, answer.as_str()), (200, r#"{"kept": true}"#));
    let (status, _) = chain
        .call("/feedback/home", &[], r#"{"text": "no key"}"#)
        .await;
    assert_eq!(status, 403);
    let message = chain.received("tidegate-Answered").await;
    assert!(
        message
            .contains("{&quot;page&quot;: &quot;home&quot;, &quot;text&quot;: &quot;fine&quot;}"),
        "{message}"
    );
    let log = std::fs::read_to_string(&chain.log).unwrap();
    assert!(log.contains("Count (AWS::Serverless::Function)"), "{log}");
    chain.process.stop();
}

#[tokio::test]
async fn what_cdk_made_runs_with_its_usage_plan() {
    let chain = Chain::of_example("cdk").await;
    let key = [("x-api-key", "orders-key-of-20-signs")];
    let (status, answer) = chain.call("/orders", &key, r#"{"id": 7}"#).await;
    assert_eq!((status, answer.as_str()), (202, r#"{"accepted": true}"#));
    assert_eq!(chain.call("/orders", &[], r#"{"id": 7}"#).await.0, 403);
    chain.outbox(&[r#"{\"order\": {\"id\": 7}}"#]).await;
    chain.process.stop();
}

#[tokio::test]
async fn what_the_console_made_runs_from_its_exports() {
    let chain = Chain::of_example("openapi-export").await;
    let source = [("x-source", "blog")];
    let (status, answer) = chain
        .call("/signups", &source, r#"{"email": "a@b.example"}"#)
        .await;
    assert_eq!((status, answer.as_str()), (200, r#"{"ok": true}"#));
    for (headers, body) in [
        (&source[..0], r#"{"email": "a@b.example"}"#),
        (&source[..], r#"{"email": "nobody"}"#),
    ] {
        assert_eq!(chain.call("/signups", headers, body).await.0, 400, "{body}");
    }
    let expected = [
        "POST https://mailer.example/lists/news/members",
        r#"{\"to\": \"a@b.example\", \"list\": \"news\"}"#,
        "blog",
    ];
    let kept = chain.outbox(&expected).await;
    assert!(!kept.contains("change-me"), "{kept}");
    chain.process.stop();
}

#[tokio::test]
async fn moves_arrive_once_and_in_order() {
    let chain = Chain::of_example("http-api-fifo").await;
    let moves = [(1, "e4"), (1, "e4"), (2, "e5")];
    let mut answers = Vec::new();
    for (number, name) in moves {
        let body = format!(r#"{{"number": {number}, "move": "{name}"}}"#);
        let (status, answer) = chain.call("/games/g1/moves", &[], &body).await;
        assert_eq!(status, 200, "{answer}");
        answers.push(answer);
    }
    let id = |answer: &str| {
        let json: serde_json::Value = serde_json::from_str(answer).unwrap();
        json["MessageId"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(&answers[0]), id(&answers[1]));
    assert_ne!(id(&answers[0]), id(&answers[2]));
    let kept = chain
        .outbox(&["games/g1/moves", r#"\"e4\""#, r#"\"e5\""#])
        .await;
    assert!(kept.contains(r#""count":2"#), "{kept}");
    chain.process.stop();
}

#[tokio::test]
async fn a_plan_of_terraform_runs_before_anything_is_deployed() {
    let chain = Chain::of_example("terraform").await;
    let (status, answer) = chain.call("/jobs", &[], r#"{"resize": "cat.png"}"#).await;
    assert!(status == 200 && answer.contains("MessageId"), "{answer}");
    let expected = [
        "POST https://worker.example/run",
        r#"{\"job\": {\"resize\": \"cat.png\"}}"#,
    ];
    chain.outbox(&expected).await;
    chain.process.stop();
}

#[tokio::test]
async fn a_serverless_package_runs_with_its_names() {
    let chain = Chain::of_example("serverless").await;
    let (status, answer) = chain.call("/readings", &[], r#"{"value": 21.5}"#).await;
    assert!(
        status == 200 && answer.contains("SendMessageResult"),
        "{answer}"
    );
    let message = chain.received("readings-dev-Latest").await;
    assert!(message.contains("<Body>21.5</Body>"), "{message}");
    chain.process.stop();
}

#[tokio::test]
async fn a_claimed_body_reaches_the_receiver_with_a_signature() {
    let (target, offset) = (Target::start().await, free_offset());
    let receiver = format!("Receiver=http://{}/hooks", target.at());
    let objects = format!("Objects=http://127.0.0.1:{}", 4566 + offset);
    let more = ["--parameter-overrides", &receiver, &objects];
    let chain = Chain::example("webhook-claim", offset, &more);
    listens(8080 + offset).await;
    // As the pipe writes JSON: what is signed is the text.
    let body = r#"{"paid":12.5}"#;
    let put = ask(Method::PUT, &chain.url(8080, "/bodies/evt_1"), body).await;
    assert_eq!(put.unwrap().status, StatusCode::OK);
    let stored = eventually(&chain.url(4566, "/hook-bodies/evt_1")).await;
    assert_eq!(stored, body);
    assert_eq!(
        chain.call("/hooks", &[], "{}").await.0,
        400,
        "webhook-id is required"
    );
    let (status, answer) = chain.call("/hooks", &[("webhook-id", "evt_1")], "{}").await;
    assert_eq!(status, 202, "{answer}");
    let begun = Instant::now();
    let delivery = loop {
        if let Some(delivery) = target.book().into_iter().next() {
            break delivery;
        }
        let log = || std::fs::read_to_string(&chain.log).unwrap_or_default();
        assert!(begun.elapsed() < processes::PATIENCE, "{}", log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(delivery.body, serde_json::json!({"paid": 12.5}));
    let key = std::fs::read_to_string(root().join("examples/webhook-claim/key")).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64
        .decode(key.trim().trim_start_matches("whsec_"))
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let at = &delivery.headers["webhook-timestamp"];
    mac.update(format!("{}.{at}.{}", delivery.id, delivery.body).as_bytes());
    let expected = format!("v1,{}", base64.encode(mac.finalize().into_bytes()));
    assert_eq!(delivery.headers["webhook-signature"], expected);
    chain.process.stop();
}
