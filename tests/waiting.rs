//! Waiting for something that must happen, and free ports.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use kit::serve;

/// How long a test waits for something that must happen. A generous limit, not a measurement.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Calls `ask` until it returns something.
///
/// # Panics
/// It returns nothing for [`PATIENCE`].
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A free loopback port, bound.
pub fn port() -> TcpListener {
    serve::bind(([127, 0, 0, 1], 0).into(), "nothing").expect("a free port")
}

/// The address of a bound port.
pub fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound port has an address")
}
