//! A scripted target: it answers, waits, breaks off, or sends garbage. It records what it receives.
//!
//! The target writes HTTP/1.1 to a socket itself, because a library would not break the rules.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kit::lock::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::waiting::{address, eventually, port};

/// The target's answer to a delivery.
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
    /// Bytes that are not HTTP.
    Noise,
    /// 500 that promises more body than it has.
    WrongLength,
    /// 500 whose body does not end by itself.
    Endless,
    /// 500 after a thousand interim answers.
    Interim,
    /// 200 that promises more body than it has.
    Cut,
    /// The connection is reset instead of an answer.
    Reset,
    /// 200 with the body that came, as an enrichment that has nothing to add.
    Echo,
    /// 200 of a function: `batchItemFailures` names the items of the batch whose bit is set.
    Partial(u128),
    /// 200 of a service whose function failed, and with it the whole batch.
    FunctionError,
}

/// A request that arrived completely.
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
    /// The time of arrival.
    pub at: Instant,
    /// The target's answer.
    pub answer: Answer,
}

impl Delivery {
    /// Whether the target accepted the delivery.
    pub fn was_taken(&self) -> bool {
        matches!(
            self.answer,
            Answer::Status(200..=299) | Answer::Slow(_, 200..=299)
        )
    }

    /// The messages of the body, which is one event or a batch, each with whether it was accepted.
    pub fn messages(&self) -> impl Iterator<Item = (&Value, bool)> {
        let events = self
            .body
            .as_array()
            .map_or(std::slice::from_ref(&self.body), Vec::as_slice);
        events
            .iter()
            .enumerate()
            .map(|(index, event)| match self.answer {
                Answer::Partial(failed) => (event, failed & (1 << index) == 0),
                _ => (event, self.was_taken()),
            })
    }
}

type Script = dyn Fn(&Delivery) -> Answer + Send + Sync;

struct Shared {
    script: Mutex<Arc<Script>>,
    book: Mutex<Vec<Delivery>>,
    /// Headers take most of the memory of the records.
    keeps_headers: AtomicBool,
}

/// The target. Listens until it is closed.
pub struct Target {
    at: SocketAddr,
    shared: Arc<Shared>,
    open: Option<CancellationToken>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// A target that accepts everything.
    pub async fn start() -> Target {
        let shared = Shared {
            script: Mutex::new(Arc::new(|_| Answer::Status(200))),
            book: Mutex::new(Vec::new()),
            keeps_headers: AtomicBool::new(true),
        };
        let listener = port();
        let mut target = Target {
            at: address(&listener),
            shared: Arc::new(shared),
            open: None,
        };
        target.listen(TcpListener::from_std(listener).expect("a bound port"));
        target
    }

    /// Where it listens.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Sets the answers from now on.
    pub fn answer(&self, script: impl Fn(&Delivery) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock() = Arc::new(script);
    }

    /// Everything that arrived, in order.
    pub fn book(&self) -> Vec<Delivery> {
        self.read(<[Delivery]>::to_vec)
    }

    /// Reads the recorded deliveries without a copy.
    pub fn read<T>(&self, look: impl FnOnce(&[Delivery]) -> T) -> T {
        look(&self.shared.book.lock())
    }

    /// Records no headers from now on, to save memory.
    pub fn forget_headers(&self) {
        self.shared.keeps_headers.store(false, Ordering::Relaxed);
    }

    /// How often each event was accepted, by the member `n` of its body.
    pub fn taken(&self) -> BTreeMap<u64, usize> {
        let mut taken = BTreeMap::new();
        for delivery in self.book().iter().filter(|delivery| delivery.was_taken()) {
            *taken
                .entry(delivery.body["n"].as_u64().expect("a body with a number"))
                .or_default() += 1;
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
        let listener = eventually("the target's port is free again", async || {
            TcpListener::bind(at).await.ok()
        })
        .await;
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        let open = CancellationToken::new();
        self.open = Some(open.clone());
        let shared = self.shared.clone();
        tokio::spawn(open.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(
                    open.clone()
                        .run_until_cancelled_owned(converse(client, shared.clone())),
                );
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
    let mut client = BufReader::new(client);
    while let Some(mut delivery) = read(&mut client).await {
        let script = shared.script.lock().clone();
        delivery.answer = script(&delivery);
        let answer = written(&delivery);
        if !shared.keeps_headers.load(Ordering::Relaxed) {
            delivery.headers.clear();
        }
        let kind = delivery.answer;
        shared.book.lock().push(delivery);
        if write(client.get_mut(), kind, answer).await.is_none() {
            return;
        }
    }
}

async fn read(input: &mut BufReader<TcpStream>) -> Option<Delivery> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .await
        .ok()
        .filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        input.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
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

/// The bytes of an answer, if it is written at once.
fn written(delivery: &Delivery) -> String {
    let plain = |status: u16, more: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    match delivery.answer {
        Answer::Status(status) | Answer::Slow(_, status) => plain(status, "", "ok\n"),
        Answer::TooMany(seconds) => plain(429, &format!("Retry-After: {seconds}\r\n"), "ok\n"),
        Answer::Hangup | Answer::Reset | Answer::Endless => String::new(),
        Answer::HalfHead => "HTTP/1.1 20".to_owned(),
        Answer::Noise => "\x16\x03\x01 what do you mean?\r\n\r\n\r\n".to_owned(),
        Answer::WrongLength => "HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nshort".to_owned(),
        Answer::Cut => "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nshort".to_owned(),
        Answer::Interim => {
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1000)
                + &plain(500, "Connection: close\r\n", "ok\n")
        }
        Answer::Echo => plain(
            200,
            "Content-Type: application/json\r\n",
            &delivery.body.to_string(),
        ),
        Answer::FunctionError => plain(
            200,
            "X-Amz-Function-Error: Unhandled\r\n",
            r#"{"errorMessage": "a bug"}"#,
        ),
        Answer::Partial(_) => {
            let failed = delivery.messages().filter(|(_, taken)| !taken);
            let items: Vec<Value> = failed
                .map(|(event, _)| json!({"itemIdentifier": event["id"]}))
                .collect();
            plain(
                200,
                "Content-Type: application/json\r\n",
                &json!({"batchItemFailures": items}).to_string(),
            )
        }
    }
}

/// Writes an answer. `None` when the connection ends after it.
async fn write(output: &mut TcpStream, answer: Answer, text: String) -> Option<()> {
    if let Answer::Slow(delay, _) = answer {
        tokio::time::sleep(delay).await;
    }
    if answer == Answer::Reset {
        // Closing without a moment to linger sends RST.
        output.set_zero_linger().ok()?;
        return None;
    }
    if answer == Answer::Endless {
        return endless(output).await;
    }
    output.write_all(text.as_bytes()).await.ok()?;
    let ends = [
        Answer::Hangup,
        Answer::HalfHead,
        Answer::Noise,
        Answer::WrongLength,
        Answer::Interim,
        Answer::Cut,
    ];
    (!ends.contains(&answer)).then_some(())
}

/// Writes until the other side closes the connection.
async fn endless(output: &mut TcpStream) -> Option<()> {
    output
        .write_all(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await
        .ok()?;
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "x".repeat(65_536));
    loop {
        output.write_all(chunk.as_bytes()).await.ok()?;
    }
}
