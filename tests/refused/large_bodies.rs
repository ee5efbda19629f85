//! A client that writes all of a large body before it reads gets the response, and no broken pipe.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::chain::Chain;
use crate::processes::PATIENCE;

/// Writes a head and `length` bytes of body, then reads to the end. No `Expect`, no look at what
/// comes meanwhile.
fn write_then_read(port: u16, head: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let head = format!("{head}\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
        .write_all(&vec![b'x'; length])
        .unwrap_or_else(|error| panic!("{head}: {error}"));
    let mut got = Vec::new();
    stream
        .read_to_end(&mut got)
        .unwrap_or_else(|error| panic!("{head}: {error}"));
    String::from_utf8_lossy(&got).into_owned()
}

/// 10 MB and one byte at the gateway; elsewhere more than the buffers of sockets hold.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_all_of_a_large_body_first_gets_the_answer() {
    const LARGE: usize = 24 * 1024 * 1024;
    let chain = Chain::start().await;
    let ports = chain.ports;
    let json = "\r\nContent-Type: application/json";
    let sqs = "\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.SendMessage";
    // It is read to its end, for the boundary may come.
    let form = "\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b";
    for (port, head, length, status, body) in [
        (
            ports.gateway,
            format!("POST /events/sub HTTP/1.1{json}"),
            10_485_761,
            413,
            "HTTP content length exceeded",
        ),
        (
            ports.gateway,
            format!("POST /events/sub HTTP/1.1{json}"),
            LARGE,
            413,
            "HTTP content length exceeded",
        ),
        (
            ports.gateway,
            format!("POST /{} HTTP/1.1{json}", "a".repeat(11_000)),
            LARGE,
            414,
            "",
        ),
        (
            ports.gateway_admin,
            "POST /healthz HTTP/1.1".to_owned(),
            LARGE,
            405,
            "expected GET",
        ),
        (
            ports.pipe_admin,
            format!("POST /v1/pipes HTTP/1.1{json}"),
            LARGE,
            400,
            "Unknown operation",
        ),
        (
            ports.emulator,
            format!("POST / HTTP/1.1{sqs}"),
            LARGE,
            413,
            "__type",
        ),
        (
            ports.emulator,
            "PUT /no-such-bucket/key HTTP/1.1".to_owned(),
            LARGE,
            404,
            "NoSuchBucket",
        ),
        (
            ports.emulator,
            format!("POST /no-such-bucket HTTP/1.1{form}"),
            LARGE,
            400,
            "<Error>",
        ),
        (
            ports.emulator,
            "POST /_localstack/health HTTP/1.1".to_owned(),
            LARGE,
            405,
            "\"error\"",
        ),
        (
            ports.subscriber,
            format!("POST /sub HTTP/1.1{json}"),
            LARGE,
            413,
            "",
        ),
        (
            ports.subscriber,
            format!("PUT /sub HTTP/1.1{json}"),
            LARGE,
            405,
            "no such method",
        ),
        (
            ports.publisher,
            "POST /pub HTTP/1.1".to_owned(),
            LARGE,
            405,
            "\"error\":\"no such method: expected GET\"",
        ),
    ] {
        let got = tokio::task::block_in_place(|| write_then_read(port, &head, length));
        let head = head.chars().take(60).collect::<String>();
        assert!(
            got.starts_with(&format!("HTTP/1.1 {status} ")),
            "{head}: {got}"
        );
        assert!(
            got.to_ascii_lowercase()
                .contains("\r\nconnection: close\r\n"),
            "{head}: {got}"
        );
        assert!(got.contains(body), "{head}: {got}");
    }
}
