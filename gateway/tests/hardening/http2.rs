//! HTTP/2 clients that use its frames to make work or memory: each loses its connection, and nobody
//! else notices.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::client::{get, rest};
use super::process::Gateway;
use super::sized;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// GET and POST of `/mock` at the host `x`, by the static table of HPACK.
const GET: &[u8] = b"\x82\x86\x04\x05/mock\x01\x01x";
const POST: &[u8] = b"\x83\x86\x04\x05/mock\x01\x01x";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// The number of the client's stream number `count`.
fn stream(count: u32) -> u32 {
    2 * count + 1
}

/// A field that HPACK's table keeps, with a value of 4,000 bytes.
fn large_field() -> Vec<u8> {
    // 4000 = 127 + 3873, in groups of seven bits.
    [b"\x40\x01a\x7f\xa1\x1e".as_slice(), &[b'z'; 4000]].concat()
}

/// Frames that a client sends again and again, by their turn.
type Flood = fn(u32) -> Vec<u8>;

const FLOODS: [(&str, Flood); 7] = [
    ("continuations without an end", |turn| match turn {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, &b"\0\x01a\x01b".repeat(2000)),
    }),
    ("empty continuations", |turn| match turn {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, b"").repeat(100),
    }),
    ("a field named thousands of times", |turn| {
        let fields = match turn {
            0 => large_field(),
            _ => b"\xbe".repeat(16_000),
        };
        let block = [GET, &fields].concat();
        frame(HEADERS, END_STREAM | END_HEADERS, stream(turn), &block)
    }),
    ("requests that are taken back", |turn| {
        let asked = frame(HEADERS, END_STREAM | END_HEADERS, stream(turn), GET);
        [asked, frame(RESET, 0, stream(turn), &[0, 0, 0, 8])].concat()
    }),
    ("uploads that are taken back", |turn| {
        let asked = frame(HEADERS, END_HEADERS, stream(turn), POST);
        [asked, frame(RESET, 0, stream(turn), &[0, 0, 0, 8])].concat()
    }),
    ("more streams than are allowed", |turn| {
        frame(HEADERS, END_HEADERS, stream(turn), POST)
    }),
    ("data without bytes", |turn| match turn {
        0 => frame(HEADERS, END_HEADERS, 1, POST),
        _ => frame(DATA, 0, 1, b"").repeat(100),
    }),
];

/// Sends a flood until the gateway ends the connection.
async fn send(gateway: &Gateway, name: &str, flood: Flood) {
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(PREFACE).await.unwrap();
    // The greatest number of a stream is beyond all of these.
    let turns = sized(20_000, 200_000);
    let mut sent = 0;
    while sent < turns && client.write_all(&flood(sent)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < turns, "{name}: {sent} turns were accepted");
    rest(&mut client).await;
}

#[tokio::test]
async fn floods_of_frames_end_their_connection_only() {
    let gateway = Gateway::start(&[]).await;
    let before = gateway.resident();
    for (name, flood) in FLOODS {
        send(&gateway, name, flood).await;
        let answer = get(gateway.address, "/mock").await;
        assert_eq!(answer.as_deref(), Some("200"), "after {name}");
    }
    assert_eq!(gateway.logged("h2::"), 0, "no client can fill the log");
    let resident = gateway.resident();
    println!(
        "{} floods: {before} MiB before, {resident} MiB after",
        FLOODS.len()
    );
    assert!(resident < before + 100, "{resident} MiB, {before} before");
}
