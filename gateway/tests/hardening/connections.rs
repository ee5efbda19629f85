//! Many connections, connections that say nothing, and the end of the gateway.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::client::{Kept, LONG, get, rest, status};
use super::process::Gateway;
use super::{is_full, sized};

async fn open(gateway: &Gateway, count: usize) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    all
}

#[tokio::test]
async fn the_admin_port_answers_when_the_public_one_is_full() {
    let gateway = Gateway::start_in("ulimit -n 64; exec \"$0\" \"$@\"", &[]).await;
    // 24 connections are allowed, 18 of them from one address.
    let mut silent = open(&gateway, 100).await;
    assert_eq!(get(gateway.admin, "/healthz").await.as_deref(), Some("200"));
    let answer = rest(&mut silent[50]).await;
    assert_eq!(status(&answer), Some("503"), "{answer}");
    for name in ["\nx-amzn-RequestId: ", "\nContent-Type: ", "\nConnection: "] {
        assert!(answer.contains(name), "{name:?} is missing in {answer}");
    }
    assert!(
        answer.ends_with(r#"{"message":"Service Unavailable"}"#),
        "{answer}"
    );
    while gateway.logged("an address may have") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(gateway.logged("an address may have"), 1);
    drop(silent);
    while get(gateway.address, "/mock").await.as_deref() != Some("200") {}
}

#[tokio::test]
async fn running_out_of_descriptors_is_survived_and_logged_once() {
    let args = [
        "--max-connections",
        "1000",
        "--max-connections-per-address",
        "1000",
    ];
    let gateway = Gateway::start_in("ulimit -n 48; exec \"$0\" \"$@\"", &args).await;
    let mut first = Kept::connect(gateway.address).await.unwrap();
    assert_eq!(first.get("/mock").await.as_deref(), Some("200"));
    let silent = open(&gateway, 200).await;
    while gateway.logged("cannot accept connections") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(first.get("/mock").await.as_deref(), Some("200"));
    drop(silent);
    while get(gateway.address, "/mock").await.as_deref() != Some("200") {}
    assert_eq!(gateway.logged("cannot accept connections"), 1);
}

#[tokio::test]
async fn silent_connections_end() {
    let gateway = Gateway::start(&["--head-timeout", "1"]).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for silent in [b"".as_slice(), &preface[..9], preface, b"POST /mock HT"] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(silent).await.unwrap();
        rest(&mut stream).await;
    }
}

#[tokio::test]
async fn idle_connections_take_little_memory() {
    let count = sized(500, 10_000);
    let gateway = Gateway::start(&["--idle-timeout", "600", "--head-timeout", "600"]).await;
    let before = gateway.resident();
    // Half of them have never said anything.
    let silent = open(&gateway, count / 2).await;
    let mut kept = Vec::new();
    for _ in 0..count / 2 {
        let mut one = Kept::connect(gateway.address).await.unwrap();
        assert_eq!(one.get("/mock").await.as_deref(), Some("200"));
        kept.push(one);
    }
    let resident = gateway.resident();
    println!("{count} idle connections: {resident} MiB, {before} MiB before");
    assert!(resident < 400, "{resident} MiB");
    for one in kept.iter_mut().take(20) {
        assert_eq!(one.get("/mock").await.as_deref(), Some("200"));
    }
    drop(silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_connect_at_once_are_all_answered() {
    let count = sized(200, 1_000);
    let gateway = Gateway::start(&[]).await;
    // The first requests make what is made once.
    assert_eq!(get(gateway.address, "/mock").await.as_deref(), Some("200"));
    let address = gateway.address;
    let clients: Vec<_> = (0..count)
        .map(|_| {
            tokio::spawn(async move {
                let begun = Instant::now();
                let answer = get(address, "/mock").await;
                (answer, begun.elapsed())
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        let (answer, took) = client.await.unwrap();
        assert_eq!(answer.as_deref(), Some("200"));
        times.push(took);
    }
    times.sort();
    let (median, longest) = (times[count / 2], times[count - 1]);
    println!("{count} connects at once: median {median:?}, longest {longest:?}");
    if is_full() {
        assert!(longest < Duration::from_millis(200), "{longest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_hold_up_nobody() {
    let count = sized(100, 1_000);
    let patient = [
        "--head-timeout",
        "600",
        "--body-timeout",
        "600",
        "--body-pause",
        "600",
    ];
    let gateway = Gateway::start(&patient).await;
    let address = gateway.address;
    let slow = tokio::spawn(async move {
        let body = r#"{"a": "012345678901234567890123456789012"}"#;
        let length = body.len();
        let text = format!(
            "POST /mock HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut streams = Vec::new();
        for _ in 0..count {
            streams.push(TcpStream::connect(address).await.unwrap());
        }
        for byte in text.as_bytes() {
            for stream in &mut streams {
                stream.write_all(&[*byte]).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut good = 0;
        for stream in &mut streams {
            good += usize::from(status(&rest(stream).await) == Some("200"));
        }
        good
    });
    let mut longest = Duration::ZERO;
    let mut asked = 0;
    let mut quick = Kept::connect(address).await.unwrap();
    while !slow.is_finished() {
        let begun = Instant::now();
        assert_eq!(quick.get("/mock").await.as_deref(), Some("200"));
        longest = longest.max(begun.elapsed());
        asked += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("{count} slow clients: {asked} requests beside them, the longest took {longest:?}");
    assert_eq!(slow.await.unwrap(), count);
}

#[tokio::test]
async fn the_gateway_is_unready_for_a_while_before_its_ports_close() {
    let mut gateway = Gateway::start(&["--drain-delay", "2"]).await;
    gateway.signal("TERM");
    while get(gateway.admin, "/readyz").await.as_deref() == Some("200") {}
    assert_eq!(get(gateway.admin, "/readyz").await.as_deref(), Some("503"));
    assert_eq!(get(gateway.admin, "/healthz").await.as_deref(), Some("200"));
    assert_eq!(get(gateway.address, "/mock").await.as_deref(), Some("200"));
    let ended = tokio::task::spawn_blocking(move || gateway.end());
    let code = tokio::time::timeout(LONG, ended).await.unwrap().unwrap();
    assert_eq!(code, Some(0));
}
