//! What a listing shows of every object, in the order of keys, on disk. The object files are the
//! truth: they carry their heads, and reads need nothing else. The index is what finds them in
//! order, and it is built anew from them when it is damaged or lost.
//!
//! Who changes an object [begins](Index::begin) with its key, which is durable in a log of changes
//! before the object's file is touched; one sync serves all that wait. Then the file is renamed or
//! removed, and the index told. After a crash the files of the logged keys are looked at again, so
//! that index and files agree: no answer needs a sync of the tree. The [`keeper`] makes the tree
//! durable now and then, and drops the log before.
//!
//! Opening reads only, so that it works on a full disk. What has to be written, be it a whole
//! index, the keeper writes as soon as there is room; until there is an index, changes go to the
//! object files alone, where it will find them.

mod changes;
mod keeper;
mod log;
mod room;
mod state;
mod tree;

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kit::lock::{Condvar, Mutex, MutexGuard, RwLock};
use kit::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::checksum::{Algorithm, Checksum, Kind};
use super::file::{Head, Headers};
use super::shelves::Shelves;
use crate::lines::OncePerMinuteEach;
use changes::Changes;
use state::State;
use tree::Tree;

/// The folder of the index among those of the buckets. No bucket's name begins with a dot.
const FOLDER: &str = ".index";

/// How long a listing waits for an index that is not ready: after a crash it is, soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the index holds of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "s")]
    size: u64,
    #[serde(rename = "e")]
    etag: String,
    #[serde(rename = "m")]
    modified: u64,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    checksum: Option<(Algorithm, Kind)>,
    /// The storage class, unless it is the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
}

/// The index of all buckets.
#[derive(Debug)]
pub(super) struct Index {
    shared: Arc<Shared>,
    /// The writer of the log, and the keeper.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    shelves: Arc<Shelves>,
    /// Nothing while it waits to be built: then changes are in the object files only.
    tree: RwLock<Option<Arc<Tree>>>,
    changes: Changes,
    state: Mutex<Kept>,
    wanted: Mutex<Wanted>,
    /// Rings when the keeper has something to do, and when the index is ready.
    bell: Condvar,
    stopping: AtomicBool,
}

/// What the state file says, or shall say.
#[derive(Debug)]
struct Kept {
    state: State,
    /// The file is not there, and must not be there before the tree is durable and changes are
    /// logged.
    is_forgotten: bool,
}

/// What the keeper has to do.
#[derive(Debug, Default)]
struct Wanted {
    checkpoint: bool,
    /// Why the index has to be built anew.
    damage: Option<String>,
    /// The index shows every object.
    ready: bool,
    /// What keeps the index from being written.
    trouble: Option<String>,
}

/// A change that is under way. Until it is dropped, a crash makes the index look at the object's
/// file again.
#[derive(Debug)]
pub(super) struct Change<'i> {
    shared: &'i Shared,
    number: u64,
}

impl Index {
    /// Opens the index in the folder of the buckets. What is missing is done meanwhile: changes of
    /// the last run are looked at again, and an index that is damaged or not there is built.
    ///
    /// # Errors
    /// There are no threads left.
    pub(super) fn open(shelves: Arc<Shelves>) -> io::Result<Index> {
        let folder = shelves.folder().join(FOLDER);
        let Found {
            state,
            tree,
            records,
            log,
        } = Found::of(&folder, &shelves);
        let is_there = tree.is_some();
        let shared = Arc::new(Shared {
            folder,
            shelves,
            tree: RwLock::new(tree.map(Arc::new)),
            changes: Changes::default(),
            state: Mutex::new(Kept {
                state,
                is_forgotten: false,
            }),
            wanted: Mutex::new(Wanted {
                checkpoint: !records.is_empty(),
                ..Wanted::default()
            }),
            bell: Condvar::new(),
            stopping: AtomicBool::new(false),
        });
        if !is_there && let Err(error) = shared.give_up() {
            tracing::error!(
                "objects cannot be changed: the damaged index cannot be removed: {error}"
            );
            shared.changes.fail();
        }
        let (writer, keeper) = (shared.clone(), shared.clone());
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = vec![
            thread("s3-changes").spawn(move || writer.changes.write(log, |_| writer.give_up()))?,
            thread("s3-index").spawn(move || keeper::keep(&keeper, &records))?,
        ];
        Ok(Index {
            shared,
            threads: Mutex::new(threads),
        })
    }

