//! Whether a service is reached where its endpoint says: a line when it is not, with the address
//! and what moves it.

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
}

impl Reachability {
    /// Of a service that nobody has asked yet.
    pub fn of(endpoint: Endpoint) -> Reachability {
        Reachability {
            endpoint,
            line: OncePerMinute::new(),
            is_lost: AtomicBool::new(false),
        }
    }

    /// Notes that the service gave no answer. Says so once a minute.
    pub fn failed(&self, reason: &str) {
        self.is_lost.store(true, Ordering::Relaxed);
        if let Some(left_out) = self.line.due(Timestamp::now()) {
            let more = if left_out > 0 {
                format!("; {} since the last line", counted(left_out, "time"))
            } else {
                String::new()
            };
            tracing::warn!("{}{more}", self.endpoint.unanswered(reason));
        }
    }

    /// Notes that it answered. Says so when it did not before.
    pub fn answered(&self) {
        // Looked at before it is written: this is called for each request.
        if self.is_lost.load(Ordering::Relaxed) && self.is_lost.swap(false, Ordering::Relaxed) {
            self.line.reset();
            tracing::info!("{} answers", self.endpoint);
        }
    }

    /// Asks until there is an answer, so that a wrong address is reported at the start and not with
    /// the first message.
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
