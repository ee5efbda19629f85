//! The index: what a listing shows of every object, in the order of keys, on disk. The object files
//! are the truth: they carry their heads, and reads need nothing else. The index finds them in
//! order, and is rebuilt from them when it is damaged or lost.
//!
//! A change of an object [begins](Index::begin) with its key, which is durable in a log of changes
//! before the object's file is touched; one sync serves all changes that wait. Then the file is
//! renamed or removed, and the tree is updated. After a crash the files of the logged keys are read
//! again, so that tree and files agree: no response needs a sync of the tree. The [`maintenance`]
//! thread makes the tree durable now and then, and then drops the log.
//!
//! Opening the index only reads, so that it works on a full disk. Whatever has to be written, even
//! a whole index, is written by the maintenance thread as soon as there is space. Until there is an
//! index, changes go to the object files alone, where the rebuild finds them.

mod change_log;
mod entry;
mod log_file;
mod maintenance;
mod opened;
mod scan;
mod shared;
mod state_file;
mod tree;

use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kit::lock::{Condvar, Mutex, RwLock};

use super::files::layout::Layout;
use super::object::head::Head;
use change_log::ChangeLog;
use entry::{decode, range_end, tree_key};
use opened::OpenedIndex;
use shared::{KeptState, PendingWork, SharedIndex};

/// The folder of the index, beside those of the buckets. No bucket's name begins with a dot.
const FOLDER: &str = ".index";

/// How long a listing waits for an index that is not ready. After a crash it is ready soon.
const PATIENCE: Duration = Duration::from_secs(1);

/// The index of all buckets.
#[derive(Debug)]
pub(crate) struct Index {
    shared: Arc<SharedIndex>,
    /// The writer of the log, and the maintenance thread.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A change in progress. After a crash before it is dropped, the object's file is read again.
#[derive(Debug)]
pub(crate) struct PendingChange<'i> {
    shared: &'i SharedIndex,
    number: u64,
}

impl Index {
    /// Opens the index in the folder of the buckets. In the background, the objects that were
    /// changed last are read again, and an index that is missing or damaged is built.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn open(layout: Arc<Layout>) -> io::Result<Index> {
        let folder = layout.folder().join(FOLDER);
        let OpenedIndex {
            state,
            tree,
            records,
            log,
        } = OpenedIndex::of(&folder, &layout);
        let is_there = tree.is_some();
        let shared = Arc::new(SharedIndex {
            folder,
            layout,
            tree: RwLock::new(tree.map(Arc::new)),
            changes: ChangeLog::default(),
            state: Mutex::new(KeptState {
                state,
                is_forgotten: false,
            }),
            work: Mutex::new(PendingWork {
                checkpoint: !records.is_empty(),
                ..PendingWork::default()
            }),
            wakeup: Condvar::new(),
            stopping: AtomicBool::new(false),
        });
        if !is_there && let Err(error) = shared.give_up() {
            tracing::error!(
                "objects cannot be changed: the damaged index cannot be removed: {error}"
            );
            shared.changes.fail();
        }
        let (writer, maintained) = (shared.clone(), shared.clone());
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = vec![
            thread("s3-changes").spawn(move || writer.changes.write(log, |_| writer.give_up()))?,
            thread("s3-index").spawn(move || maintenance::run(&maintained, &records))?,
        ];
        Ok(Index {
            shared,
            threads: Mutex::new(threads),
        })
    }

    /// Logs that an object is about to change. [`PendingChange::wait`] returns when that is
    /// durable.
    pub(crate) fn begin(&self, bucket: &str, key: &str) -> PendingChange<'_> {
        PendingChange {
            shared: &self.shared,
            number: self.shared.changes.begin(tree_key(bucket, key)),
        }
    }

    /// Whether listings show the object. Only a hint while the index is not ready.
    pub(crate) fn has(&self, bucket: &str, key: &str) -> bool {
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
    /// The index is still being built; with the reason, if something prevents that.
    pub(crate) fn wait_until_ready(&self) -> Result<(), Option<String>> {
        let work = self.shared.work();
        let waited = self
            .shared
            .wakeup
            .wait_timeout_while(work, PATIENCE, |work| !work.ready);
        let work = waited;
        if work.ready {
            Ok(())
        } else {
            Err(work.trouble.clone())
        }
    }

    /// The heads of a bucket's objects from a key on, as far as listings show them.
    pub(crate) fn range(
        &self,
        bucket: &str,
        from: Bound<String>,
    ) -> impl Iterator<Item = io::Result<Head>> + use<> {
        let (start, shared) = (tree_key(bucket, "").len(), self.shared.clone());
        let end = range_end(bucket);
        let tree = self.shared.tree();
        let items = tree
            .as_ref()
            .map(|tree| tree.range(from.map(|key| tree_key(bucket, &key)), end));
        // The tree was given up since it was ready.
        let gone = items.is_none().then(|| {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the index is being rebuilt",
            ))
        });
        items.into_iter().flatten().chain(gone).map(move |item| {
            let read = item.and_then(|(key, value)| decode(&key[start..], &value));
            read.inspect_err(|error| {
                if let Some(tree) = &tree {
                    shared.report(tree, error);
                }
            })
        })
    }

    /// Removes what is left of a bucket that has no objects.
    pub(crate) fn forget_bucket(&self, bucket: &str) {
        let end = range_end(bucket);
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
    pub(crate) fn close(&self) {
        self.shared
            .request(|_| self.shared.stopping.store(true, Ordering::SeqCst));
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        // The maintenance thread ends first: it writes a last log.
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

impl PendingChange<'_> {
    /// Returns when the change is durable in the log. From then on the object's file may change.
    ///
    /// # Errors
    /// The disk is broken.
    pub(crate) fn wait(&self) -> io::Result<()> {
        self.shared.changes.wait(self.number)
    }

    /// Records the new head of the object. Called while the lock of its path is held, as is
    /// [`PendingChange::removed`].
    pub(crate) fn put(&self, bucket: &str, head: &Head) -> io::Result<()> {
        self.shared.insert(bucket, head)
    }

    /// Records that the object's file is gone.
    pub(crate) fn removed(&self, bucket: &str, key: &str) {
        self.shared.remove(bucket, key);
    }
}

impl Drop for PendingChange<'_> {
    fn drop(&mut self) {
        self.shared.changes.finish(self.number);
        if self.shared.changes.logged() >= maintenance::CHANGES {
            self.shared.request(|work| work.checkpoint = true);
        }
    }
}
