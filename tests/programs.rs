//! `tidegate`, whose verbs are the programs, so that a story can start each as a process of its own
//! and kill it; and a program with bugs.

use std::process::ExitCode;

/// Has a bug in each of its tasks, and ends well.
async fn panics() -> anyhow::Result<()> {
    for number in 0..100 {
        let task = tokio::spawn(async move { panic!("the bug of task {number}") });
        anyhow::ensure!(
            task.await.is_err_and(|error| error.is_panic()),
            "task {number} has no bug"
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("panics") {
        return kit::program::run("panics", async { Ok(()) }, |(), _| panics());
    }
    tidegate::main()
}
