//! `Expect: 100-continue`: a client waits for an interim answer before it sends its body.
//!
//! The HTTP library sends `100 Continue` when a handler begins to read the body. It sends none when the body is empty, or
//! when the handler refuses the request unread. The final answer then comes alone, and a client that keeps the connection
//! may take the next request's interim answer for it: botocore did so until 2026, and uploads of empty files hung. So a
//! final answer without an interim one closes the connection (RFC 9110, section 10.1.1, allows both).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Answers the request; closes the connection when the client expected an interim answer and got none.
pub(super) async fn answer(request: Request, next: Next) -> Response {
    if !expects_continue(&request) {
        return next.run(request).await;
    }
    let was_read = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(Watched { body, was_read: was_read.clone() }));
    let mut response = next.run(request).await;
    if !was_read.load(Ordering::Acquire) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// HTTP/2 has no such header to answer with, and no connection that one answer could spoil.
fn expects_continue(request: &Request) -> bool {
    let expected = request.headers().get(EXPECT);
    request.version() <= http::Version::HTTP_11
        && expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// A body that notes when a piece of it arrived: by then the interim answer is on its way.
struct Watched {
    body: Body,
    was_read: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if matches!(frame, Some(Ok(_))) {
            self.was_read.store(true, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::routing::put;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio_util::sync::CancellationToken;

    async fn started() -> (SocketAddr, CancellationToken) {
        let listener = crate::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let app = Router::new()
            .route("/read", put(async |body: axum::body::Bytes| body.len().to_string()))
            .route("/refused", put(async || http::StatusCode::FORBIDDEN));
        tokio::spawn(crate::serve::serve(listener, app, stop.clone()));
        (address, stop)
    }

    /// Sends the head, the body after an interim answer, and returns everything that came until the connection closed;
    /// `Connection: close` in `more` makes it close after an answer that would keep it.
    async fn exchange(address: SocketAddr, path: &str, length: usize, more: &str) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nExpect: 100-Continue\r\n{more}\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 4096];
        let read = client.read(&mut first).await.unwrap();
        let mut got = String::from_utf8_lossy(&first[..read]).into_owned();
        if got.starts_with("HTTP/1.1 100") {
            client.write_all(&vec![b'x'; length]).await.unwrap();
        }
        client.read_to_string(&mut got).await.unwrap();
        got
    }

    #[tokio::test]
    async fn a_final_answer_without_an_interim_one_closes_the_connection() {
        let (address, stop) = started().await;
        // Each of these ends by itself: the server closes the connection and says so.
        for (path, length) in [("/read", 0), ("/refused", 0), ("/refused", 3), ("/absent", 3)] {
            let got = exchange(address, path, length, "").await;
            assert!(got.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{path} {length}: {got}");
            assert!(!got.contains("100 Continue"), "{path} {length}: {got}");
        }
        let got = exchange(address, "/read", 3, "Connection: close\r\n").await;
        assert!(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "{got}");
        assert!(got.ends_with('3'), "{got}");
        stop.cancel();
    }

    #[tokio::test]
    async fn other_requests_keep_their_connection() {
        let (address, stop) = started().await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let interim = "PUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n";
        client.write_all(interim.as_bytes()).await.unwrap();
        let mut buffer = [0; 4096];
        let read = client.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 100"));
        let rest = "xPUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy";
        client.write_all(rest.as_bytes()).await.unwrap();
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 2, "{got}");
        stop.cancel();
    }
}
