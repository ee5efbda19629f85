//! How fast are puts of small objects, and what do a start and memory come to with many of them?
//!
//! `cargo bench -p emulator --bench objects`; `OBJECTS` is how many there are (1,000,000). As root
//! the caches of the machine are dropped before a start that is called cold.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 32;
const SPAN: Duration = Duration::from_secs(4);
const BODY: [u8; 100] = [b'x'; 100];

fn main() -> anyhow::Result<()> {
    let count = std::env::var("OBJECTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let rate = served(&runtime, folder.path(), |address| {
        request(address, "PUT", "/box", b"")?;
        puts(address)
    })?;
    println!("puts of 100 bytes, {CONNECTIONS} connections {rate:>10.0} /s");
    fill(&folder.path().join("s3/box"), count)?;
    let built = served(&runtime, folder.path(), first_listing)?;
    println!(
        "index of {count} objects built {:>18.1} s",
        built.as_secs_f64()
    );
    for what in ["warm", if drop_caches() { "cold" } else { "warm" }] {
        let begun = Instant::now();
        let (listed, memory) = served(&runtime, folder.path(), |address| {
            Ok((
                first_listing(address).map(|_| begun.elapsed())?,
                resident_kib()?,
            ))
        })?;
        let listed = listed.as_secs_f64();
        println!(
            "{what} start with {count}, to its first listing {listed:>6.2} s, with the client {memory} KiB"
        );
    }
    Ok(())
}

/// Does something with an emulator on this folder.
fn served<T>(
    runtime: &tokio::runtime::Runtime,
    folder: &Path,
    work: impl FnOnce(SocketAddr) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let settings = emulator::Settings {
        data: Some(folder.to_owned()),
        region: "eu-west-1".into(),
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let (address, stop) = (listener.local_addr()?, CancellationToken::new());
    let serving = runtime.spawn(emulator::open(&settings)?.serve(listener, stop.clone()));
    let result = work(address);
    stop.cancel();
    runtime.block_on(serving)??;
    result
}

fn puts(address: SocketAddr) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let write = |writer: usize| -> anyhow::Result<usize> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        let mut count = 0;
        while begun.elapsed() < SPAN {
            send(
                &mut connection,
                "PUT",
                &format!("/box/put/{writer}-{count}"),
                &BODY,
            )?;
            count += 1;
        }
        Ok(count)
    };
    let counts: anyhow::Result<Vec<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|writer| scope.spawn(move || write(writer)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no writer panics"))
            .collect()
    });
    Ok(counts?.into_iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
}

/// Writes the files of objects, as earlier versions did, without a sync for each.
fn fill(bucket: &Path, count: usize) -> anyhow::Result<()> {
    for number in 0..count {
        let key = format!("{number:08}-4f1c-4a5e-9b7e-event-sqs.txt");
        let name = hex::encode(Sha256::digest(key.as_bytes()));
        let head = format!(
            r#"{{"key":"{key}","size":100,"etag":"{}-1","modified":1700000000000,"headers":{{"metadata":[]}}}}"#,
            "0".repeat(32)
        );
        let (length, crc) = (u32::try_from(head.len())?, crc32fast::hash(head.as_bytes()));
        let footer = [
            &length.to_be_bytes(),
            &crc.to_be_bytes(),
            b"TIDEOBJ1".as_slice(),
        ]
        .concat();
        let shard = bucket.join(&name[..2]);
        fs::create_dir_all(&shard)?;
        fs::write(
            shard.join(name),
            [BODY.as_slice(), head.as_bytes(), &footer].concat(),
        )?;
    }
    Ok(())
}

/// Asks for a listing until there is one; how long that takes.
fn first_listing(address: SocketAddr) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    while request(address, "GET", "/box?list-type=2", b"").is_err() {
        anyhow::ensure!(
            begun.elapsed() < Duration::from_secs(3600),
            "there is no listing"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(begun.elapsed())
}

fn request(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> anyhow::Result<()> {
    send(&mut TcpStream::connect(address)?, method, path, body)
}

/// Sends a request, whose answer must be 200, and reads the answer.
fn send(connection: &mut TcpStream, method: &str, path: &str, body: &[u8]) -> anyhow::Result<()> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(&[head.as_bytes(), body].concat())?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                anyhow::ensure!(
                    head.starts_with("http/1.1 200"),
                    "{}",
                    String::from_utf8_lossy(&bytes)
                );
                return Ok(());
            }
        }
        let count = connection.read(&mut chunk)?;
        anyhow::ensure!(count > 0, "the server closed the connection");
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// Whether the machine forgot all files that it had read.
fn drop_caches() -> bool {
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn resident_kib() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default())
}
