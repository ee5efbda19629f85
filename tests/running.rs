//! A program that runs in this process.

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A program that runs in this process.
#[derive(Debug)]
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Starts a program, which gets the token that stops it.
    pub fn start<F>(program: impl FnOnce(CancellationToken) -> F) -> Running
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        Running {
            task: tokio::spawn(program(stop.clone())),
            stop,
        }
    }

    /// Stops the program as SIGTERM would, and waits until it has drained.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task
            .await
            .expect("a program panicked")
            .expect("a program failed");
    }
}
