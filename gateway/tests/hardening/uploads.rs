//! Many large uploads, slow ones, and ones that stall.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::client::{Kept, rest, status};
use super::process::Gateway;
use super::sized;

const MIB: usize = 1024 * 1024;

fn head(length: usize) -> String {
    format!(
        "POST /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Sends a body in pieces with a pause behind each, and returns the status of the answer.
async fn upload(gateway: &Gateway, length: usize, piece: usize, pause: Duration) -> Option<String> {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(head(length).as_bytes()).await.unwrap();
    let piece = vec![b'x'; piece];
    for _ in 0..length / piece.len() {
        stream.write_all(&piece).await.ok()?;
        tokio::time::sleep(pause).await;
    }
    status(&rest(&mut stream).await).map(ToOwned::to_owned)
}

#[tokio::test]
async fn uploads_that_together_exceed_every_budget_all_succeed() {
    let (clients, length) = sized((12, 4 * MIB), (40, 10 * MIB));
    // At a mebibyte a second.
    let (piece, pause) = (MIB / 10, sized(10, 100));
    let length = length / piece * piece;
    let memory = (16 * MIB).to_string();
    let gateway = Gateway::start(&["--payload-memory", &memory]).await;
    let all = (0..clients).map(|_| upload(&gateway, length, piece, Duration::from_millis(pause)));
    let statuses = futures_util::future::join_all(all).await;
    let good = statuses
        .iter()
        .filter(|status| status.as_deref() == Some("200"))
        .count();
    println!(
        "{good} of {clients} slow uploads of {length} bytes succeeded; then {} MiB",
        gateway.resident()
    );
    assert_eq!(good, clients, "{statuses:?}");
}

#[tokio::test]
async fn stalled_uploads_hurt_nobody_else() {
    let count = sized(30, 200);
    let gateway = Gateway::start(&[]).await;
    let begun = [head(10 * MIB).into_bytes(), vec![b'x'; 2 * MIB]].concat();
    let mut stalled = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(&begun).await.unwrap();
        stalled.push(stream);
    }
    let mut quick = Kept::connect(gateway.address).await.unwrap();
    for _ in 0..10 {
        assert_eq!(quick.get("/mock").await.as_deref(), Some("200"));
        let large = upload(&gateway, 10 * MIB, MIB, Duration::ZERO).await;
        assert_eq!(large.as_deref(), Some("200"));
    }
    println!("{count} stalled uploads: {} MiB", gateway.resident());
    assert!(gateway.resident() < 400, "{} MiB", gateway.resident());
}

#[tokio::test]
async fn a_client_that_stalls_gets_an_answer() {
    let gateway = Gateway::start(&["--body-pause", "1"]).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(head(10).as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(status(&answer), Some("408"), "{answer}");
}

#[tokio::test]
async fn memory_is_given_back_after_large_payloads() {
    let count = sized(16, 64);
    let gateway = Gateway::start(&[]).await;
    let all = (0..count).map(|_| upload(&gateway, 10 * MIB, MIB, Duration::ZERO));
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status.as_deref(), Some("200"));
    }
    let most = gateway.resident();
    let mut quick = Kept::connect(gateway.address).await.unwrap();
    let mut looks = 0;
    // What is given back late is given back while the gateway works on.
    while gateway.resident() >= 150 && looks < 300 {
        assert_eq!(quick.get("/mock").await.as_deref(), Some("200"));
        tokio::time::sleep(Duration::from_millis(100)).await;
        looks += 1;
    }
    let resident = gateway.resident();
    println!("{count} payloads of 10 MiB: {most} MiB at their end, {resident} MiB later");
    assert!(resident < 150, "{resident} MiB");
}
