//! The pipes that the admin port knows.

use std::sync::Arc;
use std::time::Duration;

use kit::lock::Mutex;

use super::api::PipeView;
use super::filtered::FilteredEvents;
use crate::definition::DesiredState;
use crate::sqs::clients::Clients;

/// How long a queue may take to answer `/readyz`.
const READY_DEADLINE: Duration = Duration::from_secs(3);

/// The pipes of the definition that is in force.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// The events that no filter matched.
    pub(crate) filtered: Arc<FilteredEvents>,
    pipes: Mutex<Vec<PipeView>>,
}

impl Registry {
    /// Replaces the pipes by these, which are in the order of their names.
    pub(crate) fn replace(&self, pipes: Vec<PipeView>) {
        self.filtered
            .keep_only(pipes.iter().map(|view| view.pipe.name.as_str()));
        *self.pipes.lock() = pipes;
    }

    /// All pipes, in the order of their names.
    pub(crate) fn pipes(&self) -> Vec<PipeView> {
        self.pipes.lock().clone()
    }

    /// The pipe of this name.
    pub(crate) fn find(&self, name: &str) -> Option<PipeView> {
        self.pipes().into_iter().find(|view| view.pipe.name == name)
    }

    /// Checks that the queue of every pipe that is to run can be found and read.
    ///
    /// # Errors
    /// A queue cannot; the text names it and the reason.
    pub(crate) async fn ready(&self, clients: &Clients) -> Result<(), String> {
        for PipeView { pipe, status } in self.pipes() {
            if status.state().desired == DesiredState::Stopped {
                continue;
            }
            let source = &pipe.source;
            match tokio::time::timeout(READY_DEADLINE, clients.open(source)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(format!("queue {}: {error}", source.queue)),
                Err(_) => {
                    return Err(format!(
                        "queue {}: no answer within {READY_DEADLINE:?}",
                        source.queue
                    ));
                }
            }
        }
        Ok(())
    }
}
