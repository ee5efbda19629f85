//! Door: waits for the source queue of a pipe.

use std::time::Duration;

use kit::time::{OncePerMinute, Timestamp};

use crate::control::state::Status;
use crate::definition::Source;
use crate::flow::Backoff;
use crate::sqs::clients::Clients;
use crate::sqs::queue::SourceQueue;

/// The pauses between two looks for a queue that does not exist.
const QUEUE_PAUSES: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(5),
};

/// Looks for the queue until it is found. Meanwhile the reason is in the pipe's status, and in the
/// log from time to time.
pub(super) async fn find_queue(
    clients: &Clients,
    source: &Source,
    pipe: &str,
    status: &Status,
) -> SourceQueue {
    let mut pause = QUEUE_PAUSES.first;
    let line = OncePerMinute::new();
    loop {
        match clients.open(source).await {
            Ok(queue) => return queue,
            Err(error) => {
                status.waits(&format!("waiting for the queue: {error}"));
                if line.is_due(Timestamp::now()) {
                    let place = clients.place();
                    tracing::warn!(
                        pipe,
                        queue = source.queue,
                        "waiting for the queue: {error} ({place})"
                    );
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = QUEUE_PAUSES.after(pause);
    }
}
