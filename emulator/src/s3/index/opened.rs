//! Door: the index that an earlier run left behind.

use std::fs::File;
use std::io;
use std::path::Path;

use super::log_file;
use super::state_file::IndexState;
use super::tree::Tree;
use crate::s3::files::layout::Layout;

/// The index that an earlier run left behind. Without a tree, the rest is worthless.
pub(super) struct OpenedIndex {
    pub(super) state: IndexState,
    pub(super) tree: Option<Tree>,
    /// The keys in the tree whose objects may have changed since.
    pub(super) records: Vec<Vec<u8>>,
    /// The last log, to be continued.
    pub(super) log: Option<File>,
}

impl OpenedIndex {
    /// Reads the folder of the index. An index that is missing or damaged has no tree.
    pub(super) fn of(folder: &Path, layout: &Layout) -> OpenedIndex {
        OpenedIndex::read(folder).unwrap_or_else(|error| {
            if folder.exists() {
                tracing::error!("the index of the objects is rebuilt from their files: {error}");
            } else if layout.buckets().is_ok_and(|buckets| !buckets.is_empty()) {
                tracing::info!(
                    "the objects have no index yet: it is built from their files, and until then \
                     objects cannot be listed"
                );
            }
            OpenedIndex {
                state: IndexState::new(0, 0),
                tree: None,
                records: Vec::new(),
                log: None,
            }
        })
    }

    fn read(folder: &Path) -> io::Result<OpenedIndex> {
        let none = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "its state file is missing or damaged",
            )
        };
        let state = IndexState::read(folder)?.ok_or_else(none)?;
        let (mut records, mut log) = (Vec::new(), None);
        for number in state.first_log..=state.last_log {
            let found = log_file::read(folder, number)?;
            log = Some(log_file::resume(folder, number, &found)?);
            records.extend(found);
        }
        let tree = Tree::open(&state.tree_folder(folder))?;
        Ok(OpenedIndex {
            tree: Some(tree),
            state,
            records,
            log: Some(log.ok_or_else(none)?),
        })
    }
}
