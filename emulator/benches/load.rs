//! How fast is the emulator, beside what this machine can do at all? One run measures both, so that
//! the ratios hold wherever it runs: a bare HTTP server that reads the same requests and answers
//! 200, and a file that 32 threads append to, one sync for all who wait.
//!
//! `cargo bench -p emulator`; `BACKLOG` is the number of messages in the long queue (1,000,000).

#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it")]

use std::future::Future;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 32;
const BODY: usize = 1024;
/// How long each rate is measured.
const SPAN: Duration = Duration::from_secs(4);
/// Messages in the short queue.
const SHORT: usize = 1000;

fn main() -> anyhow::Result<()> {
    let backlog = std::env::var("BACKLOG")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let file = file_rate(&folder.path().join("file"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(folder.path(), file, backlog))
}

async fn measure(folder: &Path, file: f64, backlog: usize) -> anyhow::Result<()> {
    let bare = bare_server().await?;
    let settings = emulator::Settings {
        data: Some(folder.join("data")),
        region: "eu-west-1".into(),
    };
    let listener = listener()?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(emulator::open(&settings)?.serve(listener, stop.clone()));
    for queue in ["single", "batch", "short", "long"] {
        let created = Connection::open(address)
            .await?
            .call("CreateQueue", &json!({"QueueName": queue}))
            .await?;
        anyhow::ensure!(created.get("QueueUrl").is_some(), "{created}");
    }
    let one = json!({"QueueUrl": "single", "MessageBody": "x".repeat(BODY)});
    let bare = repeat(bare, "SendMessage", &one, 1).await?;
    let single = repeat(address, "SendMessage", &one, 1).await?;
    let batched = repeat(address, "SendMessageBatch", &ten("batch"), 10).await?;
    let mut short = Vec::new();
    while short.len() < 10 {
        fill(address, "short", SHORT).await?;
        short.push(drain(address, "short", SHORT).await?);
    }
    let short =
        SHORT as f64 * short.len() as f64 / short.iter().map(Duration::as_secs_f64).sum::<f64>();
    fill(address, "long", backlog).await?;
    let long_count = (10 * SHORT).min(backlog);
    let long = long_count as f64 / drain(address, "long", long_count).await?.as_secs_f64();
    let limit = bare.min(file);
    println!("{CONNECTIONS} connections, {BODY} bytes a message, durable");
    println!("bare HTTP server          {bare:>9.0} /s");
    println!("file, shared syncs        {file:>9.0} /s");
    println!(
        "sends                     {single:>9.0} /s   {}",
        verdict(single / limit, 0.5, "of the lower of the two")
    );
    println!(
        "batched sends, messages   {batched:>9.0} /s   {}",
        verdict(batched / single, 3.0, "times the sends")
    );
    println!("receive+delete, {SHORT:>8}  {short:>9.0} /s");
    println!(
        "receive+delete, {backlog:>8}  {long:>9.0} /s   {}",
        verdict(long / short, 0.9, "of the short queue's")
    );
    stop.cancel();
    serving.await??;
    starts(folder, backlog)
}

/// How long starts take: on a folder that is not there, and with the messages that were not
/// received.
fn starts(folder: &Path, backlog: usize) -> anyhow::Result<()> {
    for (name, what) in [
        ("empty", "start on an empty folder".to_owned()),
        ("data", format!("start with {backlog}")),
    ] {
        let settings = emulator::Settings {
            data: Some(folder.join(name)),
            region: "eu-west-1".into(),
        };
        let begun = Instant::now();
        let opened = emulator::open(&settings)?;
        println!(
            "{what:<25} {:>9.0} ms",
            begun.elapsed().as_secs_f64() * 1000.0
        );
        drop(opened);
    }
    Ok(())
}

/// A ratio beside the least that it should be.
fn verdict(ratio: f64, target: f64, of: &str) -> String {
    format!(
        "{ratio:.2} {of} ({} {target})",
        if ratio >= target {
            "at least"
        } else {
            "MISSED:"
        }
    )
}

fn listener() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A server that reads requests and answers 200, and does nothing else.
async fn bare_server() -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::from_std(listener()?)?;
    let address = listener.local_addr()?;
    let answer = async |request: Request<Incoming>| {
        request.into_body().collect().await?;
        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from_static(b"{}"))))
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            _ = stream.set_nodelay(true);
            tokio::spawn(
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)),
            );
        }
    });
    Ok(address)
}

