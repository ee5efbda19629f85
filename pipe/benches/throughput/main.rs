//! How many events a second a pipe takes from a full queue to a fast HTTP target, and how late an
//! event is when idle.
//!
//!     cargo build --profile bench -p emulator && cargo bench -p pipe --bench throughput [-- --events 50000]
//!
//! Emulator (in memory), pipe and target are processes of their own on loopback, so that the CPU
//! time of each can be told. Beside it, in the same run, stands the rate of a bare client that
//! posts the same requests without a queue: the ratio says more than either number, for both share
//! the machine. What the log's line for each message costs is the difference of the pipe's CPU time
//! with and without (`--quiet`), taken in turns.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on stops where it stands"
)]
#![allow(clippy::print_stdout, reason = "the figures are for whoever runs it")]

mod bare;
mod chain;
mod target;

use std::time::Duration;

use clap::Parser;

use chain::Chain;
use target::Target;

/// The rate that API destinations have by default on AWS.
const AWS_RATE: f64 = 300.0;

#[derive(Debug, Parser)]
struct Args {
    /// Events to deliver
    #[arg(long, default_value_t = 20_000)]
    events: usize,
    /// Bytes of each message's body
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// Requests that bare client and pipe may have under way
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Single events whose latency is measured
    #[arg(long, default_value_t = 200)]
    singles: usize,
    /// Times that the pipe is compared with and without a line of the log for each message
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the target
    #[arg(long, hide = true)]
    target: bool,
}

fn main() {
    let args = Args::parse();
    kit::program::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if args.target {
            target::serve().await;
        } else {
            measure(&args).await;
        }
    });
}

async fn measure(args: &Args) {
    let target = Target::start().await;
    let body = body(args.size);
    println!(
        "{} events of {} bytes, {} at once\n",
        args.events,
        body.len(),
        args.concurrency
    );

    let bare = bare::post(&target, &body, args.events, args.concurrency).await;
    println!(
        "{:<34}{bare:>10.0} a second",
        "a bare client, without a queue"
    );

    let mut chain = Chain::start(&target, args.concurrency).await;
    let filling = chain.fill(&body, args.events).await;
    println!("{:<34}{filling:>10.0} a second", "filling the queue");
    let begun = target.count().await;
    let before = [chain.emulator.cpu(), target.process.cpu()];
    chain.start_pipe(false);
    let span = target.span_of(begun, args.events).await;
    let pipe = chain.pipe.as_ref().unwrap();
    let used = [
        ("pipe", pipe.cpu()),
        ("emulator", chain.emulator.cpu() - before[0]),
        ("target", target.process.cpu() - before[1]),
    ];
    let piped = args.events as f64 / span.as_secs_f64();
    println!(
        "{:<34}{piped:>10.0} a second",
        "the pipe, from the full queue"
    );
    for (who, cpu) in used {
        let (micros, cores) = (
            cpu.as_secs_f64() * 1e6 / args.events as f64,
            cpu.as_secs_f64() / span.as_secs_f64(),
        );
        println!("    CPU of the {who:<22}{micros:>8.0} µs an event, {cores:.2} cores");
    }
    println!(
        "\n{:<34}{:>10.2} (wanted: 0.30)",
        "pipe / bare client",
        piped / bare
    );
    println!(
        "{:<34}{:>10.1} (wanted: 10)",
        "pipe / AWS's default of 300",
        piped / AWS_RATE
    );

    let mut late = Vec::with_capacity(args.singles);
    for _ in 0..args.singles {
        let count = target.count().await;
        let sent = chain.send(&body).await;
        late.push(
            target
                .arrival(count + 1)
                .await
                .duration_since(sent)
                .unwrap_or_default(),
        );
    }
    late.sort();
    if !late.is_empty() {
        let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{:<34}{:>10.1} ms (wanted: 5)",
            "latency when idle, median",
            at(0.5)
        );
        println!(
            "{:<34}{:>10.1} ms",
            "latency when idle, 99th percentile",
            at(0.99)
        );
    }
    compare_hops(&mut chain, &target, &body, args).await;
    chain.end();
}

/// What a line of the log for each message costs: CPU, which another load of the machine hardly
/// touches, and time.
async fn compare_hops(chain: &mut Chain, target: &Target, body: &str, args: &Args) {
    let mut sums = [[Duration::ZERO; 2]; 2];
    for _ in 0..args.rounds {
        for (has_hops, [cpu, span]) in [false, true].into_iter().zip(&mut sums) {
            chain.end_pipe();
            chain.fill(body, args.events).await;
            let begun = target.count().await;
            chain.start_pipe(has_hops);
            *span += target.span_of(begun, args.events).await;
            *cpu += chain.pipe.as_ref().unwrap().cpu();
        }
    }
    let events = (args.events * args.rounds.max(1)) as f64;
    for (name, [cpu, span]) in ["the pipe, --quiet", "the pipe, a line a message"]
        .into_iter()
        .zip(sums)
    {
        let (micros, rate) = (
            cpu.as_secs_f64() * 1e6 / events,
            events / span.as_secs_f64(),
        );
        println!("{name:<34}{micros:>10.2} µs of CPU an event, {rate:.0} a second");
    }
}

fn body(size: usize) -> String {
    let head = r#"{"id":"5f0c7a3e-0000-4000-8000-000000000000","name":""#;
    format!(
        "{head}{}\"}}",
        "x".repeat(size.saturating_sub(head.len() + 2))
    )
}

/// Between two looks at something that another process does.
const LOOK: Duration = Duration::from_micros(500);
