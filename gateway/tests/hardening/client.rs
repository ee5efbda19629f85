//! A client that writes bytes and reads answers.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes that is right.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// The status of a GET on a connection of its own; none if there is no answer.
pub(super) async fn get(address: SocketAddr, path: &str) -> Option<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = exchange(address, request.as_bytes()).await?;
    status(&answer).map(ToOwned::to_owned)
}

/// Writes these bytes on a connection of their own, and reads everything until it ends.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    // The server may refuse the request before all of it is written.
    _ = stream.write_all(bytes).await;
    Some(rest(&mut stream).await)
}

/// Everything until the connection ends.
pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut got)).await;
    _ = read.expect("the server ends the connection");
    String::from_utf8_lossy(&got).into_owned()
}

pub(super) fn status(answer: &str) -> Option<&str> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)
}

/// A connection that is kept.
pub(super) struct Kept(TcpStream);

impl Kept {
    pub(super) async fn connect(address: SocketAddr) -> Option<Kept> {
        Some(Kept(TcpStream::connect(address).await.ok()?))
    }

    /// The status of a GET.
    pub(super) async fn get(&mut self, path: &str) -> Option<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.ok()?;
        let mut got = Vec::new();
        let end = loop {
            let mut more = [0; 1024];
            let read = timeout(LONG, self.0.read(&mut more)).await.ok()?.ok()?;
            got.extend_from_slice(&more[..read]);
            let text = String::from_utf8_lossy(&got);
            if read == 0 {
                return None;
            }
            if let Some(end) = text.find("\r\n\r\n") {
                break end + 4;
            }
        };
        let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.split("\r\n").next()?.parse().ok()?;
        let mut left = vec![0; (end + length).checked_sub(got.len())?];
        timeout(LONG, self.0.read_exact(&mut left))
            .await
            .ok()?
            .ok()?;
        head.strip_prefix("http/1.1 ")?
            .get(..3)
            .map(ToOwned::to_owned)
    }
}
