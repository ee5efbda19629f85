//! What the log says of a message on its way: a line at each hop, why it was not delivered, that it
//! is dead; and what is the operator's business at the gateway.

#![allow(clippy::unwrap_used, reason = "a test")]

mod processes;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kit::call::{Call, Reply};
use kit::send::{AllowTargets, Sender};
use processes::{BUCKET, PATIENCE, Ports, Process, ask, eventually, free_offset, listens};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The lines at INFO that `--quiet` leaves out.
const HOPS: [&str; 5] = ["posted", "queued", "answered", "delivered", "stored"];

/// The logs of the programs of a test, as JSON.
struct Logs(TempDir);

impl Logs {
    fn new() -> Logs {
        Logs(TempDir::new().unwrap())
    }

    fn file(&self, log: &str) -> PathBuf {
        self.0.path().join(log)
    }

    fn start(&self, log: &str, mut command: Command) -> Process {
        command.env("LOG_FORMAT", "json").env_remove("RUST_LOG");
        Process::into_file(command, &self.file(log))
    }

    /// Every whole line that is one of the log.
    fn lines(&self, log: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file(log)).unwrap();
        text.split_inclusive('\n')
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    fn having(&self, log: &str, message: &str) -> Vec<Value> {
        self.lines(log)
            .into_iter()
            .filter(|line| line["message"] == message)
            .collect()
    }

