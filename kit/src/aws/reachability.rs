//! Whether a service answers at its endpoint: logs a line when it does not, with the address and
//! the setting that changes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use crate::counted::counted;
use crate::time::{OncePerMinute, Timestamp};

/// Between two looks at a service that was never reached.
const LOOK: Duration = Duration::from_secs(5);

/// One service of one program.
#[derive(Debug)]
pub struct Reachability {
    endpoint: Endpoint,
    line: OncePerMinute,
    is_lost: AtomicBool,
    /// Whether a call to it came back, or failed.
    was_called: AtomicBool,
}

impl Reachability {
    /// The reachability of a service that was not called yet.
    pub fn of(endpoint: Endpoint) -> Reachability {
        Reachability {
            endpoint,
            line: OncePerMinute::new(),
            is_lost: AtomicBool::new(false),
            was_called: AtomicBool::new(false),
        }
    }

    /// Records that a call got no response. Logs it once a minute.
    pub fn failed(&self, reason: &str) {
        self.is_lost.store(true, Ordering::Relaxed);
        self.was_called.store(true, Ordering::Relaxed);
        if let Some(left_out) = self.line.due(Timestamp::now()) {
            let more = if left_out > 0 {
                format!("; {} since the last line", counted(left_out, "time"))
            } else {
                String::new()
            };
            tracing::warn!("{}{more}", self.endpoint.unanswered(reason));
        }
    }

    /// Records that a call got a response. Logs it when the call before did not.
    pub fn answered(&self) {
        // Looked at before it is written: this is called for each request.
        if !self.was_called.load(Ordering::Relaxed) {
            self.was_called.store(true, Ordering::Relaxed);
        }
        if self.is_lost.load(Ordering::Relaxed) && self.is_lost.swap(false, Ordering::Relaxed) {
            self.line.reset();
            tracing::info!("{} answers again", self.endpoint);
        }
    }

    /// Watches a service that nobody calls within `patience`: a call shows as well whether it
    /// answers.
    pub async fn watch_when_idle<F>(
        &self,
        patience: Duration,
        ask: impl Fn() -> F,
        stop: &CancellationToken,
    ) where
        F: Future<Output = Result<(), String>>,
    {
        tokio::select! { () = tokio::time::sleep(patience) => {} () = stop.cancelled() => return }
        if !self.was_called.load(Ordering::Relaxed) {
            self.watch(ask, stop).await;
        }
    }

    /// Asks until there is a response, so that a wrong address is reported at the start and not
    /// with the first message.
    pub async fn watch<F>(&self, ask: impl Fn() -> F, stop: &CancellationToken)
    where
        F: Future<Output = Result<(), String>>,
    {
        loop {
            tokio::select! {
                asked = ask() => match asked {
                    Ok(()) => return self.answered(),
                    Err(reason) => self.failed(&reason),
                },
                () = stop.cancelled() => return,
            }
            tokio::select! { () = tokio::time::sleep(LOOK) => {} () = stop.cancelled() => return }
        }
    }
}
