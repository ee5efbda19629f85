//! The parts of the index that its threads share.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kit::lock::{Condvar, Mutex, MutexGuard, RwLock};
use kit::time::Timestamp;

use super::change_log::ChangeLog;
use super::entry::{encode, tree_key};
use super::state_file::IndexState;
use super::tree::Tree;
use crate::lines::OncePerMinuteEach;
use crate::s3::files::layout::Layout;
use crate::s3::object::head::Head;

/// The parts of the index that its threads share.
#[derive(Debug)]
pub(super) struct SharedIndex {
    pub(super) folder: PathBuf,
    pub(super) layout: Arc<Layout>,
    /// `None` until it is built. Until then, changes are in the object files only.
    pub(super) tree: RwLock<Option<Arc<Tree>>>,
    pub(super) changes: ChangeLog,
    pub(super) state: Mutex<KeptState>,
    pub(super) work: Mutex<PendingWork>,
    /// Notified when there is work for the maintenance thread, and when the index is ready.
    pub(super) wakeup: Condvar,
    pub(super) stopping: AtomicBool,
}

/// The contents of the state file.
#[derive(Debug)]
pub(super) struct KeptState {
    pub(super) state: IndexState,
    /// The file does not exist, and must not exist until the tree is durable and changes are
    /// logged.
    pub(super) is_forgotten: bool,
}

/// Work for the maintenance thread.
#[derive(Debug, Default)]
pub(super) struct PendingWork {
    pub(super) checkpoint: bool,
    /// Why the index has to be rebuilt.
    pub(super) damage: Option<String>,
    /// The index shows every object.
    pub(super) ready: bool,
    /// What prevents the index from being written.
    pub(super) trouble: Option<String>,
}

impl SharedIndex {
    /// The present tree, for one use. A rebuild may replace it meanwhile.
    pub(super) fn tree(&self) -> Option<Arc<Tree>> {
        self.tree.read().clone()
    }

    /// Shows an object in listings.
    pub(super) fn insert(&self, bucket: &str, head: &Head) -> io::Result<()> {
        if let Some(tree) = self.tree() {
            tree.insert(&tree_key(bucket, &head.key), &encode(head)?);
        }
        Ok(())
    }

    /// Removes an object from listings.
    pub(super) fn remove(&self, bucket: &str, key: &str) {
        if let Some(tree) = self.tree() {
            tree.remove(&tree_key(bucket, key));
        }
    }

    pub(super) fn work(&self) -> MutexGuard<'_, PendingWork> {
        self.work.lock()
    }

    /// Requests work from the maintenance thread.
    pub(super) fn request(&self, what: impl FnOnce(&mut PendingWork)) {
        what(&mut self.work());
        self.wakeup.notify_all();
    }

    /// Reports that a tree could not be read. If it is damaged and still in use, it is rebuilt.
    pub(super) fn report(&self, tree: &Arc<Tree>, error: &io::Error) {
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
            self.request(|work| (work.ready, work.damage) = (false, Some(error.to_string())));
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, KeptState> {
        self.state.lock()
    }

    /// Changes the state, durably unless the state file must not exist.
    pub(super) fn change_state(&self, change: impl FnOnce(&mut IndexState)) -> io::Result<()> {
        let mut kept = self.state();
        let mut state = kept.state.clone();
        change(&mut state);
        if !kept.is_forgotten {
            state.write(&self.folder)?;
        }
        kept.state = state;
        Ok(())
    }

    /// Changes the state once the tree, with every change that is not in the present log, is
    /// durable. From then on the state file may exist again.
    pub(super) fn settle(&self, change: impl FnOnce(&mut IndexState)) -> io::Result<()> {
        let mut kept = self.state();
        if self.changes.is_unlogged() {
            return Err(io::Error::other(
                "the log of changed objects cannot be written",
            ));
        }
        let mut state = kept.state.clone();
        change(&mut state);
        state.write(&self.folder)?;
        *kept = KeptState {
            state,
            is_forgotten: false,
        };
        Ok(())
    }

    /// Stops logging changes. The maintenance thread begins another log as soon as it can.
    pub(super) fn give_up(&self) -> io::Result<()> {
        self.request(|work| work.checkpoint = true);
        let mut kept = self.state();
        kept.is_forgotten = true;
        self.changes.give_up();
        IndexState::forget(&self.folder)
    }

    /// Tries again when neither a change could be logged nor the state file removed.
    pub(super) fn mend(&self) -> io::Result<()> {
        if self.changes.has_failed() {
            self.give_up()?;
            self.changes.recover();
        }
        Ok(())
    }
}
