//! `Expect: 100-continue`: a client waits for an interim answer before it sends its body.
//!
//! The HTTP library sends `100 Continue` when a handler begins to read the body. It sends none when
//! the body is empty, or when the handler refuses the request unread. The final answer then comes
//! alone, and a client that keeps the connection may take the next request's interim answer for it:
//! botocore did so until 2026, and uploads of empty files hung. So a final answer without an
//! interim one closes the connection (RFC 9110, section 10.1.1, allows both).

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::body::{Body as _, Incoming};

use super::app::App;
use super::peer::Peer;
use super::unread::WatchedBody;

/// Answers the request; closes the connection when the client expected an interim answer and got
/// none, and when much of the body was left unread.
pub(super) async fn answer(app: &Arc<dyn App>, request: Request<Incoming>, peer: Peer) -> Response {
    let is_awaited = expects_continue(&request);
    // In HTTP/2 a stream ends without its connection.
    if request.version() > http::Version::HTTP_11 || !is_awaited && request.body().is_end_stream() {
        return app.clone().answer(request.map(Body::new), peer).await;
    }
    let (parts, body) = request.into_parts();
    let (body, seen) = WatchedBody::new(body, is_awaited);
    let request = Request::from_parts(parts, Body::new(body));
    let mut response = app.clone().answer(request, peer).await;
    if seen.was_left() || is_awaited && !seen.was_read() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn expects_continue(request: &Request<Incoming>) -> bool {
    let expected = request.headers().get(EXPECT);
    expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
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
            .route(
                "/read",
                put(async |body: axum::body::Bytes| body.len().to_string()),
            )
            .route("/refused", put(async || http::StatusCode::FORBIDDEN));
        tokio::spawn(crate::serve::serve(listener, app, stop.clone()));
        (address, stop)
    }

    /// Sends the head, the body after an interim answer, and returns everything that came until the
    /// connection closed; `Connection: close` in `more` makes it close after an answer that would
    /// keep it.
    async fn exchange(address: SocketAddr, path: &str, length: usize, more: &str) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nExpect: 100-Continue\r\n{more}\r\n"
        );
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
        for (path, length) in [
            ("/read", 0),
            ("/refused", 0),
            ("/refused", 3),
            ("/absent", 3),
        ] {
            let got = exchange(address, path, length, "").await;
            assert!(
                got.to_ascii_lowercase()
                    .contains("\r\nconnection: close\r\n"),
                "{path} {length}: {got}"
            );
            assert!(!got.contains("100 Continue"), "{path} {length}: {got}");
        }
        let got = exchange(address, "/read", 3, "Connection: close\r\n").await;
        assert!(
            got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
            "{got}"
        );
        assert!(got.ends_with('3'), "{got}");
        stop.cancel();
    }

    #[tokio::test]
    async fn other_requests_keep_their_connection() {
        let (address, stop) = started().await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let interim =
            "PUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n";
        client.write_all(interim.as_bytes()).await.unwrap();
        let mut buffer = [0; 4096];
        let read = client.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 100"));
        let rest =
            "xPUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy";
        client.write_all(rest.as_bytes()).await.unwrap();
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 2, "{got}");
        stop.cancel();
    }

    /// Writes all of a request before it reads, as most simple clients do: `length` bytes, in
    /// chunks or announced.
    async fn write_then_read(
        address: SocketAddr,
        path: &str,
        length: usize,
        is_chunked: bool,
    ) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        let kind = if is_chunked {
            "Transfer-Encoding: chunked".into()
        } else {
            format!("Content-Length: {length}")
        };
        client
            .write_all(format!("PUT {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let body = vec![b'x'; length];
        if is_chunked {
            client
                .write_all(format!("{length:x}\r\n").as_bytes())
                .await
                .unwrap();
        }
        client.write_all(&body).await.unwrap();
        if is_chunked {
            client.write_all(b"\r\n0\r\n\r\n").await.unwrap();
        }
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        got
    }

    /// More than the buffers of sockets hold.
    const LARGE: usize = 32 * 1024 * 1024;

    #[tokio::test]
    async fn a_client_that_writes_everything_first_gets_its_refusal() {
        let (address, stop) = started().await;
        for (path, status) in [("/refused", "403"), ("/absent", "404"), ("/read", "413")] {
            for is_chunked in [false, true] {
                let got = write_then_read(address, path, LARGE, is_chunked).await;
                assert!(
                    got.starts_with(&format!("HTTP/1.1 {status} ")),
                    "{path} {is_chunked}: {got}"
                );
                assert!(
                    got.to_ascii_lowercase()
                        .contains("\r\nconnection: close\r\n"),
                    "{path} {is_chunked}: {got}"
                );
            }
        }
        stop.cancel();
    }

    #[tokio::test]
    async fn a_short_body_that_nobody_reads_costs_no_connection() {
        let (address, stop) = started().await;
        let mut client = TcpStream::connect(address).await.unwrap();
        for more in ["", "Connection: close\r\n"] {
            let head =
                format!("PUT /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n{more}\r\n");
            client.write_all(head.as_bytes()).await.unwrap();
            client.write_all(&[b'x'; 60_000]).await.unwrap();
        }
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        assert_eq!(got.matches("HTTP/1.1 403").count(), 2, "{got}");
        stop.cancel();
    }
}
