//! What a disk can do: a file that threads append to, one sync for all who wait.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use super::{BODY, CONNECTIONS, SPAN};

/// Appends a second of 32 threads to one file; whoever finds no sync under way syncs for all that
/// have written.
pub fn rate(path: &Path) -> anyhow::Result<f64> {
    #[derive(Default)]
    struct State {
        written: u64,
        durable: u64,
        syncing: bool,
    }
    let file = std::fs::File::create(path)?;
    let (state, changed) = (Mutex::new(State::default()), Condvar::new());
    let begun = Instant::now();
    let write = || -> std::io::Result<usize> {
        let mut count = 0;
        while begun.elapsed() < SPAN {
            let mut now = state.lock().expect("no writer panics");
            (&file).write_all(&[b'x'; BODY])?;
            now.written += 1;
            let own = now.written;
            while now.durable < own {
                if now.syncing {
                    now = changed.wait(now).expect("no writer panics");
                    continue;
                }
                now.syncing = true;
                let written = now.written;
                drop(now);
                file.sync_data()?;
                now = state.lock().expect("no writer panics");
                (now.durable, now.syncing) = (written, false);
                changed.notify_all();
            }
            count += 1;
        }
        Ok(count)
    };
    let counts: std::io::Result<Vec<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(write)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no writer panics"))
            .collect()
    });
    Ok(counts?.into_iter().sum::<usize>() as f64 / begun.elapsed().as_secs_f64())
}
