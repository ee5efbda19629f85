//! How fast is the gateway, beside what this machine can do at all? One run measures four bars, so
//! that the ratios hold wherever it runs: a bare HTTP server that reads the same requests and
//! answers 200, a MOCK integration, a message through the gateway into the durable emulator, and
//! the same message sent to the emulator by the same client without a gateway. Each server is a
//! process of its own.
//!
//! `cargo bench -p tests --bench gateway`; `SPAN` is how many seconds each bar is measured (4),
//! `CONNECTIONS` which numbers of connections (`1 32 64 128`), `PROGRAMS` another `tidegate` to
//! measure, such as one from before a change. With `IN_MEMORY=1` the emulator is not durable: what
//! the gateway adds is then not lost in the noise of a disk that others use, too.

#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it")]

mod bare;
mod client;
mod programs;

use std::net::SocketAddr;
use std::time::Duration;

use client::{Bar, measure, request};
use programs::Programs;

/// Bytes of an event.
const BODY: usize = 1024;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match std::env::var(bare::ADDRESS) {
        Ok(address) => runtime.block_on(bare::serve(address.parse()?)),
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
    let send = serde_json::json!({"QueueUrl": programs::QUEUE, "MessageBody": event}).to_string();
    let action = "x-amz-target: AmazonSQS.SendMessage\r\n";
    let target = |address, path, headers, body: &str| Target {
        address,
        request: request(path, headers, body),
    };
    let bare = target(programs.bare, "/mock", "", &event);
    let mock = target(programs.gateway, "/mock", "", &event);
    let through = target(programs.gateway, "/events/sub", "", &event);
    let plain = target(programs.emulator, "/", action, &send);
    for count in counts.split_whitespace() {
        let count: usize = count.parse()?;
        let run = async |target: &Target, process| {
            let before = programs.cpu(process);
            let mut bar = measure(target.address, &target.request, count, span).await?;
            bar.cpu = (programs.cpu(process) - before) / bar.requests as f64;
            anyhow::Ok(bar)
        };
        let bare = run(&bare, programs::BARE).await?;
        let mock = run(&mock, programs::GATEWAY).await?;
        let calls = programs.sqs_calls().await?;
        let through = run(&through, programs::GATEWAY).await?;
        let calls = (programs.sqs_calls().await? - calls) / through.requests as f64;
        let plain = run(&plain, programs::EMULATOR).await?;
        report(count, [&bare, &mock, &through, &plain], calls);
    }
    Ok(())
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// The least ratios to the bare server, with at least so many connections.
const MOCK: f64 = 0.5;
const DURABLE: (usize, f64, f64) = (64, 0.25, 0.2);
/// The most milliseconds that the gateway adds at one connection.
const ADDED: f64 = 0.25;

fn report(connections: usize, [bare, mock, through, plain]: [&Bar; 4], calls: f64) {
    println!("\n{connections} connections, {BODY} bytes a message");
    let show = |name: &str, bar: &Bar, verdict: &str| {
        println!(
            "{name:<24} {:>8.0} /s   median {:>7.3} ms   99% {:>7.3} ms   {:>6.1} µs CPU   {verdict}",
            bar.rate,
            bar.median,
            bar.slow,
            bar.cpu * 1e6
        );
    };
    show("bare HTTP server", bare, "");
    let ratio = mock.rate / bare.rate;
    show("MOCK", mock, &least(ratio, MOCK, "of bare"));
    let ratio = through.rate / bare.rate;
    let (from, least_ratio, most_calls) = DURABLE;
    if connections < from {
        show("through, durable", through, &format!("{ratio:.3} of bare"));
        println!("{calls:>40.2} SQS calls a message");
    } else {
        show(
            "through, durable",
            through,
            &least(ratio, least_ratio, "of bare"),
        );
        println!("{:>40}", most(calls, most_calls, "SQS calls a message"));
    }
    let ratio = through.rate / plain.rate;
    show(
        "plain SendMessage",
        plain,
        &format!("through: {ratio:.2} of it"),
    );
    if connections == 1 {
        let added = through.median - plain.median;
        println!("{:>40}", most(added, ADDED, "ms added at the median"));
    }
}

/// A ratio beside the least that it should be.
fn least(ratio: f64, target: f64, of: &str) -> String {
    let word = if ratio >= target {
        "at least"
    } else {
        "MISSED:"
    };
    format!("{ratio:.3} {of} ({word} {target})")
}

/// A figure beside the most that it should be.
fn most(figure: f64, target: f64, of: &str) -> String {
    let word = if figure <= target {
        "at most"
    } else {
        "MISSED:"
    };
    format!("{figure:.2} {of} ({word} {target})")
}
