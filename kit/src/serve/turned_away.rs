//! An early answer for a client that there is no room for.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http_body_util::BodyExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::refusal::Refusal;
use super::server::Server;
use super::spelling::Spelling;
use crate::descriptors;

/// Only so many clients are waited for at a time, and only this part of all descriptors is for
/// them.
const MOST: usize = 64;
const PART: usize = 16;

/// How long a client is waited for that is turned away.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many clients are waited for.
static WAITED_FOR: AtomicUsize = AtomicUsize::new(0);

/// Ends a connection with an answer, if one can be read there.
pub(super) fn turn_away(stream: TcpStream, server: &Server) {
    if server.tls.is_some() {
        return;
    }
    let Ok(mut stream) = stream.into_std() else {
        return;
    };
    // The client is told at once. An error means that it is gone.
    let _ = stream.write_all(&rendered(
        (server.refused)(Refusal::Full),
        server.spelling.as_ref(),
    ));
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let most = MOST.min(descriptors::limit() / PART);
    if WAITED_FOR.fetch_add(1, Ordering::Relaxed) < most
        && let Ok(stream) = TcpStream::from_std(stream)
    {
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, read_away(stream)).await;
            WAITED_FOR.fetch_sub(1, Ordering::Relaxed);
        });
    } else {
        WAITED_FOR.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads what the client has sent: a connection that is closed with bytes unread is reset, and the
/// answer with it.
async fn read_away(mut stream: TcpStream) -> std::io::Result<()> {
    let mut thrown = [0; 1024];
    while stream.read(&mut thrown).await? > 0 {}
    Ok(())
}

/// The bytes of an answer whose body is there already; another body is left out.
fn rendered(answer: Response, spelling: Option<&Spelling>) -> Vec<u8> {
    let (mut parts, body) = answer.into_parts();
    let mut collecting = std::pin::pin!(body.collect());
    let collected = collecting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    let body = match collected {
        Poll::Ready(Ok(body)) => body.to_bytes(),
        Poll::Ready(Err(_)) | Poll::Pending => Bytes::new(),
    };
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let close = HeaderValue::from_static("close");
    parts.headers.insert(CONNECTION, close);
    for (name, value) in &parts.headers {
        let name = spelling.map_or_else(|| name.to_string(), |all| all.written(name.as_str()));
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes
}
