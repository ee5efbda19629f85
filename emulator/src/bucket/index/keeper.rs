//! The thread that keeps the index: looks at the files whose keys were in the log, makes the tree
//! durable, and builds it from the object files, shelf by shelf, while objects are read and
//! written.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::state::{Scan, State};
use super::tree::Tree;
use super::{Shared, log, names, room};
use crate::bucket::file;
use crate::bucket::shelves;

/// Changes in a log before the tree is made durable and the log dropped. After a crash so many
/// files, or twice as many, are looked at again.
pub(super) const CHANGES: usize = 8192;

/// Bytes in memory before they are written to the tree's files.
const UNFLUSHED: u64 = 2 * 1024 * 1024;

/// As many stay in memory, at most, while they cannot be written.
const MOST_UNFLUSHED: u64 = 16 * UNFLUSHED;

/// How soon to try again what a full disk prevented.
const PAUSE: Duration = Duration::from_secs(1);

/// Files that are read beside one another when the index is built: disks answer many questions as
/// quickly as one.
const READERS: usize = 8;

/// Keeps the index until it is closed. `records` are the changes of the last run.
pub(super) fn keep(shared: &Arc<Shared>, records: &[Vec<u8>]) {
    for (bucket, key) in records.iter().filter_map(|record| names(record)) {
        look_again(shared, bucket, key);
    }
    let progress = shared.state().state.scan.clone();
    let mut keeper = Keeper {
        shared,
        progress,
        scanning: Scanning::default(),
        opened: None,
        again: None,
    };
    while !shared.stopping.load(Ordering::SeqCst) {
        if let Err(error) = keeper.step() {
            keeper.say(&error);
            pause(shared);
        }
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
    /// The log that was begun by a checkpoint that did not come to its end.
    opened: Option<u64>,
    /// When to try a checkpoint again that could not be written.
    again: Option<Instant>,
}

impl Keeper<'_> {
    /// Does what has to be done, or waits for it.
    fn step(&mut self) -> io::Result<()> {
        let damage = self.shared.wanted().damage.take();
        if let Some(damage) = &damage {
            tracing::error!("the index of the objects is built anew from their files: {damage}");
            *self.shared.tree.write() = None;
        }
        let Some(tree) = self.shared.tree() else {
            return self.begin_anew();
        };
        let is_wanted = self.shared.wanted().checkpoint || tree.unflushed() > UNFLUSHED;
        if is_wanted && self.again.is_none_or(|again| again <= Instant::now()) {
            self.shared.wanted().checkpoint = false;
            self.again = None;
            if let Err(error) = self.checkpoint() {
                self.again = Some(Instant::now() + PAUSE);
                self.shared.wanted().checkpoint = true;
                self.say(&error);
            } else {
                self.shared.wanted().trouble = None;
            }
            return Ok(());
        }
        match &self.progress {
            // What cannot be written stays in memory.
            Scan::Behind(_) if tree.unflushed() > MOST_UNFLUSHED => pause(self.shared),
            Scan::Behind(last) => {
                let last = last.clone();
                self.scan(&last)?;
            }
            Scan::Done => wait(self.shared, self.again),
        }
        Ok(())
    }

    /// Says what keeps the index from being written, once; a damaged one is built anew.
    fn say(&self, error: &io::Error) {
        if self.shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let trouble = if room::is_full(error) {
            "the disk is full".to_owned()
        } else {
            error.to_string()
        };
        let mut wanted = self.shared.wanted();
        if error.kind() == io::ErrorKind::InvalidData {
            (wanted.ready, wanted.damage) = (false, Some(error.to_string()));
        } else if wanted.trouble.as_ref() != Some(&trouble) {
            tracing::warn!(
                "the index of the objects cannot be written, and is as soon as it can be: {trouble}"
            );
            wanted.trouble = Some(trouble);
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
        self.shared.wanted().checkpoint = true;
        std::mem::take(&mut self.scanning).report();
        Ok(())
    }

    /// Makes the tree durable and drops the logs before.
    fn checkpoint(&mut self) -> io::Result<()> {
        let shared = self.shared;
        let Some(tree) = shared.tree() else {
            return Ok(());
        };
        room::check(&shared.folder, 2 * tree.unflushed())?;
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
        match room::check(&shared.folder, tree.size()) {
            Ok(()) => tree.merge(),
            // It only makes reads quicker, and comes with another checkpoint.
            Err(_) => Ok(()),
        }
    }

    /// A new tree, which shows nothing yet, when there is none.
    fn begin_anew(&mut self) -> io::Result<()> {
        let shared = self.shared;
        shared.want(|wanted| wanted.ready = false);
        shared.give_up()?;
        shared.changes.recover();
        match fs::remove_dir_all(&shared.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&shared.folder)?,
        }
        shared
            .shelves
            .folder()
            .ancestors()
            .take(2)
            .try_for_each(file::sync_folder)?;
        room::check(&shared.folder, 0)?;
        let present = shared.state().state.clone();
        // Another number: readers may still hold files of the old tree open.
        let state = State::new(present.tree + 1, present.last_log + 1);
        let tree = Tree::create(&state.tree_folder(&shared.folder))?;
        file::sync_folder(&shared.folder)?;
        (self.progress, self.scanning, self.opened, self.again) =
            (state.scan.clone(), Scanning::default(), None, None);
        shared.state().state = state;
        *shared.tree.write() = Some(Arc::new(tree));
        shared.want(|wanted| (wanted.checkpoint, wanted.trouble) = (true, None));
        Ok(())
    }
}