    /// Writes down, durable, that an object is about to change; [`Change::wait`] returns when it
    /// is.
    pub(super) fn begin(&self, bucket: &str, key: &str) -> Change<'_> {
        Change {
            shared: &self.shared,
            number: self.shared.changes.begin(tree_key(bucket, key)),
        }
    }

    /// Whether the object is shown. Only a hint while the index is not ready.
    pub(super) fn has(&self, bucket: &str, key: &str) -> bool {
        let Some(tree) = self.shared.tree() else {
            return false;
        };
        let found = tree.get(&tree_key(bucket, key));
        found
            .map_err(|error| self.shared.report(&tree, &error))
            .is_ok_and(|value| value.is_some())
    }

    /// Waits a moment for the index to show every object.
    ///
    /// # Errors
    /// It does not yet; what keeps it from being built, when something does.
    pub(super) fn wait_until_ready(&self) -> Result<(), Option<String>> {
        let wanted = self.shared.wanted();
        let wanted = self
            .shared
            .bell
            .wait_timeout_while(wanted, PATIENCE, |wanted| !wanted.ready);
        if wanted.ready {
            Ok(())
        } else {
            Err(wanted.trouble.clone())
        }
    }

    /// The heads of a bucket's objects, as far as listings show them, from a key on.
    pub(super) fn range(
        &self,
        bucket: &str,
        from: Bound<String>,
    ) -> impl Iterator<Item = io::Result<Head>> + use<> {
        let (start, shared) = (tree_key(bucket, "").len(), self.shared.clone());
        let end = [bucket.as_bytes(), &[1]].concat();
        let tree = self.shared.tree();
        let items = tree
            .as_ref()
            .map(|tree| tree.range(from.map(|key| tree_key(bucket, &key)), end));
        // It went since it was ready.
        let gone = items.is_none().then(|| {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the index is built anew",
            ))
        });
        items.into_iter().flatten().chain(gone).map(move |item| {
            let read = item.and_then(|(key, value)| head(&key[start..], &value));
            read.inspect_err(|error| {
                if let Some(tree) = &tree {
                    shared.report(tree, error);
                }
            })
        })
    }

    /// Forgets what is left of a bucket that has no objects any more.
    pub(super) fn forget_bucket(&self, bucket: &str) {
        let end = [bucket.as_bytes(), &[1]].concat();
        let Some(tree) = self.shared.tree() else {
            return;
        };
        for (key, _) in tree
            .range(Bound::Included(tree_key(bucket, "")), end)
            .map_while(Result::ok)
        {
            tree.remove(&key);
        }
    }

    /// Makes the index durable. Nothing can be changed afterwards.
    pub(super) fn close(&self) {
        self.shared
            .want(|_| self.shared.stopping.store(true, Ordering::SeqCst));
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        // The keeper ends first: it writes a last log.
        for thread in threads.into_iter().rev() {
            if thread.join().is_err() {
                tracing::error!("a thread of the index of the objects ended early");
            }
            self.shared.changes.stop();
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.close();
    }
}

impl Change<'_> {
    /// Returns when the change is durable in the log: from now on the object's file may change.
    ///
    /// # Errors
    /// The disk is broken.
    pub(super) fn wait(&self) -> io::Result<()> {
        self.shared.changes.wait(self.number)
    }

    /// The object's file is this one now. Called while the lock of its place is held, as is
    /// [`Change::removed`].
    pub(super) fn put(&self, bucket: &str, head: &Head) -> io::Result<()> {
        self.shared.insert(bucket, head)
    }

    /// The object's file is gone.
    pub(super) fn removed(&self, bucket: &str, key: &str) {
        self.shared.remove(bucket, key);
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.shared.changes.finish(self.number);
        if self.shared.changes.logged() >= keeper::CHANGES {
            self.shared.want(|wanted| wanted.checkpoint = true);
        }
    }
}

impl Shared {
    /// The tree, for one use: while it is held, no other takes its place.
    fn tree(&self) -> Option<Arc<Tree>> {
        self.tree.read().clone()
    }

    fn insert(&self, bucket: &str, head: &Head) -> io::Result<()> {
        let checksum = head
            .checksum
            .as_ref()
            .map(|checksum| (checksum.algorithm, checksum.kind));
        let class = head.headers.storage_class.clone();
        let entry = Entry {
            size: head.size,
            etag: head.etag.clone(),
            modified: head.modified,
            checksum,
            class,
        };
        if let Some(tree) = self.tree() {
            tree.insert(&tree_key(bucket, &head.key), &serde_json::to_vec(&entry)?);
        }
        Ok(())
    }

