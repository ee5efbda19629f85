//! An early answer for a client that there is no room for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::response::Response;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// More clients than these are turned away without an answer.
const MOST: usize = 64;

/// How long a client is waited for that is turned away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends a connection with an answer, if one can be read there.
pub(super) fn turn_away(stream: TcpStream, is_plain: bool, answer: impl FnOnce() -> Response) {
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    if !is_plain || UNDER_WAY.fetch_add(1, Ordering::Relaxed) >= MOST {
        if is_plain {
            UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        }
        return;
    }
    let answer = answer();
    tokio::spawn(async move {
        // An error means that the client is gone.
        let _ = timeout(PATIENCE, write(stream, answer)).await;
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    });
}

/// Writes the answer, and reads what the client has sent: a connection that is closed with bytes
/// unread is reset, and the answer with it.
async fn write(mut stream: TcpStream, answer: Response) -> std::io::Result<()> {
    let bytes = rendered(answer).await;
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    let mut thrown = [0; 1024];
    while stream.read(&mut thrown).await? > 0 {}
    Ok(())
}

async fn rendered(answer: Response) -> Vec<u8> {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let rest = format!(
        "content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    bytes.extend_from_slice(rest.as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}
