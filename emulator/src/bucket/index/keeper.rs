//! The thread that keeps the index: looks at the files whose keys were in the log, makes the tree durable, and builds it
//! from the object files, shelf by shelf, while objects are read and written.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::state::{Scan, State};
use super::tree::Tree;
use super::{Shared, log, names, tree_key};
use crate::bucket::file;
use crate::bucket::shelves;

/// Changes in a log before the tree is made durable and the log dropped. After a crash so many files, or twice as many, are
/// looked at again.
pub(super) const CHANGES: usize = 8192;

/// Bytes in memory before they are written to the tree's files.
const UNFLUSHED: u64 = 2 * 1024 * 1024;

/// How soon to try again what a full disk prevented.
const PAUSE: Duration = Duration::from_secs(1);

/// Files that are read beside one another when the index is built: disks answer many questions as quickly as one.
const READERS: usize = 8;

/// Keeps the index until it is closed. `records` are the changes of the last run.
pub(super) fn keep(shared: &Arc<Shared>, records: &[Vec<u8>]) {
    for (bucket, key) in records.iter().filter_map(|record| names(record)) {
        look_again(shared, bucket, key);
    }
    let mut keeper = Keeper { shared, progress: shared.state().scan.clone(), scanning: Scanning::default() };
    let mut result = if records.is_empty() { Ok(()) } else { keeper.checkpoint() };
    while !shared.stopping.load(Ordering::SeqCst) {
        if let Err(error) = result {
            shared.report(&error);
            pause(shared);
        }
        result = keeper.step();
    }
    if let Err(error) = keeper.checkpoint() {
        tracing::warn!("the next start has to look at the last changed objects again: {error}");
    }
}

struct Keeper<'k> {
    shared: &'k Arc<Shared>,
    /// How far the object files have been looked through; on disk with the next checkpoint.
    progress: Scan,
    scanning: Scanning,
}

impl Keeper<'_> {
    /// Does what has to be done, or waits for it.
    fn step(&mut self) -> io::Result<()> {
        let (damage, checkpoint) = {
            let mut wanted = self.shared.wanted();
            (wanted.damage.take(), std::mem::take(&mut wanted.checkpoint))
        };
        if let Some(damage) = damage {
            return self.begin_anew(&damage);
        }
        if checkpoint || self.shared.tree().unflushed() > UNFLUSHED {
            return self.checkpoint();
        }
        match &self.progress {
            Scan::Behind(last) => {
                let last = last.clone();
                self.scan(&last)
            }
            Scan::Done => {
                wait(self.shared);
                Ok(())
            }
        }
    }

    /// Looks through the shelf behind the last one, or ends.
    fn scan(&mut self, last: &str) -> io::Result<()> {
        if let Some((bucket, shelf)) = self.scanning.next(self.shared, last)? {
            self.scanning.found += look_through(self.shared, &bucket, &shelf)?;
            self.progress = Scan::Behind(format!("{bucket}/{shelf}"));
            return Ok(());
        }
        self.progress = Scan::Done;
        self.checkpoint()?;
        std::mem::take(&mut self.scanning).report();
        Ok(())
    }

    /// Makes the tree durable and drops the logs before.
    fn checkpoint(&self) -> io::Result<()> {
        let shared = self.shared;
        let number = shared.state().last_log + 1;
        let file = log::create(&shared.folder, number)?;
        shared.change_state(|state| state.last_log = number)?;
        shared.changes.switch(file);
        let tree = shared.tree();
        tree.flush()?;
        let first = shared.state().first_log;
        shared.change_state(|state| (state.first_log, state.scan) = (number, self.progress.clone()))?;
        for old in first..number {
            // One that stays behind is never read.
            if let Err(error) = log::remove(&shared.folder, old) {
                tracing::debug!("log {old} stays behind: {error}");
            }
        }
        tree.merge()
    }

    /// A new tree, which shows nothing yet, in place of a damaged one.
    fn begin_anew(&mut self, damage: &str) -> io::Result<()> {
        tracing::error!("the index of the objects is built anew from their files: {damage}");
        let shared = self.shared;
        let state = shared.state().clone();
        let (old, number) = (state.tree_folder(&shared.folder), state.tree + 1);
        let folder = State::new(number, 0).tree_folder(&shared.folder);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let tree = Tree::create(&folder)?;
        file::sync_folder(&shared.folder)?;
        let nothing = Scan::Behind(String::new());
        shared.change_state(|state| (state.tree, state.scan) = (number, nothing.clone()))?;
        *shared.tree.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tree);
        (self.progress, self.scanning) = (nothing, Scanning::default());
        // Files that readers still hold open go when they are done.
        fs::remove_dir_all(old)
    }
}