/// Appends a second of 32 threads to one file; whoever finds no sync under way syncs for all that
/// have written.
fn file_rate(path: &Path) -> anyhow::Result<f64> {
    #[derive(Default)]
    struct State {
        written: u64,
        durable: u64,
        syncing: bool,
    }
    let file = std::fs::File::create(path)?;
    let (state, changed) = (Mutex::new(State::default()), Condvar::new());
    let begun = Instant::now();
    let write = || -> std::io::Result<usize> {
        let mut count = 0;
        while begun.elapsed() < SPAN {
            let mut now = state.lock().expect("no writer panics");
            (&file).write_all(&[b'x'; BODY])?;
            now.written += 1;
            let own = now.written;
            while now.durable < own {
                if now.syncing {
                    now = changed.wait(now).expect("no writer panics");
                    continue;
                }
                now.syncing = true;
                let written = now.written;
                drop(now);
                file.sync_data()?;
                now = state.lock().expect("no writer panics");
                (now.durable, now.syncing) = (written, false);
                changed.notify_all();
            }
            count += 1;
        }
        Ok(count)
    };
    let counts: std::io::Result<Vec<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(write)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no writer panics"))
            .collect()
    });
    Ok(counts?.into_iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
}

/// One HTTP connection: the least that a client can do, so that the server is what is measured.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: Vec::new(),
        })
    }

    async fn call(&mut self, action: &str, members: &Value) -> anyhow::Result<Value> {
        let body = self.raw(&request(action, members)).await?;
        Ok(if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)?
        })
    }

    /// Sends a request and reads the body of its answer, which must be 200.
    async fn raw(&mut self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end])?.to_ascii_lowercase();
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.parse().ok());
                let whole = end + 4 + length.unwrap_or(0);
                if self.buffer.len() >= whole {
                    anyhow::ensure!(
                        head.starts_with("http/1.1 200"),
                        "{}",
                        String::from_utf8_lossy(&self.buffer)
                    );
                    return Ok(self.buffer[end + 4..whole].to_vec());
                }
            }
            anyhow::ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
        }
    }
}

fn request(action: &str, members: &Value) -> Vec<u8> {
    let body = members.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: AmazonSQS.{action}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

fn ten(queue: &str) -> Value {
    let entry = |id: usize| json!({"Id": id.to_string(), "MessageBody": "x".repeat(BODY)});
    json!({"QueueUrl": queue, "Entries": (0..10).map(entry).collect::<Vec<_>>()})
}

/// Runs the same work on every connection.
async fn everywhere<F: Future<Output = anyhow::Result<()>> + Send + 'static>(
    address: SocketAddr,
    work: impl Fn(Connection) -> F,
) -> anyhow::Result<Duration> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(address).await?);
    }
    let begun = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::spawn(work(connection)))
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(begun.elapsed())
}

/// Messages a second when one request, which holds `messages` of them, is sent again and again.
async fn repeat(
    address: SocketAddr,
    action: &str,
    members: &Value,
    messages: usize,
) -> anyhow::Result<f64> {
    let (request, count) = (
        Arc::new(request(action, members)),
        Arc::new(AtomicUsize::new(0)),
    );
    let took = everywhere(address, |mut connection| {
        let (request, count, begun) = (request.clone(), count.clone(), Instant::now());
        async move {
            while begun.elapsed() < SPAN {
                connection.raw(&request).await?;
                count.fetch_add(messages, Ordering::Relaxed);
            }
            Ok(())
        }
    });
    let took = took.await?;
    Ok(count.load(Ordering::Relaxed) as f64 / took.as_secs_f64())
}

async fn fill(address: SocketAddr, queue: &str, messages: usize) -> anyhow::Result<()> {
    let (request, left) = (
        Arc::new(request("SendMessageBatch", &ten(queue))),
        Arc::new(AtomicUsize::new(messages / 10)),
    );
    let work = |mut connection: Connection| {
        let (request, left) = (request.clone(), left.clone());
        async move {
            while take_one(&left) {
                connection.raw(&request).await?;
            }
            Ok(())
        }
    };
    everywhere(address, work).await.map(|_| ())
}

/// Receives and deletes so many messages, one by one.
async fn drain(
    address: SocketAddr,
    queue: &'static str,
    messages: usize,
) -> anyhow::Result<Duration> {
    let left = Arc::new(AtomicUsize::new(messages));
    let work = |mut connection: Connection| {
        let left = left.clone();
        async move {
            while take_one(&left) {
                let received = connection
                    .call("ReceiveMessage", &json!({"QueueUrl": queue}))
                    .await?;
                let handle = &received["Messages"][0]["ReceiptHandle"];
                anyhow::ensure!(handle.is_string(), "the queue is empty too early");
                connection
                    .call(
                        "DeleteMessage",
                        &json!({"QueueUrl": queue, "ReceiptHandle": handle}),
                    )
                    .await?;
            }
            Ok(())
        }
    };
    everywhere(address, work).await
}

fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}
