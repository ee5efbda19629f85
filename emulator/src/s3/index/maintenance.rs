//! The maintenance thread of the index: reads the objects again whose keys were in the log, makes
//! the tree durable, and builds it from the object files, shard by shard, while objects are read
//! and written.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::entry::names;
use super::log_file;
use super::scan::{ShardScan, read_again, scan_shard};
use super::shared::SharedIndex;
use super::state_file::{IndexState, Scan};
use super::tree::Tree;
use crate::s3::files::disk_space;
use crate::s3::files::folders::sync_folder;

/// Changes in a log before the tree is made durable and the log dropped. After a crash, this many
/// files or twice as many are read again.
pub(super) const CHANGES: usize = 8192;

/// Bytes in memory before they are written to the files of the tree.
const UNFLUSHED: u64 = 2 * 1024 * 1024;

/// The most bytes that stay in memory while they cannot be written.
const MOST_UNFLUSHED: u64 = 16 * UNFLUSHED;

/// The pause before another try after a write that a full disk prevented.
const PAUSE: Duration = Duration::from_secs(1);

/// Maintains the index until it is closed. `records` are the changes of the last run.
pub(super) fn run(shared: &Arc<SharedIndex>, records: &[Vec<u8>]) {
    for (bucket, key) in records.iter().filter_map(|record| names(record)) {
        read_again(shared, bucket, key);
    }
    let progress = shared.state().state.scan.clone();
    let mut maintenance = Maintenance {
        shared,
        progress,
        scanning: ShardScan::default(),
        opened: None,
        again: None,
    };
    while !shared.stopping.load(Ordering::SeqCst) {
        if let Err(error) = maintenance.step() {
            maintenance.report(&error);
            pause(shared);
        }
    }
    if let Err(error) = maintenance.checkpoint() {
        tracing::warn!(
            "the next start has to read the objects again that were changed last: {error}"
        );
    }
}

struct Maintenance<'k> {
    shared: &'k Arc<SharedIndex>,
    /// How far the scan of the object files has come. The next checkpoint makes it durable.
    progress: Scan,
    scanning: ShardScan,
    /// The log that was begun by a checkpoint that failed midway.
    opened: Option<u64>,
    /// When to try a failed checkpoint again.
    again: Option<Instant>,
}

