//! The least that a client can do, so that the servers are what is measured.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A POST with this body; `headers` each end their line.
pub fn request(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let media_type = match headers.contains("AmazonSQS") {
        true => "application/x-amz-json-1.0",
        false => "application/json",
    };
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media_type}\r\n{headers}\
         content-length: {length}\r\n\r\n"
    );
    (head + body).into_bytes()
}

/// A call of SQS.
pub fn call(action: &str, members: &serde_json::Value) -> Vec<u8> {
    let target = format!("x-amz-target: AmazonSQS.{action}\r\n");
    request("/", &target, &members.to_string())
}

/// Runs the same work on each of so many connections. Returns what each gives, and how long all of
/// them took.
pub async fn everywhere<T, F>(
    address: SocketAddr,
    connections: usize,
    work: impl Fn(Connection) -> F,
) -> anyhow::Result<(Vec<T>, Duration)>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let begun = Instant::now();
    let tasks: Vec<_> = open
        .into_iter()
        .map(|connection| tokio::spawn(work(connection)))
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await??);
    }
    Ok((results, begun.elapsed()))
}

/// One HTTP connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer, which must be 200. Returns the body.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
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
            let body = end + 4..end + 4 + length(&self.buffer[..end]);
            if self.buffer.len() >= body.end {
                return Ok(&self.buffer[body]);
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
