//! SIGKILL at random moments: what was answered for is there, what was deleted is not, what was received stays hidden.
//!
//! Twenty rounds; another number by `CRASH_ROUNDS`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};

const ROUNDS: usize = 20;
/// Longer than any run of this test: what is received stays hidden.
const HIDDEN: i32 = 43_200;

/// What the clients were answered, by body.
#[derive(Debug, Default)]
struct Ledger {
    tried: BTreeSet<String>,
    sent: BTreeSet<String>,
    received: BTreeSet<String>,
    delete_tried: BTreeSet<String>,
    deleted: BTreeSet<String>,
}

type Shared = Arc<Mutex<Ledger>>;

struct Emulator {
    child: Child,
    client: Client,
}

impl Emulator {
    /// Starts the real program on a folder, and waits for `Ready.`.
    async fn start(data: &Path, port: u16) -> Emulator {
        let mut child = Command::new(env!("CARGO_BIN_EXE_emulator"))
            .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(data)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "Ready.");
        let shared = kit::aws::local(&format!("http://127.0.0.1:{port}")).await;
        let config = aws_sdk_sqs::config::Builder::from(&shared).retry_config(RetryConfig::disabled()).build();
        Emulator { child, client: Client::from_conf(config) }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_for_is_undone_by_a_kill() {
    let rounds = std::env::var("CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut emulator = Emulator::start(folder.path(), port).await;
    let (mut sent, mut deleted) = (0, 0);
    for round in 0..rounds {
        let created = emulator.client.create_queue().queue_name(format!("crash-{round}")).send().await.unwrap();
        let queue = created.queue_url.unwrap();
        let ledger = Shared::default();
        let work = [0, 1, 2, 3]
            .map(|writer| tokio::spawn(write(emulator.client.clone(), queue.clone(), writer, ledger.clone())));
        let reading = tokio::spawn(read(emulator.client.clone(), queue.clone(), ledger.clone()));
        tokio::time::sleep(Duration::from_millis(fastrand::u64(20..400))).await;
        emulator.child.kill().unwrap();
        for task in work {
            task.await.unwrap();
        }
        reading.await.unwrap();
        drop(emulator);
        emulator = Emulator::start(folder.path(), port).await;
        let ledger = std::mem::take(&mut *ledger.lock().unwrap());
        check(&emulator.client, &queue, &ledger).await;
        sent += ledger.sent.len();
        deleted += ledger.deleted.len();
        emulator.client.delete_queue().queue_url(queue).send().await.unwrap();
    }
    assert!(sent > rounds * 10 && deleted > 0, "too little happened for a test: {sent} sent, {deleted} deleted");
    println!("{rounds} kills, {sent} sends and {deleted} deletes answered, none undone");
}

/// Sends one message, then a batch, and so on until the emulator is gone.
async fn write(client: Client, queue: String, writer: usize, ledger: Shared) {
    for number in 0.. {
        let bodies: Vec<String> =
            (0..if number % 2 == 0 { 1 } else { 10 }).map(|entry| format!("{writer}-{number}-{entry}")).collect();
        ledger.lock().unwrap().tried.extend(bodies.iter().cloned());
        let entry = |(id, body): (usize, &String)| {
            SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body).build().unwrap()
        };
        let answered = match bodies.as_slice() {
            [body] => client.send_message().queue_url(&queue).message_body(body).send().await.is_ok(),
            bodies => {
                let entries = bodies.iter().enumerate().map(entry).collect();
                client.send_message_batch().queue_url(&queue).set_entries(Some(entries)).send().await.is_ok()
            }
        };
        if !answered {
            return;
        }
        ledger.lock().unwrap().sent.extend(bodies);
    }
}

/// Receives, and deletes every other message, until the emulator is gone.
async fn read(client: Client, queue: String, ledger: Shared) {
    loop {
        let received = client.receive_message().queue_url(&queue).max_number_of_messages(10).visibility_timeout(HIDDEN);
        let Ok(received) = received.wait_time_seconds(1).send().await else { return };
        for (index, message) in received.messages.unwrap_or_default().into_iter().enumerate() {
            let (body, handle) = (message.body.unwrap(), message.receipt_handle.unwrap());
            assert!(ledger.lock().unwrap().received.insert(body.clone()), "{body} was received twice");
            if index % 2 == 0 {
                ledger.lock().unwrap().delete_tried.insert(body.clone());
                if client.delete_message().queue_url(&queue).receipt_handle(handle).send().await.is_err() {
                    return;
                }
                ledger.lock().unwrap().deleted.insert(body);
            }
        }
    }
}

async fn check(client: &Client, queue: &str, ledger: &Ledger) {
    let names = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    let counted = client.get_queue_attributes().queue_url(queue).attribute_names(names.clone()).send().await.unwrap();
    let hidden: usize = counted.attributes.unwrap()[&names].parse().unwrap();
    let kept = ledger.received.difference(&ledger.delete_tried).count();
    assert!(hidden >= kept, "{kept} were received and kept, {hidden} are hidden");
    let mut found = BTreeSet::new();
    loop {
        let received = client.receive_message().queue_url(queue).max_number_of_messages(10).visibility_timeout(HIDDEN);
        let messages = received.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let body = message.body.unwrap();
            assert!(found.insert(body.clone()), "{body} is there twice");
        }
    }
    // A receive whose answer the kill swallowed hid up to ten messages that nobody knows of.
    let unknown = hidden - kept.min(hidden);
    let lost: Vec<_> =
        ledger.sent.iter().filter(|body| !ledger.received.contains(*body) && !found.contains(*body)).collect();
    assert!(lost.len() <= unknown, "answered for and gone: {lost:?}, {unknown} hidden");
    assert_eq!(found.intersection(&ledger.deleted).next(), None, "deleted and back");
    assert_eq!(found.intersection(&ledger.received).next(), None, "received, and visible again before its time");
    assert!(found.is_subset(&ledger.tried), "nobody sent it");
}
