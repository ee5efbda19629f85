//! How fast is the emulator, beside what this machine can do at all? One run measures both, so that
//! the ratios hold wherever it runs: a bare HTTP server that reads the same requests and answers
//! 200, and a file that 32 threads append to, one sync for all who wait.
//!
//! `cargo bench -p tests --bench emulator`; `BACKLOG` is the number of messages in the long
//! queue (1,000,000).

#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it")]

#[path = "../ground/bare.rs"]
mod bare;
#[path = "../ground/client.rs"]
mod client;
mod file;
mod traffic;

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use client::{Connection, call};
use traffic::{drain, fill, repeat, ten};

const CONNECTIONS: usize = 32;
const BODY: usize = 1024;
/// How long each rate is measured.
const SPAN: Duration = Duration::from_secs(4);
/// Messages in the short queue.
const SHORT: usize = 1000;

fn main() -> anyhow::Result<()> {
    let backlog = std::env::var("BACKLOG")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    let file = file::rate(&folder.path().join("file"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(folder.path(), file, backlog))
}

async fn measure(folder: &Path, file: f64, backlog: usize) -> anyhow::Result<()> {
    let bare = listener()?;
    let bare_at = bare.local_addr()?;
    tokio::spawn(bare::serve(tokio::net::TcpListener::from_std(bare)?));
    let settings = emulator::Settings {
        data: Some(folder.join("data")),
        region: "eu-west-1".into(),
    };
    let listener = listener()?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(emulator::open(&settings)?.serve(listener, stop.clone()));
    for queue in ["single", "batch", "short", "long"] {
        let create = call("CreateQueue", &json!({"QueueName": queue}));
        Connection::open(address).await?.exchange(&create).await?;
    }
    let one = json!({"QueueUrl": "single", "MessageBody": "x".repeat(BODY)});
    let bare = repeat(bare_at, "SendMessage", &one, 1).await?;
    let single = repeat(address, "SendMessage", &one, 1).await?;
    let batched = repeat(address, "SendMessageBatch", &ten("batch"), 10).await?;
    let mut short = Vec::new();
    while short.len() < 10 {
        fill(address, "short", SHORT).await?;
        short.push(drain(address, "short", SHORT).await?);
    }
    let short =
        SHORT as f64 * short.len() as f64 / short.iter().map(Duration::as_secs_f64).sum::<f64>();
    fill(address, "long", backlog).await?;
    let long_count = (10 * SHORT).min(backlog);
    let long = long_count as f64 / drain(address, "long", long_count).await?.as_secs_f64();
    let limit = bare.min(file);
    println!("{CONNECTIONS} connections, {BODY} bytes a message, durable");
    println!("bare HTTP server          {bare:>9.0} /s");
    println!("file, shared syncs        {file:>9.0} /s");
    println!(
        "sends                     {single:>9.0} /s   {}",
        verdict(single / limit, 0.5, "of the lower of the two")
    );
    println!(
        "batched sends, messages   {batched:>9.0} /s   {}",
        verdict(batched / single, 3.0, "times the sends")
    );
    println!("receive+delete, {SHORT:>8}  {short:>9.0} /s");
    println!(
        "receive+delete, {backlog:>8}  {long:>9.0} /s   {}",
        verdict(long / short, 0.9, "of the short queue's")
    );
    stop.cancel();
    serving.await??;
    starts(folder, backlog)
}

/// How long starts take: on a folder that is not there, and with the messages that were not
/// received.
fn starts(folder: &Path, backlog: usize) -> anyhow::Result<()> {
    for (name, what) in [
        ("empty", "start on an empty folder".to_owned()),
        ("data", format!("start with {backlog}")),
    ] {
        let settings = emulator::Settings {
            data: Some(folder.join(name)),
            region: "eu-west-1".into(),
        };
        let begun = Instant::now();
        let opened = emulator::open(&settings)?;
        println!(
            "{what:<25} {:>9.0} ms",
            begun.elapsed().as_secs_f64() * 1000.0
        );
        drop(opened);
    }
    Ok(())
}

/// A ratio beside the least that it should be.
fn verdict(ratio: f64, target: f64, of: &str) -> String {
    format!(
        "{ratio:.2} {of} ({} {target})",
        if ratio >= target {
            "at least"
        } else {
            "MISSED:"
        }
    )
}

fn listener() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