impl Maintenance<'_> {
    /// Does the next piece of work, or waits for one.
    fn step(&mut self) -> io::Result<()> {
        let damage = self.shared.work().damage.take();
        if let Some(damage) = &damage {
            tracing::error!("the index of the objects is rebuilt from their files: {damage}");
            *self.shared.tree.write() = None;
        }
        let Some(tree) = self.shared.tree() else {
            return self.begin_anew();
        };
        let is_wanted = self.shared.work().checkpoint || tree.unflushed() > UNFLUSHED;
        if is_wanted && self.again.is_none_or(|again| again <= Instant::now()) {
            self.shared.work().checkpoint = false;
            self.again = None;
            if let Err(error) = self.checkpoint() {
                self.again = Some(Instant::now() + PAUSE);
                self.shared.work().checkpoint = true;
                self.report(&error);
            } else {
                self.shared.work().trouble = None;
            }
            return Ok(());
        }
        match &self.progress {
            // Changes that cannot be written stay in memory.
            Scan::Behind(_) if tree.unflushed() > MOST_UNFLUSHED => pause(self.shared),
            Scan::Behind(last) => {
                let last = last.clone();
                self.scan(&last)?;
            }
            Scan::Done => wait(self.shared, self.again),
        }
        Ok(())
    }

    /// Logs once what prevents the index from being written. A damaged index is rebuilt.
    fn report(&self, error: &io::Error) {
        if self.shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let trouble = if disk_space::is_full(error) {
            "the disk is full".to_owned()
        } else {
            error.to_string()
        };
        let mut work = self.shared.work();
        if error.kind() == io::ErrorKind::InvalidData {
            (work.ready, work.damage) = (false, Some(error.to_string()));
        } else if work.trouble.as_ref() != Some(&trouble) {
            tracing::warn!(
                "the index of the objects cannot be written, this is tried again every second: {trouble}"
            );
            work.trouble = Some(trouble);
        }
    }

    /// Scans the shard after `last`, or ends the scan.
    fn scan(&mut self, last: &str) -> io::Result<()> {
        if let Some((bucket, shard)) = self.scanning.next(self.shared, last)? {
            self.scanning.found += scan_shard(self.shared, &bucket, &shard)?;
            self.progress = Scan::Behind(format!("{bucket}/{shard}"));
            return Ok(());
        }
        self.progress = Scan::Done;
        self.shared.work().checkpoint = true;
        std::mem::take(&mut self.scanning).report();
        Ok(())
    }

    /// Makes the tree durable, and drops the logs before it.
    fn checkpoint(&mut self) -> io::Result<()> {
        let shared = self.shared;
        let Some(tree) = shared.tree() else {
            return Ok(());
        };
        disk_space::check(&shared.folder, 2 * tree.unflushed())?;
        shared.mend()?;
        let number = match self.opened.filter(|_| !shared.changes.is_unlogged()) {
            Some(number) => number,
            None => open_log(shared)?,
        };
        self.opened = Some(number);
        tree.flush()?;
        let first = shared.state().state.first_log;
        shared.settle(|state| (state.first_log, state.scan) = (number, self.progress.clone()))?;
        self.opened = None;
        remove_logs(shared, first..number);
        match disk_space::check(&shared.folder, tree.size()) {
            Ok(()) => tree.merge(),
            // A merge only makes reads quicker. Another checkpoint will do it.
            Err(_) => Ok(()),
        }
    }

    /// Begins a new, empty tree.
    fn begin_anew(&mut self) -> io::Result<()> {
        let shared = self.shared;
        shared.request(|work| work.ready = false);
        shared.give_up()?;
        shared.changes.recover();
        match fs::remove_dir_all(&shared.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&shared.folder)?,
        }
        shared
            .layout
            .folder()
            .ancestors()
            .take(2)
            .try_for_each(sync_folder)?;
        disk_space::check(&shared.folder, 0)?;
        let present = shared.state().state.clone();
        // The number is new: readers may still hold files of the old tree open.
        let state = IndexState::new(present.tree + 1, present.last_log + 1);
        let tree = Tree::create(&state.tree_folder(&shared.folder))?;
        sync_folder(&shared.folder)?;
        (self.progress, self.scanning, self.opened, self.again) =
            (state.scan.clone(), ShardScan::default(), None, None);
        shared.state().state = state;
        *shared.tree.write() = Some(Arc::new(tree));
        shared.request(|work| (work.checkpoint, work.trouble) = (true, None));
        Ok(())
    }
}

/// Begins another log, for the changes from now on. Returns its number.
fn open_log(shared: &SharedIndex) -> io::Result<u64> {
    let (first, number) = {
        let kept = shared.state();
        if kept.is_forgotten {
            // Without the state file, these logs are never read.
            remove_logs(shared, kept.state.first_log..kept.state.last_log + 1);
        }
        (kept.state.first_log, kept.state.last_log + 1)
    };
    let file = log_file::create(&shared.folder, number)?;
    if let Err(error) = shared.change_state(|state| state.last_log = number) {
        remove_logs(shared, number..number + 1);
        return Err(error);
    }
    tracing::debug!("the logs of changed objects are {first} to {number}");
    shared.changes.switch(file);
    Ok(number)
}

/// Removes logs. One that cannot be removed is never read.
fn remove_logs(shared: &SharedIndex, numbers: std::ops::Range<u64>) {
    for number in numbers {
        match log_file::remove(&shared.folder, number) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!("log {number} stays behind: {error}");
            }
            _ => {}
        }
    }
}

/// Marks the index as complete. Waits for work, or until a checkpoint is due again.
fn wait(shared: &SharedIndex, again: Option<Instant>) {
    let mut work = shared.work();
    if work.damage.is_none() && !work.ready {
        work.ready = true;
        shared.wakeup.notify_all();
    }
    if let Some(again) = again {
        let left = again.saturating_duration_since(Instant::now());
        drop(shared.wakeup.wait_timeout(work, left));
        return;
    }
    while !work.checkpoint && work.damage.is_none() && !shared.stopping.load(Ordering::SeqCst) {
        work = shared.wakeup.wait(work);
    }
}

fn pause(shared: &SharedIndex) {
    let work = shared.work();
    if !shared.stopping.load(Ordering::SeqCst) {
        drop(shared.wakeup.wait_timeout(work, PAUSE));
    }
}