    fn remove(&self, bucket: &str, key: &str) {
        if let Some(tree) = self.tree() {
            tree.remove(&tree_key(bucket, key));
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock()
    }

    fn want(&self, what: impl FnOnce(&mut Wanted)) {
        what(&mut self.wanted());
        self.bell.notify_all();
    }

    /// The tree could not be read: when it is damaged, another takes its place, unless one has
    /// already.
    fn report(&self, tree: &Arc<Tree>, error: &io::Error) {
        if !self
            .tree()
            .is_some_and(|present| Arc::ptr_eq(&present, tree))
        {
            return;
        }
        static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
        if LINES.is_due(&error.to_string(), Timestamp::now()) {
            tracing::error!("the index of the objects cannot be read: {error}");
        }
        if error.kind() == io::ErrorKind::InvalidData {
            self.want(|wanted| (wanted.ready, wanted.damage) = (false, Some(error.to_string())));
        }
    }

    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock()
    }

    /// Changes what the index is made of, durable, unless the state file must not be there.
    fn change_state(&self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut kept = self.state();
        let mut state = kept.state.clone();
        change(&mut state);
        if !kept.is_forgotten {
            state.write(&self.folder)?;
        }
        kept.state = state;
        Ok(())
    }

    /// The same when the tree is durable, and with it all that is not in the present log: the state
    /// file may be there again.
    fn settle(&self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut kept = self.state();
        if self.changes.is_unlogged() {
            return Err(io::Error::other(
                "the log of changed objects cannot be written",
            ));
        }
        let mut state = kept.state.clone();
        change(&mut state);
        state.write(&self.folder)?;
        *kept = Kept {
            state,
            is_forgotten: false,
        };
        Ok(())
    }

    /// Changes are not logged any more. The keeper begins another log as soon as it can.
    fn give_up(&self) -> io::Result<()> {
        self.want(|wanted| wanted.checkpoint = true);
        let mut kept = self.state();
        kept.is_forgotten = true;
        self.changes.give_up();
        State::forget(&self.folder)
    }

    /// When neither could a change be logged nor the state file be removed: tries again.
    fn mend(&self) -> io::Result<()> {
        if self.changes.has_failed() {
            self.give_up()?;
            self.changes.recover();
        }
        Ok(())
    }
}

/// What lies in the folder of the index. Without a tree it is worth nothing.
struct Found {
    state: State,
    tree: Option<Tree>,
    /// The keys of the tree that may have changed.
    records: Vec<Vec<u8>>,
    /// The last log, to go on with.
    log: Option<File>,
}

impl Found {
    fn of(folder: &Path, shelves: &Shelves) -> Found {
        Found::read(folder).unwrap_or_else(|error| {
            if folder.exists() {
                tracing::error!("the index of the objects is built anew from their files: {error}");
            } else if shelves.buckets().is_ok_and(|buckets| !buckets.is_empty()) {
                tracing::info!(
                    "the objects have no index yet: it is built from their files, meanwhile nothing is listed"
                );
            }
            Found { state: State::new(0, 0), tree: None, records: Vec::new(), log: None }
        })
    }

    fn read(folder: &Path) -> io::Result<Found> {
        let none = || io::Error::new(io::ErrorKind::InvalidData, "it is not there, or not whole");
        let state = State::read(folder)?.ok_or_else(none)?;
        let (mut records, mut log) = (Vec::new(), None);
        for number in state.first_log..=state.last_log {
            let found = log::read(folder, number)?;
            log = Some(log::resume(folder, number, &found)?);
            records.extend(found);
        }
        let tree = Tree::open(&state.tree_folder(folder))?;
        Ok(Found {
            tree: Some(tree),
            state,
            records,
            log: Some(log.ok_or_else(none)?),
        })
    }
}

/// Buckets' names have no byte below 45, so that every bucket has a range of its own.
fn tree_key(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

/// Bucket and key.
fn names(tree_key: &[u8]) -> Option<(&str, &str)> {
    let (bucket, key) = std::str::from_utf8(tree_key).ok()?.split_once('\0')?;
    Some((bucket, key))
}

fn head(key: &[u8], value: &[u8]) -> io::Result<Head> {
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the index is damaged: an entry cannot be read",
        )
    };
    let key = std::str::from_utf8(key).map_err(|_| damaged())?.to_owned();
    let Entry {
        size,
        etag,
        modified,
        checksum,
        class,
    } = serde_json::from_slice(value).map_err(|_| damaged())?;
    let checksum = checksum.map(|(algorithm, kind)| Checksum {
        algorithm,
        kind,
        value: String::new(),
    });
    let headers = Headers {
        storage_class: class,
        ..Headers::default()
    };
    Ok(Head {
        key,
        size,
        etag,
        modified,
        checksum,
        headers,
        ..Head::default()
    })
}