    /// Waits for the first line with this message and this field.
    async fn says(&self, log: &str, message: &str, field: (&str, &str)) -> Value {
        let begun = Instant::now();
        loop {
            let found = self
                .having(log, message)
                .into_iter()
                .find(|line| line[field.0] == field.1);
            if let Some(line) = found {
                return line;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{log} does not say {message:?} of {field:?}: {:#?}",
                self.lines(log)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many lines of hops there are, of every kind.
    fn count_hops(&self, log: &str) -> [usize; HOPS.len()] {
        HOPS.map(|hop| self.having(log, hop).len())
    }
}

async fn provision(endpoint: &str) {
    let sdk = kit::aws::local(endpoint).await;
    let definition = kit::definition::DefinitionArgs::default()
        .load(&kit::aws::local_account(&sdk))
        .unwrap();
    tidegate::provision::provision(&definition, &sdk)
        .await
        .unwrap();
}

async fn publish(port: u16, id: &str) -> Reply {
    let body = json!({"id": id, "name": "hops"}).to_string();
    let reply = ask(Method::POST, &Ports::url(port, "/events/sub"), &body)
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply
}

/// The value of a metric, once there is one; its line begins so.
async fn metric(port: u16, name: &str) -> String {
    let begun = Instant::now();
    loop {
        let text = eventually(&Ports::url(port, "/metrics")).await;
        if let Some(line) = text.lines().find(|line| line.starts_with(name)) {
            return line.rsplit(' ').next().unwrap().to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "no {name} in {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Where pub is in a [`chain`].
const PUB: usize = 3;

/// The chain as five processes, the emulator last; `--quiet` in either spelling.
async fn chain(logs: &Logs, ports: &Ports, is_quiet: bool) -> Vec<Process> {
    let endpoint = ports.endpoint();
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    provision(&endpoint).await;
    let mut all = Vec::new();
    for name in ["gateway", "pipe", "sub", "pub"] {
        let mut command = ports.program(name, &endpoint);
        match (is_quiet, name) {
            (true, "gateway" | "pub") => drop(command.arg("--quiet")),
            (true, _) => drop(command.env("QUIET", "1")),
            (false, _) => drop(command.env_remove("QUIET")),
        }
        all.push(logs.start(name, command));
    }
    for port in [
        ports.gateway,
        ports.gateway_admin,
        ports.pipe_admin,
        ports.subscriber,
        ports.publisher,
    ] {
        listens(port).await;
    }
    all.push(emulator);
    all
}

#[tokio::test]
async fn a_message_is_followed_by_its_ids_from_request_to_bucket() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let mut chain = chain(&logs, &ports, false).await;
    let reply = publish(ports.gateway, "followed").await;
    let request_id = reply.headers["x-amzn-requestid"].to_str().unwrap();

    let queued = logs
        .says("gateway", "queued", ("request_id", request_id))
        .await;
    let message_id = queued["message_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&queued["level"], &queued["status"]),
        (&json!("INFO"), &json!(200))
    );
    assert_eq!(
        (&queued["method"], &queued["route"]),
        (&json!("POST"), &json!("/events/{proxy+}"))
    );
    assert!(queued["ms"].is_u64(), "{queued}");
    assert!(
        queued.get("span").is_none() && queued.get("spans").is_none(),
        "{queued}"
    );

    let delivered = logs
        .says("pipe", "delivered", ("message_id", &message_id))
        .await;
    assert_eq!(
        (&delivered["level"], &delivered["pipe"]),
        (&json!("INFO"), &json!("pub-sub-pipe"))
    );
    assert_eq!(
        (&delivered["attempt"], &delivered["status"]),
        (&json!(1), &json!(200))
    );
    assert!(delivered["ms"].is_u64(), "{delivered}");
    let stored = logs
        .says("sub", "stored", ("message_id", &message_id))
        .await;
    assert_eq!(
        (&stored["level"], &stored["status"]),
        (&json!("INFO"), &json!(200))
    );

    let published = ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
        .await
        .unwrap();
    assert_eq!(published.status, StatusCode::OK);
    // A program that ends has written all of its log.
    chain.remove(PUB).stop();
    let posted = logs.having("pub", "posted");
    for line in &posted {
        let request_id = line["request_id"].as_str().unwrap();
        let queued = logs
            .says("gateway", "queued", ("request_id", request_id))
            .await;
        logs.says(
            "sub",
            "stored",
            ("message_id", queued["message_id"].as_str().unwrap()),
        )
        .await;
    }
    chain.into_iter().for_each(Process::stop);
    let each = 1 + posted.len();
    assert!(each > 1, "pub posts something");
    assert_eq!(
        logs.count_hops("gateway"),
        [0, each, 0, 0, 0],
        "one line a request"
    );
    assert_eq!(
        logs.count_hops("pipe"),
        [0, 0, 0, each, 0],
        "one line a delivery"
    );
    assert_eq!(
        logs.count_hops("sub"),
        [0, 0, 0, 0, each],
        "one line an event"
    );
}

#[tokio::test]
async fn quiet_programs_log_what_goes_wrong_and_no_hops() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let chain = chain(&logs, &ports, true).await;
    publish(ports.gateway, "quiet").await;
    let published = ask(Method::GET, &Ports::url(ports.publisher, "/pub"), "")
        .await
        .unwrap();
    assert_eq!(published.status, StatusCode::OK);
    eventually(&format!("{}/{BUCKET}/quiet-sqs.txt", ports.endpoint())).await;
    let unknown = ask(Method::POST, &Ports::url(ports.gateway, "/nowhere"), "{}")
        .await
        .unwrap();
    assert_eq!(unknown.status, StatusCode::FORBIDDEN);
    chain.into_iter().for_each(Process::stop);
    for log in ["gateway", "pipe", "sub", "pub"] {
        assert_eq!(logs.count_hops(log), [0; HOPS.len()], "{log}");
        assert!(
            logs.lines(log).iter().any(|line| line["level"] == "INFO"),
            "{log} tells other things at INFO"
        );
    }
    assert!(
        logs.lines("gateway")
            .iter()
            .any(|line| line["kind"] == "unknown route")
    );
}

#[tokio::test]
async fn a_house_has_every_hop_unless_it_is_quiet() {
    for is_quiet in [false, true] {
        let (logs, offset) = (Logs::new(), free_offset());
        let mut command = Command::new(env!("CARGO_BIN_EXE_house"));
        command
            .args(["up", "--in-memory", "--port-offset", &offset.to_string()])
            .env_remove("QUIET");
        if is_quiet {
            command.arg("--quiet");
        }
        let house = logs.start("house", command);
        listens(8080 + offset).await;
        publish(8080 + offset, "one").await;
        eventually(&Ports::url(
            4566 + offset,
            &format!("/{BUCKET}/one-sqs.txt"),
        ))
        .await;
        // It ends when everything under way is told.
        house.stop();
        let each = usize::from(!is_quiet);
        assert_eq!(
            logs.count_hops("house"),
            [0, each, 0, each, each],
            "quiet: {is_quiet}"
        );
    }
}

/// A server that takes nothing, and repeats what it was sent.
async fn refuser() -> u16 {
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let port = listener.local_addr().unwrap().port();
    let refuse = async |body: String| (StatusCode::BAD_REQUEST, format!("no good: {body}"));
    let app = axum::Router::new().fallback(refuse);
    tokio::spawn(kit::serve::serve(listener, app, CancellationToken::new()));
    port
}

/// The built-in definition with queues whose messages are hidden for a second, and die at the
/// second attempt.
fn two_attempts(folder: &TempDir) -> kit::definition::DefinitionArgs {
    let template =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    assert!(template.contains("maxReceiveCount: 5"));
    let file = folder.path().join("template.yaml");
    std::fs::write(
        &file,
        template.replace("maxReceiveCount: 5", "maxReceiveCount: 2"),
    )
    .unwrap();
    kit::definition::DefinitionArgs {
        files: vec![file],
        parameter_overrides: vec!["VisibilityTimeout=1".to_owned()],
        ..kit::definition::DefinitionArgs::default()
    }
}

/// The first message that comes out of a queue.
async fn received(sqs: &aws_sdk_sqs::Client, queue: &str) -> aws_sdk_sqs::types::Message {
    let begun = Instant::now();
    loop {
        let received = sqs
            .receive_message()
            .queue_url(queue)
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        if let Some(message) = received.messages.unwrap_or_default().into_iter().next() {
            return message;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing in {queue}");
    }
}

#[tokio::test]
async fn a_message_that_dies_is_told_with_attempts_and_queue() {
    let (logs, mut ports) = (Logs::new(), Ports::free());
    let endpoint = ports.endpoint();
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    ports.subscriber = refuser().await;
    let folder = TempDir::new().unwrap();
    let sdk = kit::aws::local(&endpoint).await;
    let args = two_attempts(&folder);
    tidegate::provision::provision(&args.load(&kit::aws::local_account(&sdk)).unwrap(), &sdk)
        .await
        .unwrap();
    let mut command = ports.program("pipe", &endpoint);
    // By comparison, a message that is alone could as well have met a target that is out.
    command
        .arg("--definition")
        .args(&args.files)
        .args(["--concurrency", "1", "--verdict", "aws"]);
    let pipe = logs.start("pipe", command);
    listens(ports.pipe_admin).await;
    assert_eq!(
        metric(ports.pipe_admin, "pipe_dead_lettered_total").await,
        "0"
    );

    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let url = async |name| {
        sqs.get_queue_url()
            .queue_name(name)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap()
    };
    let (source, dead) = (url("ex-queue").await, url("ex-queue-dlq").await);
    let body = json!({"id": "ada@example.org", "pin": 471_147}).to_string();
    let sent = sqs
        .send_message()
        .queue_url(&source)
        .message_body(&body)
        .send()
        .await
        .unwrap();
    let message_id = sent.message_id.unwrap();

    let about = ("message_id", message_id.as_str());
    let told = "dead: attempt 2 of 2 was the last, SQS moves the message to the dead-letter queue ex-queue-dlq";
    let line = logs.says("pipe", told, about).await;
    assert_eq!(
        (&line["level"], &line["dead_letter_queue"]),
        (&json!("WARN"), &json!("ex-queue-dlq"))
    );
    assert_eq!(
        (&line["attempt"], &line["max_receive_count"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        received(&sqs, &dead).await.message_id.as_deref(),
        Some(message_id.as_str())
    );
    assert_eq!(
        metric(ports.pipe_admin, "pipe_dead_lettered_total").await,
        "1"
    );
    pipe.stop();
    emulator.stop();
    failed_twice(&logs);
    let tellings = logs
        .lines("pipe")
        .iter()
        .filter(|line| line["message"] == told)
        .count();
    assert_eq!(tellings, 1, "it dies once");
}

/// Each attempt is told with its number and the head of the answer, in which nothing of the message
/// is shown.
fn failed_twice(logs: &Logs) {
    let failed = logs.having("pipe", "not delivered");
    let attempts: Vec<_> = failed
        .iter()
        .map(|line| (&line["attempt"], &line["max_receive_count"]))
        .collect();
    assert_eq!(
        attempts,
        [(&json!(1), &json!(2)), (&json!(2), &json!(2))],
        "{failed:#?}"
    );
    for line in &failed {
        assert_eq!(
            (&line["status"], &line["level"]),
            (&json!(400), &json!("WARN"))
        );
        assert_eq!(line["reason"], "the target answered 400 Bad Request");
        let answer = line["answer"].as_str().unwrap();
        assert!(answer.starts_with("no good: "), "{answer}");
        assert!(
            !answer.contains("ada@") && !answer.contains("471147"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_the_operators_business_is_one_line_a_kind() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let endpoint = ports.endpoint();
    // Nobody makes the queue.
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    let gateway = logs.start("gateway", ports.program("gateway", &endpoint));
    listens(ports.gateway).await;
    listens(ports.gateway_admin).await;
    for _ in 0..3 {
        let url = Ports::url(ports.gateway, "/events/sub");
        let missing = ask(Method::POST, &url, "{}").await.unwrap();
        assert_eq!(missing.status, StatusCode::INTERNAL_SERVER_ERROR);
        let unknown = ask(
            Method::POST,
            &Ports::url(ports.gateway, "/nowhere?token=t0k3n"),
            "{}",
        )
        .await
        .unwrap();
        assert_eq!(unknown.status, StatusCode::FORBIDDEN);
        assert_eq!(
            post_text(&url).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    }
    for kind in ["queue missing", "unknown route", "no template"] {
        let name = format!("gateway_troubles_total{{kind=\"{kind}\"}}");
        assert_eq!(metric(ports.gateway_admin, &name).await, "3", "{kind}");
    }
    gateway.stop();
    emulator.stop();
    for (kind, words) in [
        ("queue missing", "ex-queue"),
        (
            "unknown route",
            "no resource or method of the definition matches POST /nowhere at 127.0.0.1",
        ),
        (
            "no template",
            "has no request template for content type text/plain, the client gets 415 (it has application/json)",
        ),
    ] {
        let lines: Vec<Value> = logs
            .lines("gateway")
            .into_iter()
            .filter(|line| line["kind"] == kind)
            .collect();
        assert_eq!(lines.len(), 1, "once a minute: {lines:#?}");
        let (line, text) = (&lines[0], lines[0]["message"].as_str().unwrap());
        assert!(text.contains(words) && !text.contains("t0k3n"), "{text}");
        assert_eq!(
            (&line["level"], &line["unreported"]),
            (&json!("WARN"), &json!(0))
        );
        let request_id = line["request_id"].as_str().unwrap();
        assert_eq!(
            logs.says("gateway", "answered", ("request_id", request_id))
                .await["level"],
            "INFO"
        );
    }
    assert_eq!(
        logs.count_hops("gateway"),
        [0, 0, 9, 0, 0],
        "each request is a line all the same"
    );
}

async fn post_text(url: &str) -> Reply {
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    let call = Call {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(b"hello"),
    };
    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    sender.send(call, PATIENCE, 1 << 20).await.unwrap()
}