/// The index shows every object. Waits for work.
fn wait(shared: &Shared) {
    let mut wanted = shared.wanted();
    if wanted.damage.is_none() && !wanted.ready {
        wanted.ready = true;
        shared.bell.notify_all();
    }
    while !wanted.checkpoint && wanted.damage.is_none() && !shared.stopping.load(Ordering::SeqCst) {
        wanted = shared.bell.wait(wanted).unwrap_or_else(PoisonError::into_inner);
    }
}

fn pause(shared: &Shared) {
    let wanted = shared.wanted();
    if !shared.stopping.load(Ordering::SeqCst) {
        drop(shared.bell.wait_timeout(wanted, PAUSE).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Makes the tree show what is in the object's file.
fn look_again(shared: &Shared, bucket: &str, key: &str) {
    let place = shared.shelves.place(bucket, key);
    let _lock = shared.shelves.lock(&place);
    match shelves::present(&place) {
        Ok(Some(head)) => {
            if let Err(error) = shared.insert(bucket, &head) {
                tracing::error!("{} is not indexed: {error}", place.file.display());
            }
        }
        Ok(None) => shared.tree().remove(&tree_key(bucket, key)),
        Err(error) => tracing::error!("{} is passed over: {error}", place.file.display()),
    }
}

/// The look through all object files.
#[derive(Default)]
struct Scanning {
    /// Bucket and shelf, in order; nothing before the first step.
    shelves: Option<Vec<(String, String)>>,
    begun: Option<Instant>,
    found: usize,
}

impl Scanning {
    /// The shelf behind the last one.
    fn next(&mut self, shared: &Shared, last: &str) -> io::Result<Option<(String, String)>> {
        self.begun.get_or_insert_with(Instant::now);
        let shelves = match &self.shelves {
            Some(shelves) => shelves,
            None => self.shelves.insert(all_shelves(shared)?),
        };
        let left = shelves.partition_point(|(bucket, shelf)| !is_behind(bucket, shelf, last));
        Ok(shelves.get(left).cloned())
    }

    fn report(self) {
        let took = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        if self.found > 0 {
            tracing::info!(objects = self.found, "the index of the objects is built, in {:.1} s", took.as_secs_f64());
        }
    }
}

fn is_behind(bucket: &str, shelf: &str, last: &str) -> bool {
    last.split_once('/').is_none_or(|last| (bucket, shelf) > last)
}

fn all_shelves(shared: &Shared) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for bucket in shared.shelves.buckets()? {
        found.extend(shared.shelves.of_bucket(&bucket)?.into_iter().map(|shelf| (bucket.clone(), shelf)));
    }
    Ok(found)
}

/// Puts all objects of a shelf into the tree; how many.
fn look_through(shared: &Shared, bucket: &str, shelf: &str) -> io::Result<usize> {
    let files = shared.shelves.files(bucket, shelf)?;
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let read = || {
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if shared.stopping.load(Ordering::Relaxed) {
                return;
            }
            match look(shared, bucket, path) {
                Ok(()) => _ = found.fetch_add(1, Ordering::Relaxed),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::error!("{} is passed over: {error}", path.display()),
            }
        }
    };
    std::thread::scope(|scope| (0..READERS.min(1 + files.len() / 16)).for_each(|_| _ = scope.spawn(read)));
    match shared.stopping.load(Ordering::SeqCst) {
        // What was not looked at is looked at after the next start. Nobody reads this text.
        true => Err(io::Error::other("the program ends")),
        false => Ok(found.into_inner()),
    }
}

/// Puts one object into the tree. Its key is known when its file was read; then it is looked at again under its lock, so
/// that no older head takes the place of a newer one.
fn look(shared: &Shared, bucket: &str, path: &Path) -> io::Result<()> {
    let head = file::read_head(path)?;
    let place = shared.shelves.place(bucket, &head.key);
    if place.file != *path {
        return Err(file::damaged("its name is not the digest of its key"));
    }
    let _lock = shared.shelves.lock(&place);
    match file::read_head(path) {
        Ok(head) => shared.insert(bucket, &head),
        Err(error) => Err(error),
    }
}
