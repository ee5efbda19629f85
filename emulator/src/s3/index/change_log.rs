//! Many changes, one sync: whoever is about to change an object hands its key in, and one thread
//! writes all that wait to the log and syncs it once.
//!
//! When the log cannot be written, because the disk is full, the index gives its state file up
//! instead, which needs no space: then nothing has to be logged, and a start before the next
//! checkpoint builds the index anew from the object files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};

use kit::lock::{Condvar, Mutex, MutexGuard};
use kit::time::{OncePerMinute, Timestamp};

use super::log_file;

/// Changes in progress.
#[derive(Debug, Default)]
pub(super) struct ChangeLog {
    inner: Mutex<ChangeQueue>,
    /// Rings when there is something to write.
    work: Condvar,
    /// Rings when something was written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct ChangeQueue {
    /// The number of the last change.
    last: u64,
    /// Its number, and all before it, are durable.
    durable: u64,
    /// Records that are not written yet.
    pending: Vec<u8>,
    /// Records of changes that are not finished, by number.
    open: BTreeMap<u64, Vec<u8>>,
    /// Records in the present log.
    logged: usize,
    /// The next log, and whether it is not the present one yet.
    next: Option<File>,
    switching: bool,
    /// Nothing is logged since the log could not be written.
    unlogged: bool,
    failed: bool,
    stop: bool,
}

