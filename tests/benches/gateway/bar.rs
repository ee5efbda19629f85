//! One bar: a request that is sent again and again, on so many connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::everywhere;

/// What was measured.
pub struct Bar {
    /// Requests that were answered with 200, and how many a second.
    pub requests: usize,
    pub rate: f64,
    /// Milliseconds until the answer: in the middle, and of the slowest hundredth.
    pub median: f64,
    pub slow: f64,
    /// Seconds of CPU time a request, of the servers.
    pub cpu: f64,
}

/// Sends one request again and again, on each of `connections`. `cpu` tells how many seconds of CPU
/// time the servers have used so far.
pub async fn measure(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    span: Duration,
    cpu: impl Fn() -> f64,
) -> anyhow::Result<Bar> {
    let before = cpu();
    let (mut times, took) = run(address, request, connections, span).await?;
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len() * part / 100).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    Ok(Bar {
        requests: times.len(),
        rate: times.len() as f64 / took.as_secs_f64(),
        median: at(50),
        slow: at(99),
        cpu: (cpu() - before) / times.len() as f64,
    })
}

/// Warms connections and caches, before the clock starts.
pub async fn warm(address: SocketAddr, request: &[u8], connections: usize) -> anyhow::Result<()> {
    let span = Duration::from_millis(300);
    run(address, request, connections, span).await.map(drop)
}

async fn run(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    span: Duration,
) -> anyhow::Result<(Vec<Duration>, Duration)> {
    let request: Arc<[u8]> = request.into();
    let (times, took) = everywhere(address, connections, |mut connection| {
        let request = request.clone();
        async move {
            let (begun, mut times) = (Instant::now(), Vec::new());
            while begun.elapsed() < span {
                let sent = Instant::now();
                connection.exchange(&request).await?;
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        }
    })
    .await?;
    Ok((times.into_iter().flatten().collect(), took))
}
