//! Whether a service is reached where its endpoint says: a line when it is not, with the address
//! and what moves it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Endpoint;
use crate::counted::counted;
use crate::repeated::Repeated;

/// Between two looks at a service that was never reached.
const LOOK: Duration = Duration::from_secs(5);

/// One service of one program.
#[derive(Debug)]
pub struct Reach {
    endpoint: Endpoint,
    line: Repeated,
    is_lost: AtomicBool,
}

impl Reach {
    /// Of a service that nobody has asked yet.
    pub fn of(endpoint: Endpoint) -> Reach {
        Reach {
            endpoint,
            line: Repeated::new(),
            is_lost: AtomicBool::new(false),
        }
    }

    /// Notes that the service gave no answer. Says so once a minute.
    pub fn lost(&self, reason: &str) {
        self.is_lost.store(true, Ordering::Relaxed);
        if let Some(left_out) = self.line.due(Instant::now()) {
            let more = if left_out > 0 {
                format!("; {} since the last line", counted(left_out, "time"))
            } else {
                String::new()
            };
            tracing::warn!("{}{more}", self.endpoint.unanswered(reason));
        }
    }

    /// Notes that it answered. Says so when it did not before.
    pub fn found(&self) {
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
                    Ok(()) => return self.found(),
                    Err(reason) => self.lost(&reason),
                },
                () = stop.cancelled() => return,
            }
            tokio::select! { () = tokio::time::sleep(LOOK) => {} () = stop.cancelled() => return }
        }
    }
}
