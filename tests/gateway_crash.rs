//! kill -9 of the gateway, and of the emulator behind it, under load at random points: every event
//! that was answered with 2xx is in the queue.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use harness::{PATIENCE, address, eventually, port};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use kit::aws;
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Kills in one story, of either program in turn; 50 of each with `TIDEGATE_FULL=1`.
const ROUNDS: usize = 6;

/// Tasks that publish at the same time, so that the gateway sends batches.
const PUBLISHERS: usize = 24;

/// A program that is killed and started again at the same port.
struct Victim {
    arguments: Vec<String>,
    endpoint: String,
    at: SocketAddr,
    child: Child,
}

impl Victim {
    async fn start(arguments: &[&str], at: SocketAddr, endpoint: &str) -> Victim {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let child = Victim::spawn(&arguments, endpoint);
        let victim = Victim {
            arguments,
            endpoint: endpoint.to_owned(),
            at,
            child,
        };
        victim.listens().await;
        victim
    }

    fn spawn(arguments: &[String], endpoint: &str) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
        command.args(arguments).stdout(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        let settings = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("RUST_LOG", "off"),
        ];
        command.envs(settings).spawn().expect("the program starts")
    }

    async fn listens(&self) {
        eventually("the program answers", async || {
            tokio::net::TcpStream::connect(self.at).await.ok()
        })
        .await;
    }

    async fn kill_and_restart(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process is ours");
        self.child = Victim::spawn(&self.arguments, &self.endpoint);
        self.listens().await;
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_2xx_is_in_the_queue_whoever_is_killed() {
    kit::program::install_tls();
    let rounds = std::env::var_os("TIDEGATE_FULL").map_or(ROUNDS, |_| 100);
    let folder = TempDir::new().unwrap();
    let [emulator_at, gateway_at, admin_at] = [(); 3].map(|()| address(&port()));
    let endpoint = format!("http://{emulator_at}");
    let (data, at) = (folder.path().to_str().unwrap(), emulator_at.to_string());
    let arguments = ["emulator", "--listen", &at, "--data", data];
    let mut emulator = Victim::start(&arguments, emulator_at, &endpoint).await;
    let sqs = aws_sdk_sqs::Client::new(&aws::local(&endpoint).await);
    let queue = sqs
        .create_queue()
        .queue_name("ex-queue")
        .send()
        .await
        .unwrap();
    let queue_url = queue.queue_url.unwrap();
    let (at, admin) = (gateway_at.to_string(), admin_at.to_string());
    let arguments = ["gateway", "--listen", &at, "--admin-listen", &admin];
    let mut gateway = Victim::start(&arguments, gateway_at, &endpoint).await;

    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    let mut accepted = BTreeSet::new();
    for round in 0..rounds {
        let mut publishers = JoinSet::new();
        let is_over = Arc::new(AtomicBool::new(false));
        for publisher in 0..PUBLISHERS {
            let name = format!("{round}-{publisher}");
            let load = publish(sender.clone(), gateway_at, name, is_over.clone());
            publishers.spawn(load);
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(20..400))).await;
        let victim = if round % 2 == 0 {
            &mut gateway
        } else {
            &mut emulator
        };
        victim.kill_and_restart().await;
        is_over.store(true, Ordering::Relaxed);
        for publisher in publishers.join_all().await {
            accepted.extend(publisher);
        }
    }
    assert!(
        accepted.len() >= rounds,
        "too few for a story: {}",
        accepted.len()
    );
    let mut missing = accepted.clone();
    let begun = Instant::now();
    while !missing.is_empty() {
        for body in receive(&sqs, &queue_url).await {
            missing.remove(&body);
        }
        let lost = || missing.iter().next().cloned().unwrap_or_default();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} are gone, such as {}",
            missing.len(),
            lost()
        );
    }
    println!(
        "{rounds} kills, {} answered 2xx and in the queue",
        accepted.len()
    );
}

/// Publishes events until one is not accepted, because somebody was killed, or all is over: a call
/// may outlive the absence of the emulator. Gives those that were accepted.
async fn publish(
    sender: Sender,
    gateway: SocketAddr,
    name: String,
    is_over: Arc<AtomicBool>,
) -> BTreeSet<String> {
    let mut accepted = BTreeSet::new();
    for number in 0.. {
        let body = format!(r#"{{"id": "{name}-{number}"}}"#);
        let json = HeaderValue::from_static("application/json");
        let call = Call {
            method: Method::POST,
            url: format!("http://{gateway}/events/sub")
                .parse()
                .expect("a URL"),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            body: Bytes::from(body.clone()),
        };
        match sender.send(call, PATIENCE, 1 << 20).await {
            Ok(reply) if reply.status.is_success() => accepted.insert(body),
            _ => break,
        };
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    accepted
}

/// Takes up to ten messages out of the queue.
async fn receive(sqs: &aws_sdk_sqs::Client, queue_url: &str) -> Vec<String> {
    let request = sqs.receive_message().queue_url(queue_url);
    let received = request
        .max_number_of_messages(10)
        .send()
        .await
        .expect("SQS answers");
    received
        .messages
        .unwrap_or_default()
        .into_iter()
        .filter_map(|message| message.body)
        .collect()
}
