//! `tidegate`, whose verbs are the programs, so that a test can start and kill each as a process;
//! and a program that panics.

use std::process::ExitCode;

/// As in the programs themselves.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Panics in each of its tasks, and ends with 0.
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
