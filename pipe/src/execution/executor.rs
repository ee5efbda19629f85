//! Door: takes the messages of one pipe and runs an execution for each, or for a batch of them
//! where the pipe has batches.
//!
//! Which message comes when is decided in `flow`. Since `flow` lets out one message of each message
//! group at a time, a batch holds no two of one group, and a failure cannot change their order.

use std::sync::Arc;

use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::stages::Stages;
use super::tally::Ending;
use crate::definition::Pipe;
use crate::flow::Work;
use crate::sqs::batcher::gather;

/// Messages that may wait for a batch; the task that brings one more waits with it.
const BATCH_INPUT: usize = 1024;

/// Delivers the messages of one pipe.
#[derive(Debug)]
pub(crate) struct Executor {
    /// The pipe.
    pub(crate) pipe: Arc<Pipe>,
    stages: Arc<Stages>,
    /// Where messages wait for a batch, if the pipe has batches.
    batch_input: Option<Sender<Waiting>>,
}

/// A message that waits for its batch.
#[derive(Debug)]
struct Waiting {
    work: Work,
    ended: oneshot::Sender<(Work, Ending)>,
}

impl Executor {
    /// Runs executions in `stages`. Once `flush` is cancelled, batches no longer wait for the end
    /// of their window.
    pub(crate) fn new(stages: Stages, flush: CancellationToken) -> Executor {
        let stages = Arc::new(stages);
        let pipe = stages.pipe.clone();
        let batch_input = (pipe.batch.size > 1).then(|| {
            let (batch_input, waiting) = channel(BATCH_INPUT);
            let mode = stages.batch_mode();
            let stages = stages.clone();
            let execute = move |batch| execute(stages.clone(), batch);
            tokio::spawn(gather(waiting, pipe.batch, mode, flush, execute));
            batch_input
        });
        Executor {
            pipe,
            stages,
            batch_input,
        }
    }

    /// Delivers one message, together with others where the pipe has batches.
    pub(crate) async fn deliver(self: Arc<Executor>, work: Work) -> (Work, Ending) {
        let batch_input = match &self.batch_input {
            // A probe waits for no others, and what failed in company goes out alone.
            Some(batch_input) if !work.is_probe && !work.alone => batch_input,
            _ => {
                // On the heap: the task that this becomes is moved a few times before it runs.
                let mut endings = Box::pin(self.stages.execute(std::slice::from_ref(&work))).await;
                return (work, endings.remove(0));
            }
        };
        let (ended, ending) = oneshot::channel();
        batch_input
            .send(Waiting { work, ended })
            .await
            .expect("the task that forms batches lives as long as its input");
        ending
            .await
            .expect("every message of a batch has an ending")
    }
}

/// Runs one execution for a batch, and hands each message back to the task that brought it.
async fn execute(stages: Arc<Stages>, batch: Vec<Waiting>) {
    let (batch, waiting): (Vec<Work>, Vec<_>) = batch
        .into_iter()
        .map(|waiting| (waiting.work, waiting.ended))
        .unzip();
    let endings = stages.execute(&batch).await;
    for ((work, ended), ending) in batch.into_iter().zip(waiting).zip(endings) {
        // The end of a drain cuts off tasks that still wait; SQS delivers their messages again.
        let _ = ended.send((work, ending));
    }
}

#[cfg(test)]
mod tests;