/// Begins another log: what is changed from now on is in it. Returns its number.
fn open_log(shared: &Shared) -> io::Result<u64> {
    let (first, number) = {
        let kept = shared.state();
        if kept.is_forgotten {
            // Nobody reads them without the state file.
            remove_logs(shared, kept.state.first_log..kept.state.last_log + 1);
        }
        (kept.state.first_log, kept.state.last_log + 1)
    };
    let file = log::create(&shared.folder, number)?;
    if let Err(error) = shared.change_state(|state| state.last_log = number) {
        remove_logs(shared, number..number + 1);
        return Err(error);
    }
    tracing::debug!("the logs of changed objects are {first} to {number}");
    shared.changes.switch(file);
    Ok(number)
}

/// One that stays behind is never read.
fn remove_logs(shared: &Shared, numbers: std::ops::Range<u64>) {
    for number in numbers {
        match log::remove(&shared.folder, number) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!("log {number} stays behind: {error}");
            }
            _ => {}
        }
    }
}

/// The index shows every object. Waits for work, or until a checkpoint is tried again.
fn wait(shared: &Shared, again: Option<Instant>) {
    let mut wanted = shared.wanted();
    if wanted.damage.is_none() && !wanted.ready {
        wanted.ready = true;
        shared.bell.notify_all();
    }
    if let Some(again) = again {
        let left = again.saturating_duration_since(Instant::now());
        drop(shared.bell.wait_timeout(wanted, left));
        return;
    }
    while !wanted.checkpoint && wanted.damage.is_none() && !shared.stopping.load(Ordering::SeqCst) {
        wanted = shared.bell.wait(wanted);
    }
}

fn pause(shared: &Shared) {
    let wanted = shared.wanted();
    if !shared.stopping.load(Ordering::SeqCst) {
        drop(shared.bell.wait_timeout(wanted, PAUSE));
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
        Ok(None) => shared.remove(bucket, key),
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
            tracing::info!(
                objects = self.found,
                "the index of the objects is built, in {:.1} s",
                took.as_secs_f64()
            );
        }
    }
}

fn is_behind(bucket: &str, shelf: &str, last: &str) -> bool {
    last.split_once('/')
        .is_none_or(|last| (bucket, shelf) > last)
}

fn all_shelves(shared: &Shared) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for bucket in shared.shelves.buckets()? {
        found.extend(
            shared
                .shelves
                .of_bucket(&bucket)?
                .into_iter()
                .map(|shelf| (bucket.clone(), shelf)),
        );
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
    std::thread::scope(|scope| {
        (0..READERS.min(1 + files.len() / 16)).for_each(|_| _ = scope.spawn(read));
    });
    match shared.stopping.load(Ordering::SeqCst) {
        // What was not looked at is looked at after the next start. Nobody reads this text.
        true => Err(io::Error::other("the program ends")),
        false => Ok(found.into_inner()),
    }
}

/// Puts one object into the tree. Its key is known when its file was read; then it is looked at
/// again under its lock, so that no older head takes the place of a newer one.
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
