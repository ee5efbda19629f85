//! Requests that break the rules of HTTP/1.

use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::clients::{exchange, rest, status};
use super::*;

#[tokio::test]
async fn a_refusal_comes_behind_the_answers_of_earlier_requests() {
    let server = Server {
        refused: Arc::new(|refusal| {
            let mut response = axum::response::Response::new("ours".into());
            *response.status_mut() = refusal.status();
            response
        }),
        ..strict()
    };
    let (address, stop) = started(server);
    let right = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let wrong = "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc";
    let got = exchange(address, format!("{right}{wrong}{right}").as_bytes()).await;
    let answers: Vec<&str> = got.matches("HTTP/1.1 ").collect();
    assert_eq!(answers.len(), 2, "{got}");
    assert!(
        got.starts_with("HTTP/1.1 200") && got.ends_with("ours"),
        "{got}"
    );
    assert!(got.contains("HTTP/1.1 400"), "{got}");
    stop.cancel();
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let (address, stop) = started(strict());
    let long = "x".repeat(9_000);
    for (expected, request) in [
        ("400", "GET / HTTP/1.1\r\n\r\n".to_owned()),
        ("400", "HEAD / HTTP/1.1\r\n\r\n".to_owned()),
        ("400", "nonsense\r\n\r\n".to_owned()),
        ("400", "GET / HTTP/1.1\nHost: x\n\n".to_owned()),
        ("400", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rx".to_owned()),
        ("414", format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
        (
            "431",
            format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n"),
        ),
        ("200", {
            let many = (0..500).fold(String::new(), |all, number| format!("{all}a{number}:b\r\n"));
            format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{many}\r\n")
        }),
    ] {
        let got = exchange(address, request.as_bytes()).await;
        assert_eq!(status(&got), expected, "{:.60} {got}", request);
    }
    stop.cancel();
}

#[tokio::test]
async fn malformed_chunks_are_known_from_a_broken_connection() {
    let (address, stop) = started(strict());
    let head =
        "POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (body, expected) in [
        ("3\r\nabc\r\n0\r\n\r\n", "\r\n\r\n3"),
        ("3\r\nabc\nx", "malformed"),
        ("x\r\n", "malformed"),
        ("3;a\nabc", "malformed"),
    ] {
        let got = exchange(address, format!("{head}{body}").as_bytes()).await;
        assert!(got.ends_with(expected), "{body:?}: {got}");
    }
    stop.cancel();
}

#[tokio::test]
async fn a_client_that_writes_much_behind_a_refused_head_gets_its_answer() {
    let (address, stop) = started(strict());
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"POST /read HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n")
        .await
        .unwrap();
    // The server may end the connection before all is written, but not before the answer is there.
    drop(client.write_all(&vec![b'x'; 8_000_000]).await);
    assert_eq!(status(&rest(&mut client).await), "400");
    stop.cancel();
}

#[tokio::test]
async fn heads_may_come_byte_by_byte() {
    let (address, stop) = started(strict());
    let mut client = TcpStream::connect(address).await.unwrap();
    let text = "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n\
                GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for byte in text.bytes() {
        client.write_all(&[byte]).await.unwrap();
        client.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    let got = rest(&mut client).await;
    assert_eq!(got.matches("HTTP/1.1 200").count(), 2, "{got}");
    stop.cancel();
}
