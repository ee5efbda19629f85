//! The least that a client can do, so that the servers are what is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What was measured.
pub struct Bar {
    /// Requests that were answered with 200, and how many a second.
    pub requests: usize,
    pub rate: f64,
    /// Milliseconds until the answer: in the middle, and of the slowest hundredth.
    pub median: f64,
    pub slow: f64,
    /// Seconds of CPU time a request, of the server.
    pub cpu: f64,
}

/// A POST with this body.
pub fn request(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    let head = match headers.contains("AmazonSQS") {
        true => head.replace("application/json", "application/x-amz-json-1.0"),
        false => head,
    };
    (head + body).into_bytes()
}

/// Sends one request again and again, on each of `connections`.
pub async fn measure(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    span: Duration,
) -> anyhow::Result<Bar> {
    // Connections and caches are warm when the clock starts.
    run(address, request, connections, Duration::from_millis(300)).await?;
    let begun = Instant::now();
    let mut times = run(address, request, connections, span).await?;
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len() * part / 100).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    Ok(Bar {
        requests: times.len(),
        rate,
        median: at(50),
        slow: at(99),
        cpu: 0.0,
    })
}

async fn run(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    span: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let request: Arc<[u8]> = request.into();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(address).await?;
        let request = request.clone();
        tasks.push(tokio::spawn(async move {
            let (begun, mut times) = (Instant::now(), Vec::new());
            while begun.elapsed() < span {
                let sent = Instant::now();
                connection.exchange(&request).await?;
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(times)
}

/// One HTTP connection.
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
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer, which must be 200.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text = || String::from_utf8_lossy(&self.buffer).into_owned();
            anyhow::ensure!(self.buffer.starts_with(b"HTTP/1.1 200"), "{}", text());
            if self.buffer.len() >= end + 4 + length(&self.buffer[..end]) {
                return Ok(());
            }
        }
    }
}

/// `Content-Length` of a head.
fn length(head: &[u8]) -> usize {
    let lines = head.split(|byte| *byte == b'\n');
    let value = lines
        .filter_map(|line| line.split_at_checked(15))
        .find(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"))
        .map(|(_, value)| value.trim_ascii());
    value
        .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok())
        .unwrap_or_default()
}
