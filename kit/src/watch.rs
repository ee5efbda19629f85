//! Door: notices that one of some files has changed, or that the program got a SIGHUP.
//!
//! Files are checked in intervals rather than watched, which works on mounted volumes and through
//! renames.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;
use tokio::time::sleep;

/// How often the files are checked.
const INTERVAL: Duration = Duration::from_secs(2);

/// A file that changed is reported when it has not changed again for this long: half a file may
/// look like a whole one.
const REST: Duration = Duration::from_millis(300);

/// Why a program should look at its files again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// SIGHUP.
    Hangup,
    /// A file has changed.
    Change,
}

/// Shows whether a file has changed; `None` when there is no file. The time of the inode also
/// changes when a file of the same length is written within the same tick of the file's own clock.
type Stamp = Option<(SystemTime, i64, i64, u64, u64)>;

/// Some files, and SIGHUP.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    hangups: Signal,
    interval: Duration,
    seen: Option<Vec<Stamp>>,
}

impl Watch {
    /// Watches `files`. As they are at the first look, they count as read.
    ///
    /// # Errors
    /// The signal handler cannot be installed.
    pub fn new(files: Vec<PathBuf>) -> std::io::Result<Watch> {
        Ok(Watch {
            files,
            hangups: crate::serve::hangups()?,
            interval: INTERVAL,
            seen: None,
        })
    }

    /// The same with another interval between two looks.
    #[must_use]
    pub fn every(self, interval: Duration) -> Watch {
        Watch { interval, ..self }
    }

    /// Takes the files as they are now for read: for a program that reads them after this call.
    pub async fn look(&mut self) {
        self.seen = Some(self.stamps().await);
    }

    /// Waits until a file has changed, or the program got a SIGHUP.
    pub async fn changed(&mut self) -> Cause {
        let mut seen = match self.seen.take() {
            Some(seen) => seen,
            None => self.stamps().await,
        };
        loop {
            let cause = tokio::select! {
                Some(()) = self.hangups.recv() => Cause::Hangup,
                () = sleep(self.interval) => Cause::Change,
            };
            let found = self.stamps().await;
            if found == seen && cause == Cause::Change {
                continue;
            }
            seen = self.settled(found).await;
            self.seen = Some(seen);
            return cause;
        }
    }

    async fn settled(&self, mut found: Vec<Stamp>) -> Vec<Stamp> {
        loop {
            sleep(REST.min(self.interval)).await;
            let again = self.stamps().await;
            if again == found {
                return found;
            }
            found = again;
        }
    }

    /// A volume may be slow to answer, so this does not run on the runtime's own threads.
    async fn stamps(&self) -> Vec<Stamp> {
        let files = self.files.clone();
        let look = move || files.iter().map(|file| stamp(file)).collect();
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }
}

fn stamp(file: &Path) -> Stamp {
    let found = std::fs::metadata(file).ok()?;
    let modified = found.modified().ok()?;
    Some((
        modified,
        found.ctime(),
        found.ctime_nsec(),
        found.len(),
        found.ino(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_written_or_appears_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (here, later) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&here, "one").unwrap();
        let watch = Watch::new(vec![here.clone(), later.clone()]).unwrap();
        let mut watch = watch.every(Duration::from_millis(5));
        let first = tokio::time::timeout(Duration::from_millis(50), watch.changed()).await;
        assert!(first.is_err(), "nothing has changed");
        watch.look().await;
        for file in [here, later] {
            std::fs::write(&file, "two").unwrap();
            let changed = tokio::time::timeout(Duration::from_secs(30), watch.changed()).await;
            assert_eq!(changed, Ok(Cause::Change), "{file:?}");
        }
    }
}
