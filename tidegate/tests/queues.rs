//! `tidegate peek` looks and touches nothing; `tidegate redrive` loses no dead letter, whenever it
//! is killed.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use harness::Running;
use serde_json::Value;
use tempfile::TempDir;

const DEFINITION: &str = "
Resources:
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Work:
    Type: AWS::SQS::Queue
    Properties: {QueueName: work, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}}
  Other: {Type: AWS::SQS::Queue, Properties: {QueueName: other}}
  DeadFifo: {Type: AWS::SQS::Queue, Properties: {QueueName: dead.fifo, FifoQueue: true}}
  WorkFifo:
    Type: AWS::SQS::Queue
    Properties: {QueueName: work.fifo, FifoQueue: true, RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadFifo.Arn, maxReceiveCount: 1}}
";

struct Chain {
    folder: TempDir,
    running: Running,
    client: Client,
}

impl Chain {
    async fn start() -> Chain {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("queues.yaml");
        std::fs::write(&file, DEFINITION).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let running = Running::start(folder.path(), &["--definition", &file]).await;
        let endpoint = format!("http://127.0.0.1:{}", running.port(4566));
        let client = Client::new(&kit::aws::local(&endpoint).await);
        Chain {
            folder,
            running,
            client,
        }
    }

    fn url(&self, queue: &str) -> String {
        let port = self.running.port(4566);
        format!("http://127.0.0.1:{port}/000000000000/{queue}")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        let endpoint = format!("http://127.0.0.1:{}", self.running.port(4566));
        command
            .args(args)
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null());
        command
    }

    async fn run(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    async fn printed(&self, args: &[&str]) -> String {
        let output = self.run(args).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: &Path = self.folder.path();
        let path = path.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn send(&self, queue: &str, body: &str) {
        let request = self.client.send_message().queue_url(self.url(queue));
        let request = match queue.ends_with(".fifo") {
            true => request.message_group_id("g").message_deduplication_id(body),
            false => request,
        };
        request.message_body(body).send().await.unwrap();
    }

    /// What can be received now, deleted; body and how often it was there.
    async fn drained(&self, queue: &str) -> BTreeMap<String, usize> {
        let mut bodies = BTreeMap::new();
        for body in self.in_order(queue).await {
            *bodies.entry(body).or_default() += 1;
        }
        bodies
    }

    async fn in_order(&self, queue: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let request = self.client.receive_message().queue_url(self.url(queue));
            let answer = request.max_number_of_messages(10).send().await.unwrap();
            if answer.messages().is_empty() {
                return bodies;
            }
            for message in answer.messages() {
                bodies.push(message.body().unwrap().to_owned());
                let request = self.client.delete_message().queue_url(self.url(queue));
                let handle = message.receipt_handle().unwrap();
                request.receipt_handle(handle).send().await.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peek_shows_everything_and_touches_nothing() {
    let chain = Chain::start().await;
    for body in [r#"{"id":1}"#, "\u{202e}b", r#"{"id":3}"#] {
        chain.send("work", body).await;
    }
    let request = chain.client.receive_message().queue_url(chain.url("work"));
    request.send().await.unwrap();

    let shown = chain.printed(&["peek", "work"]).await;
    let head = "3 messages in work: 2 waiting, 1 in flight, 0 delayed; shown: 3\n";
    assert!(shown.starts_with(head), "{shown}");
    assert!(shown.contains("in flight  received once"), "{shown}");
    assert!(shown.contains("  {\n    \"id\": 3\n  }\n"), "{shown}");
    assert!(shown.contains("  \\u{202e}b\n"), "{shown:?}");

    let some = chain
        .printed(&["peek", &chain.url("work"), "--json", "--contains", ":3"])
        .await;
    let message: Value = serde_json::from_str(&some).unwrap();
    assert_eq!(message["body"], r#"{"id":3}"#);
    assert_eq!(message["state"], "waiting");
    assert_eq!(message["attributes"]["ApproximateReceiveCount"], "0");

    let missing = chain.run(&["peek", "nowhere"]).await;
    assert_eq!(missing.status.code(), Some(2));
    let error = String::from_utf8(missing.stderr).unwrap();
    assert!(error.starts_with("tidegate: queue nowhere: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_sends_what_is_wanted_where_it_belongs() {
    let chain = Chain::start().await;
    for id in 0..25 {
        let kind = if id % 5 == 0 { "b" } else { "a" };
        let body = format!(r#"{{"id":{id},"kind":"{kind}"}}"#);
        chain.send("dead", &body).await;
    }
    let pattern = chain.file("b.json", r#"{"body": {"kind": ["b"]}}"#);
    let template = chain.file("edit", "{\"id\":<$.body.id>,\"kind\":\"c\"}\n");

    let only_b = [
        "redrive",
        "dead",
        "--pattern",
        &pattern,
        "--edit",
        &template,
    ];
    let preview = chain
        .printed(&[&only_b[..], &["--dry-run", "--json"]].concat())
        .await;
    let count = |text: &str, part: &str| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!(count(&preview, "would be kept"), 20, "{preview}");
    assert_eq!(
        count(&preview, r#"{\"id\":20,\"kind\":\"c\"}"#),
        1,
        "{preview}"
    );

    let output = chain.run(&[&only_b[..], &["--to", "other"]].concat()).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error.lines().last(),
        Some("dead: 5 messages sent; 20 kept: the pattern does not match"),
        "{error}"
    );
    let edited = (0..25)
        .step_by(5)
        .map(|id| format!(r#"{{"id":{id},"kind":"c"}}"#));
    let edited: BTreeMap<String, usize> = edited.map(|body| (body, 1)).collect();
    assert_eq!(chain.drained("other").await, edited);

    chain
        .printed(&["redrive", "dead", "--max", "3", "--rate", "100"])
        .await;
    assert_eq!(chain.drained("work").await.len(), 3);
    chain.printed(&["redrive", "dead"]).await;
    assert_eq!(chain.drained("work").await.len(), 17);
    assert_eq!(chain.drained("dead").await, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_keeps_the_order_of_a_group_and_how_its_messages_are_traced() {
    let chain = Chain::start().await;
    let bodies: Vec<String> = (0..23).map(|id| id.to_string()).collect();
    for body in &bodies {
        chain.send("dead.fifo", body).await;
    }
    chain.printed(&["redrive", "dead.fifo"]).await;
    assert_eq!(chain.in_order("work.fifo").await, bodies);

    let request = chain.client.send_message().queue_url(chain.url("dead"));
    let header = aws_sdk_sqs::types::MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value("Root=1-5e3d83c1-e6a0db584850d61342823d4c")
        .build()
        .unwrap();
    let name = aws_sdk_sqs::types::MessageSystemAttributeNameForSends::AwsTraceHeader;
    let request = request.message_system_attributes(name, header);
    request.message_body("traced").send().await.unwrap();
    chain.printed(&["redrive", "dead"]).await;
    let request = chain.client.receive_message().queue_url(chain.url("work"));
    let all = MessageSystemAttributeName::All;
    let answer = request
        .message_system_attribute_names(all)
        .send()
        .await
        .unwrap();
    let attributes = answer.messages()[0].attributes().unwrap();
    assert_eq!(
        attributes[&MessageSystemAttributeName::AwsTraceHeader],
        "Root=1-5e3d83c1-e6a0db584850d61342823d4c"
    );
}

/// Rounds of kill -9 at random points, and dead letters in each; more with `TIDEGATE_FULL`.
fn rounds() -> (usize, usize) {
    match std::env::var_os("TIDEGATE_FULL") {
        Some(_) => (100, 1000),
        None => (3, 60),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_dead_letter_is_lost_when_a_redrive_is_killed() {
    let chain = Chain::start().await;
    let (rounds, letters) = rounds();
    let mut duplicates = 0;
    for (dead, work) in [("dead", "work"), ("dead.fifo", "work.fifo")] {
        for round in 0..rounds {
            let bodies: Vec<String> = (0..letters).map(|id| format!("{round}-{id}")).collect();
            for body in &bodies {
                chain.send(dead, body).await;
            }
            let mut child = chain
                .command(&["redrive", dead, "--json", "--visibility-timeout", "2"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
            let mut line = String::new();
            for _ in 0..fastrand::usize(1..letters) {
                std::io::BufRead::read_line(&mut lines, &mut line).unwrap();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            // What the killed run had received comes back two seconds later.
            let again = ["redrive", dead, "--visibility-timeout", "2"];
            let mut found = chain.drained(work).await;
            while bodies.iter().any(|body| !found.contains_key(body)) {
                let output = chain.run(&again).await;
                assert!(output.status.success(), "{output:?}");
                for (body, count) in chain.drained(work).await {
                    *found.entry(body).or_default() += count;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            // Those of the round before, too, that came after it had all of its letters.
            let twice = found.values().sum::<usize>() - letters;
            if dead.ends_with(".fifo") {
                assert_eq!(twice, 0, "a FIFO queue took a message twice");
            }
            duplicates += twice;
        }
    }
    println!(
        "{duplicates} duplicates in {rounds} rounds of {letters} dead letters, standard queue"
    );
}