impl ChangeLog {
    fn lock(&self) -> MutexGuard<'_, ChangeQueue> {
        self.inner.lock()
    }

    /// Hands a change in. Returns its number.
    pub(super) fn begin(&self, record: Vec<u8>) -> u64 {
        let mut inner = self.lock();
        inner.last += 1;
        let number = inner.last;
        inner.pending.extend(log_file::frame(&record));
        inner.open.insert(number, record);
        self.work.notify_one();
        number
    }

    /// Returns when a change is in the log, durable.
    ///
    /// # Errors
    /// The disk is broken.
    pub(super) fn wait(&self, number: u64) -> io::Result<()> {
        let mut inner = self.lock();
        while inner.durable < number && !inner.failed {
            inner = self.written.wait(inner);
        }
        match inner.failed {
            true => Err(io::Error::other(
                "the index of the objects cannot be written",
            )),
            false => Ok(()),
        }
    }

    /// The change is in the object's file and in the tree, both, or in neither.
    pub(super) fn finish(&self, number: u64) {
        self.lock().open.remove(&number);
    }

    /// How many changes the present log holds.
    pub(super) fn logged(&self) -> usize {
        self.lock().logged
    }

    /// Whether the log could not be written, so that the state file must not be there.
    pub(super) fn is_unlogged(&self) -> bool {
        self.lock().unlogged
    }

    /// Makes `file` the log that is written from now on, with all changes that are not finished.
    /// Every change that is in none but the logs before it is in the tree afterwards.
    pub(super) fn switch(&self, file: File) {
        let mut inner = self.lock();
        (inner.next, inner.switching) = (Some(file), true);
        self.work.notify_one();
        while inner.switching && !inner.failed {
            inner = self.written.wait(inner);
        }
    }

    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.work.notify_one();
    }

    /// Objects cannot be changed, because neither can a change be logged, nor the state file be
    /// removed.
    pub(super) fn fail(&self) {
        self.lock().failed = true;
        self.written.notify_all();
    }

    /// The state file is not there any more: objects can be changed again, without a log.
    pub(super) fn recover(&self) {
        let mut inner = self.lock();
        inner.unlogged = true;
        inner.failed = false;
    }

    pub(super) fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Writes changes until [`ChangeLog::stop`], to `file` if there is a log yet. Calls `give_up`
    /// when the log cannot be written.
    pub(super) fn write(
        &self,
        mut file: Option<File>,
        give_up: impl Fn(&ChangeLog) -> io::Result<()>,
    ) {
        while let Some((bytes, last, next)) = self.take() {
            let is_new = next.is_some();
            file = next.or(file);
            let result = match &mut file {
                Some(file) if is_new || !self.is_unlogged() => {
                    file.write_all(&bytes).and_then(|()| file.sync_data())
                }
                _ => Ok(()),
            };
            let failed = match &result {
                Ok(()) => Ok(()),
                Err(error) => {
                    static LINE: OncePerMinute = OncePerMinute::new();
                    if LINE.is_due(Timestamp::now()) {
                        tracing::warn!(
                            "the log of changed objects cannot be written, a restart may have to build the index: {error}"
                        );
                    }
                    give_up(self)
                }
            };
            let mut inner = self.lock();
            inner.durable = last;
            if is_new {
                inner.switching = false;
                inner.unlogged = result.is_err();
            }
            if let Err(error) = failed {
                static LINE: OncePerMinute = OncePerMinute::new();
                if LINE.is_due(Timestamp::now()) {
                    tracing::error!("objects cannot be changed: {error}");
                }
                inner.failed = true;
            }
            drop(inner);
            self.written.notify_all();
        }
        // Later callers get an error.
        self.lock().failed = true;
        self.written.notify_all();
    }

    /// Waits for something to write: the bytes, the number of the last change in them, and the next
    /// log.
    fn take(&self) -> Option<(Vec<u8>, u64, Option<File>)> {
        let mut inner = self.lock();
        while inner.pending.is_empty() && inner.next.is_none() {
            if inner.stop {
                return None;
            }
            inner = self.work.wait(inner);
        }
        let pending = std::mem::take(&mut inner.pending);
        let next = inner.next.take();
        if next.is_none() {
            inner.logged += usize::try_from(inner.last - inner.durable).unwrap_or_default();
            return Some((pending, inner.last, None));
        }
        inner.logged = inner.open.len();
        Some((
            inner
                .open
                .values()
                .flat_map(|record| log_file::frame(record))
                .collect(),
            inner.last,
            next,
        ))
    }

    /// From now on nothing is logged.
    pub(super) fn give_up(&self) {
        self.lock().unlogged = true;
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    /// Writes in a thread of its own, as the index does.
    fn written<T>(file: File, can_give_up: bool, work: impl FnOnce(&ChangeLog) -> T) -> T {
        let changes = Arc::new(ChangeLog::default());
        let writer = changes.clone();
        let thread = std::thread::spawn(move || {
            writer.write(Some(file), |changes| {
                changes.give_up();
                if can_give_up {
                    Ok(())
                } else {
                    Err(io::Error::other("broken"))
                }
            });
        });
        let result = work(&changes);
        changes.stop();
        thread.join().unwrap();
        assert!(
            changes.wait(u64::MAX).is_err(),
            "after the end nothing is written"
        );
        result
    }

    fn read_only(folder: &Path) -> File {
        drop(log_file::create(folder, 9).unwrap());
        OpenOptions::new()
            .read(true)
            .open(log_file::path(folder, 9))
            .unwrap()
    }

    #[test]
    fn the_next_log_has_the_changes_that_are_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        written(
            log_file::create(folder.path(), 1).unwrap(),
            true,
            |changes| {
                let [one, two, three] = ["1", "2", "3"].map(|record| changes.begin(record.into()));
                [two, one, three]
                    .iter()
                    .for_each(|number| changes.wait(*number).unwrap());
                assert_eq!(
                    log_file::read(folder.path(), 1).unwrap(),
                    [b"1", b"2", b"3"]
                );
                assert_eq!(changes.logged(), 3);
                changes.finish(two);
                changes.switch(log_file::create(folder.path(), 2).unwrap());
                changes.wait(changes.begin("4".into())).unwrap();
                assert_eq!(
                    log_file::read(folder.path(), 2).unwrap(),
                    [b"1", b"3", b"4"]
                );
                assert_eq!(changes.logged(), 3);
            },
        );
    }

    #[test]
    fn changes_go_on_without_a_log_when_it_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        written(read_only(folder.path()), true, |changes| {
            changes.wait(changes.begin("1".into())).unwrap();
            assert!(changes.is_unlogged());
            let open = changes.begin("2".into());
            changes.wait(open).unwrap();
            changes.finish(1);
            changes.switch(log_file::create(folder.path(), 2).unwrap());
            assert!(!changes.is_unlogged());
            assert_eq!(log_file::read(folder.path(), 2).unwrap(), [b"2"]);
        });
    }

    #[test]
    fn nothing_changes_when_not_even_that_can_be_written_down() {
        let folder = tempfile::tempdir().unwrap();
        written(read_only(folder.path()), false, |changes| {
            assert!(changes.wait(changes.begin("1".into())).is_err());
        });
    }
}
