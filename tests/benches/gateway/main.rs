//! How fast is the gateway, beside what this machine can do at all? One run measures four bars, so
//! that the ratios hold wherever it runs: a bare HTTP server that reads the same requests and
//! answers 200, a MOCK integration, a message through the gateway into the durable emulator, and
//! the same message sent to the emulator by the same client without a gateway. Each server is a
//! process of its own. Client and servers share the machine, so each bar also shows the CPU time
//! that its servers use for a request, and how many times that of the bare server it is: the
//! steadier figure where others are at work.
//!
//! `cargo bench -p tests --bench gateway`; `SPAN` is how many seconds each bar is measured (4),
//! `CONNECTIONS` which numbers of connections (`1 32 64 128`), `PROGRAMS` another `tidegate` to
//! measure, such as one from before a change. With `IN_MEMORY=1` the emulator is not durable: what
//! the gateway adds is then not lost in the noise of a disk that others use, too.

#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it")]

mod bar;
#[path = "../ground/bare.rs"]
mod bare;
#[path = "../ground/client.rs"]
mod client;
mod programs;
mod report;

use std::net::SocketAddr;
use std::time::Duration;

use bar::{measure, warm};
use client::{call, request};
use programs::{BARE, BARE_SERVER, EMULATOR, GATEWAY, Programs};

/// Bytes of an event.
const BODY: usize = 1024;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match std::env::var(BARE_SERVER) {
        Ok(address) => runtime
            .block_on(async { bare::serve(tokio::net::TcpListener::bind(address).await?).await }),
        Err(_) => runtime.block_on(compare()),
    }
}

/// A server with the request that it gets.
struct Target {
    address: SocketAddr,
    request: Vec<u8>,
}

async fn compare() -> anyhow::Result<()> {
    let span = setting("SPAN").map_or(Ok(4), |text| text.parse())?;
    let span = Duration::from_secs(span);
    let counts = setting("CONNECTIONS").unwrap_or_else(|| "1 32 64 128".to_owned());
    let programs = Programs::start().await?;
    let event = format!(r#"{{"id": "{}"}}"#, "x".repeat(BODY - 10));
    let send = serde_json::json!({"QueueUrl": programs::QUEUE, "MessageBody": event});
    let post = |address, path| Target {
        address,
        request: request(path, "", &event),
    };
    let bare = post(programs.bare, "/mock");
    let mock = post(programs.gateway, "/mock");
    let through = post(programs.gateway, "/events/sub");
    let plain = Target {
        address: programs.emulator,
        request: call("SendMessage", &send),
    };
    for count in counts.split_whitespace() {
        let count: usize = count.parse()?;
        let run = async |target: &Target, servers: &[usize]| {
            warm(target.address, &target.request, count).await?;
            let cpu = || servers.iter().map(|server| programs.cpu(*server)).sum();
            let (own, calls) = (programs.cpu(GATEWAY), programs.sqs_calls().await?);
            let bar = measure(target.address, &target.request, count, span, cpu).await?;
            let each = |whole: f64| whole / bar.requests as f64;
            let own = each(programs.cpu(GATEWAY) - own);
            let calls = each(programs.sqs_calls().await? - calls);
            anyhow::Ok((bar, own, calls))
        };
        let (bare, ..) = run(&bare, &[BARE]).await?;
        let (mock, ..) = run(&mock, &[GATEWAY]).await?;
        let (through, own, calls) = run(&through, &[GATEWAY, EMULATOR]).await?;
        let (plain, ..) = run(&plain, &[EMULATOR]).await?;
        report::print(count, [&bare, &mock, &through, &plain], calls, own);
    }
    Ok(())
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
