//! A target that does as a story tells it: answers, waits, breaks off, talks nonsense. Keeps a book of what it was sent.
//!
//! It speaks plain HTTP/1.1 over a socket, because a library would not break the rules as well.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{address, eventually, port};

/// What a target does with one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A status with a short body, at once.
    Status(u16),
    /// The same, after a while.
    Slow(Duration, u16),
    /// 429 with `Retry-After`, in seconds.
    TooMany(u64),
    /// The connection ends without a word.
    Hangup,
    /// Half a status line, then the connection ends.
    HalfHead,
    /// Bytes that are no HTTP.
    Noise,
    /// 500 that promises more body than it has.
    WrongLength,
    /// 500 whose body does not end by itself.
    Endless,
    /// 500 after a thousand interim answers.
    Interim,
}

/// One request that arrived whole.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The header `webhook-id`.
    pub id: String,
    /// Every header, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Method and path.
    pub line: String,
    /// The body.
    pub body: Value,
    /// When it was there.
    pub at: Instant,
    /// What the target did.
    pub answer: Answer,
}

impl Delivery {
    /// Whether the target took it.
    pub fn was_taken(&self) -> bool {
        matches!(self.answer, Answer::Status(200..=299) | Answer::Slow(_, 200..=299))
    }
}

type Script = dyn Fn(&Delivery) -> Answer + Send + Sync;

struct Shared {
    script: Mutex<Arc<Script>>,
    book: Mutex<Vec<Delivery>>,
}

/// The target. Listens until it is closed.
pub struct Target {
    at: SocketAddr,
    shared: Arc<Shared>,
    open: Option<CancellationToken>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Target {
    /// A target that takes everything.
    pub async fn start() -> Target {
        let shared = Shared { script: Mutex::new(Arc::new(|_| Answer::Status(200))), book: Mutex::new(Vec::new()) };
        let listener = port();
        let mut target = Target { at: address(&listener), shared: Arc::new(shared), open: None };
        target.listen(TcpListener::from_std(listener).expect("a bound port"));
        target
    }

    /// Where it listens.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// What it does from now on.
    pub fn answer(&self, script: impl Fn(&Delivery) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    /// Everything that arrived, in order.
    pub fn book(&self) -> Vec<Delivery> {
        self.shared.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it took, by the member `n` of the bodies: how often.
    pub fn taken(&self) -> BTreeMap<u64, usize> {
        let mut taken = BTreeMap::new();
        for delivery in self.book().iter().filter(|delivery| delivery.was_taken()) {
            *taken.entry(delivery.body["n"].as_u64().expect("a body with a number")).or_default() += 1;
        }
        taken
    }

    /// Refuses connections from now on, and ends those that are open.
    pub fn close(&mut self) {
        self.open.take().expect("the target is open").cancel();
    }

    /// Listens again, on the same port.
    pub async fn reopen(&mut self) {
        let at = self.at;
        let listener = eventually("the target's port is free again", async || TcpListener::bind(at).await.ok()).await;
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        let open = CancellationToken::new();
        self.open = Some(open.clone());
        let shared = self.shared.clone();
        tokio::spawn(open.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(open.clone().run_until_cancelled_owned(converse(client, shared.clone())));
            }
        }));
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            open.cancel();
        }
    }
}

async fn converse(client: TcpStream, shared: Arc<Shared>) {
    client.set_nodelay(true).ok();
    let (input, mut output) = client.into_split();
    let mut input = BufReader::new(input);
    while let Some(mut delivery) = read(&mut input).await {
        let script = shared.script.lock().unwrap_or_else(PoisonError::into_inner).clone();
        delivery.answer = script(&delivery);
        let answer = delivery.answer;
        shared.book.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
        if write(&mut output, answer).await.is_none() {
            return;
        }
    }
}

async fn read(input: &mut BufReader<OwnedReadHalf>) -> Option<Delivery> {
    let mut line = String::new();
    input.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        input.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body).await.ok()?;
    Some(Delivery {
        id: headers.get("webhook-id").cloned().unwrap_or_default(),
        headers,
        line: line.trim_end().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        at: Instant::now(),
        answer: Answer::Status(200),
    })
}

/// Writes an answer; none when the connection is over after it.
async fn write(output: &mut OwnedWriteHalf, answer: Answer) -> Option<()> {
    let plain = |status: u16, more: &str| format!("HTTP/1.1 {status} X\r\n{more}Content-Length: 3\r\n\r\nok\n");
    match answer {
        Answer::Status(status) => output.write_all(plain(status, "").as_bytes()).await.ok(),
        Answer::Slow(delay, status) => {
            tokio::time::sleep(delay).await;
            output.write_all(plain(status, "").as_bytes()).await.ok()
        }
        Answer::TooMany(seconds) => {
            output.write_all(plain(429, &format!("Retry-After: {seconds}\r\n")).as_bytes()).await.ok()
        }
        Answer::Hangup => None,
        Answer::HalfHead => last(output, b"HTTP/1.1 20").await,
        Answer::Noise => last(output, b"\x16\x03\x01 what do you mean?\r\n\r\n\r\n").await,
        Answer::WrongLength => last(output, b"HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nshort").await,
        Answer::Endless => endless(output).await,
        Answer::Interim => {
            for _ in 0..1000 {
                output.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await.ok()?;
            }
            last(output, plain(500, "Connection: close\r\n").as_bytes()).await
        }
    }
}

async fn last(output: &mut OwnedWriteHalf, bytes: &[u8]) -> Option<()> {
    output.write_all(bytes).await.ok()?;
    None
}

/// Goes on until the other side has had enough.
async fn endless(output: &mut OwnedWriteHalf) -> Option<()> {
    output.write_all(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n").await.ok()?;
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "x".repeat(65_536));
    loop {
        output.write_all(chunk.as_bytes()).await.ok()?;
    }
}
