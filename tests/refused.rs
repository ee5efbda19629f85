//! Requests that a program refuses: whoever writes all of a large body before reading gets the
//! answer and no broken pipe, and every answer has the form of the address that it comes from.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "processes.rs"]
mod processes;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use http::Method;
use processes::{PATIENCE, Ports, Process, ask, listens};
use tempfile::TempDir;

const PROGRAMS: [&str; 5] = ["emulator", "gateway", "pipe", "pub", "sub"];

/// The chain at work, as long as it is kept.
struct Chain {
    ports: Ports,
    _processes: Vec<Process>,
    _log: TempDir,
}

impl Chain {
    async fn start() -> Chain {
        let (ports, log) = (Ports::free(), TempDir::new().unwrap());
        let start = |name| {
            Process::into_file(
                ports.program(name, &ports.endpoint()),
                &log.path().join(name),
            )
        };
        let processes = PROGRAMS.map(start).into();
        let chain = Chain {
            ports,
            _processes: processes,
            _log: log,
        };
        for port in [
            ports.emulator,
            ports.gateway,
            ports.gateway_admin,
            ports.pipe_admin,
            ports.publisher,
        ] {
            listens(port).await;
        }
        listens(ports.subscriber).await;
        let bucket = Ports::url(ports.emulator, &format!("/{}", processes::BUCKET));
        assert!(
            ask(Method::PUT, &bucket, "")
                .await
                .unwrap()
                .status
                .is_success()
        );
        chain
    }
}

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
            "There is no such operation",
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

#[tokio::test]
async fn a_refusal_has_the_form_of_its_address() {
    let chain = Chain::start().await;
    let ports = chain.ports;
    for (port, method, path, status, kind, told) in [
        (
            ports.publisher,
            Method::GET,
            "/pub?count=x",
            400,
            "application/json",
            r#""error":"count=x: expected a"#,
        ),
        (
            ports.publisher,
            Method::GET,
            "/pub?count=10001",
            400,
            "application/json",
            "from 0 to 10000",
        ),
        (
            ports.publisher,
            Method::GET,
            "/pub?count=%ff%fe",
            400,
            "application/json",
            "expected a whole number",
        ),
        (
            ports.publisher,
            Method::DELETE,
            "/pub",
            405,
            "application/json",
            r#"{"accepted":0,"failed":0,"error":"#,
        ),
        (
            ports.publisher,
            Method::GET,
            "/other",
            404,
            "text/plain",
            "no such path: expected GET /pub",
        ),
        (
            ports.publisher,
            Method::POST,
            "/ping",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.subscriber,
            Method::GET,
            "/sub",
            405,
            "text/plain",
            "no such method: expected POST /sub",
        ),
        (
            ports.subscriber,
            Method::GET,
            "/other",
            404,
            "text/plain",
            "no such path: expected POST /sub",
        ),
        (
            ports.gateway_admin,
            Method::POST,
            "/readyz",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.pipe_admin,
            Method::POST,
            "/metrics",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.pipe_admin,
            Method::GET,
            "/v1/pipes/%ff",
            400,
            "application/json",
            "message",
        ),
        (
            ports.pipe_admin,
            Method::GET,
            "/v1/pipes?Limit=x",
            400,
            "application/json",
            "message",
        ),
        (
            ports.pipe_admin,
            Method::PUT,
            "/v1/pipes/p/start",
            400,
            "application/json",
            "There is no such operation",
        ),
        (
            ports.emulator,
            Method::POST,
            "/healthz",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.emulator,
            Method::POST,
            "/_localstack/init",
            405,
            "application/json",
            "error",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_localstack/%ff",
            404,
            "application/json",
            "error",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_aws/sqs/messages/eu-west-1/%ff/q",
            400,
            "text/xml",
            "<Code>",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_aws/sqs/messages",
            400,
            "text/xml",
            "<Code>",
        ),
    ] {
        let reply = ask(method.clone(), &Ports::url(port, path), "")
            .await
            .unwrap();
        let body = String::from_utf8_lossy(&reply.body);
        let found = reply
            .headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let case = format!("{method} {path}: {} {found} {body}", reply.status);
        assert!(
            reply.status.as_u16() == status && found.starts_with(kind) && body.contains(told),
            "{case}"
        );
    }
}

/// What a bucket would never take is the sender's fault and not asked for again; everything else is
/// stored.
#[tokio::test]
async fn ids_that_no_bucket_takes_are_refused_and_others_are_stored() {
    let chain = Chain::start().await;
    let ports = chain.ports;
    let sub = Ports::url(ports.subscriber, "/sub");
    let long = "x".repeat(1_017);
    let wide = "é".repeat(509);
    let refused = [
        r"a\u0000b",
        r"\u0001",
        r"\u001f",
        "",
        "../a",
        "a/../../b",
        &long,
        &wide,
    ];
    for id in refused {
        let reply = ask(
            Method::POST,
            &sub,
            &format!(r#"{{"body":{{"id":"{id}"}}}}"#),
        )
        .await
        .unwrap();
        let text = String::from_utf8_lossy(&reply.body);
        assert!(
            reply.status == 400 && text.contains("id"),
            "{id}: {} {text}",
            reply.status
        );
    }
    let long = "x".repeat(1_016);
    let wide = "é".repeat(508);
    for id in [
        r"a\tb", r"a\nb", "a b", "é+&%?#", "a/../b", "a/./b", "./a", ".", "..", "a//b", "/a",
        "a\\\\b", &long, &wide,
    ] {
        let reply = ask(
            Method::POST,
            &sub,
            &format!(r#"{{"body":{{"id":"{id}"}}}}"#),
        )
        .await
        .unwrap();
        assert_eq!(
            reply.status,
            200,
            "{id}: {}",
            String::from_utf8_lossy(&reply.body)
        );
    }
}
