//! Door: the keys of objects in order, and what a listing shows of them, in an LSM tree on disk.
//! Its cache in memory has a fixed size.
//!
//! The tree is durable only after [`Tree::flush`]; later changes are in [`super::log_file`]. Damage
//! of its files is an error when they are read: blocks have checksums, and [`check_manifest`]
//! verifies the rest.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::lock::RwLock;
use lsm_tree::compaction::Leveled;
use lsm_tree::{AbstractTree as _, AnyTree, Cache, Config, DescriptorTable, SequenceNumberCounter};

use crate::s3::files::disk_space::is_full;

/// Bytes of blocks that are kept in memory.
const CACHE: u64 = 4 * 1024 * 1024;

/// Files that are kept open.
const OPEN_FILES: usize = 64;

/// The size of one file in bytes. Small files keep each merge small.
const TABLE: u64 = 8 * 1024 * 1024;

pub(super) struct Tree {
    tree: AnyTree,
    next: SequenceNumberCounter,
    visible: SequenceNumberCounter,
    /// Held while a reader takes a snapshot, so that a merge drops nothing that the snapshot needs.
    fixing: RwLock<()>,
    /// Where its files are.
    tables: PathBuf,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tree").finish_non_exhaustive()
    }
}

impl Tree {
    /// Creates an empty tree in a new folder.
    ///
    /// # Errors The disk is full or broken.
    pub(super) fn create(folder: &Path) -> io::Result<Tree> {
        fs::create_dir(folder)?;
        Tree::read(folder).inspect_err(|_| {
            if let Err(error) = fs::remove_dir_all(folder) {
                tracing::debug!("{} stays behind: {error}", folder.display());
            }
        })
    }

    /// Opens the tree in a folder.
    ///
    /// # Errors The tree is damaged, or cannot be read.
    pub(super) fn open(folder: &Path) -> io::Result<Tree> {
        // Without this list the library would begin an empty tree.
        check_manifest(folder)?;
        Tree::read(folder)
    }

    fn read(folder: &Path) -> io::Result<Tree> {
        let (next, visible) = (
            SequenceNumberCounter::default(),
            SequenceNumberCounter::default(),
        );
        let config = Config::new(folder, next.clone(), visible.clone())
            .use_cache(Arc::new(Cache::with_capacity_bytes(CACHE)))
            .use_descriptor_table(Some(Arc::new(DescriptorTable::new(OPEN_FILES))));
        let tree = guarded(|| config.open())?;
        let after = tree.get_highest_seqno().map_or(0, |highest| highest + 1);
        next.fetch_max(after);
        visible.fetch_max(after);
        let tables = folder.join("tables");
        Ok(Tree {
            tree,
            next,
            visible,
            fixing: RwLock::default(),
            tables,
        })
    }

    /// Puts a value under a key. Two calls for one key must not overlap.
    pub(super) fn insert(&self, key: &[u8], value: &[u8]) {
        let number = self.next.next();
        self.tree.insert(key, value, number);
        self.visible.fetch_max(number + 1);
    }

    pub(super) fn remove(&self, key: &[u8]) {
        let number = self.next.next();
        self.tree.remove(key, number);
        self.visible.fetch_max(number + 1);
    }

    pub(super) fn get(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let _fixed = self.fixing.read();
        let value = guarded(|| self.tree.get(key, self.visible.get()))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Keys and values from a bound on, in order. Ends after the first error.
    pub(super) fn range(
        &self,
        from: Bound<Vec<u8>>,
        to: Vec<u8>,
    ) -> impl Iterator<Item = io::Result<(Vec<u8>, Vec<u8>)>> + use<> {
        let _fixed = self.fixing.read();
        let range = (from, Bound::Excluded(to));
        let mut items = Some(
            self.tree
                .range::<Vec<u8>, _>(range, self.visible.get(), None),
        );
        std::iter::from_fn(move || {
            let next = guarded(|| {
                items
                    .as_mut()
                    .and_then(Iterator::next)
                    .map(lsm_tree::Guard::into_inner)
                    .transpose()
            });
            if next.is_err() {
                items = None;
            }
            next.transpose()
                .map(|item| item.map(|(key, value)| (key.to_vec(), value.to_vec())))
        })
    }

    /// Makes all earlier changes durable.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub(super) fn flush(&self) -> io::Result<()> {
        let oldest = {
            let _fixing = self.fixing.write();
            self.visible.get()
        };
        self.leaving_nothing(|| {
            guarded(|| {
                let lock = self.tree.get_flush_lock();
                self.tree.rotate_memtable();
                self.tree.flush(&lock, oldest).map(|_| ())
            })
        })
    }

    /// Merges files when there are many.
    ///
    /// # Errors
    /// As [`Tree::flush`], or a file is damaged.
    pub(super) fn merge(&self) -> io::Result<()> {
        let oldest = {
            let _fixing = self.fixing.write();
            self.visible.get()
        };
        let strategy = Arc::new(Leveled::default().with_table_target_size(TABLE));
        // One call moves files of one level; it is cheap when there is nothing to do.
        self.leaving_nothing(|| {
            (0..4).try_for_each(|_| guarded(|| self.tree.compact(strategy.clone(), oldest)))
        })
    }

    /// Writes. If the disk becomes full, removes the incomplete files: the library keeps them until
    /// it is opened again, and each further try would add more.
    fn leaving_nothing(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let before = self.table_files();
        let written = write();
        if written.as_ref().is_err_and(is_full) {
            let version = self.tree.current_version();
            let used: HashSet<PathBuf> = version
                .iter_tables()
                .map(|table| self.tables.join(table.id().to_string()))
                .collect();
            for path in self
                .table_files()
                .iter()
                .filter(|path| !before.contains(*path) && !used.contains(*path))
            {
                if let Err(error) = fs::remove_file(path) {
                    tracing::debug!("{} stays behind: {error}", path.display());
                }
            }
        }
        written
    }

    fn table_files(&self) -> HashSet<PathBuf> {
        let entries = fs::read_dir(&self.tables).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    }

    /// The most bytes that a merge writes before it removes any.
    pub(super) fn size(&self) -> u64 {
        self.tree.disk_space()
    }

    /// The bytes that are only in memory.
    pub(super) fn unflushed(&self) -> u64 {
        self.tree.active_memtable().size()
    }
}

/// Turns the library's panics, which some damage causes, into errors.
fn guarded<T>(work: impl FnOnce() -> lsm_tree::Result<T>) -> io::Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(lsm_tree::Error::Io(error))) if is_of_the_machine(&error) => Err(error),
        Ok(Err(error)) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the index is damaged: {error}"),
        )),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the index is damaged",
        )),
    }
}

/// Whether a new index would fail with the error too. Any other error is damage: missing folders,
/// or positions outside a file.
fn is_of_the_machine(error: &io::Error) -> bool {
    use io::ErrorKind::{
        OutOfMemory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    let too_many_files =
        [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].map(rustix::io::Errno::raw_os_error);
    matches!(
        error.kind(),
        OutOfMemory | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull
    ) || error
        .raw_os_error()
        .is_some_and(|number| too_many_files.contains(&number))
}

/// Verifies the list of the tree's files, whose checksum the library writes and does not verify:
/// `current` holds a version and the checksum of its file.
fn check_manifest(folder: &Path) -> io::Result<()> {
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the index is damaged: its list of files",
        )
    };
    let current = match fs::read(folder.join("current")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged()),
        current => current?,
    };
    let (version, rest) = current.split_first_chunk().ok_or_else(damaged)?;
    let (sum, _) = rest.split_first_chunk().ok_or_else(damaged)?;
    let version = fs::read(folder.join(format!("v{}", u64::from_le_bytes(*version))))
        .map_err(|_| damaged())?;
    match xxhash_rust::xxh3::xxh3_128(&version) == u128::from_le_bytes(*sum) {
        true => Ok(()),
        false => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tree: &Tree, from: &str) -> Vec<String> {
        let range = tree.range(Bound::Included(from.into()), b"~".to_vec());
        range
            .map(|item| String::from_utf8(item.unwrap().0).unwrap())
            .collect()
    }

    #[test]
    fn what_was_flushed_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tree");
        let tree = Tree::create(&folder).unwrap();
        assert_eq!(keys(&tree, ""), [""; 0]);
        ["b", "a", "c", "d"]
            .iter()
            .for_each(|key| tree.insert(key.as_bytes(), b"1"));
        tree.remove(b"c");
        tree.insert(b"a", b"2");
        tree.flush().unwrap();
        tree.insert(b"lost", b"1");
        assert_eq!(keys(&tree, "b"), ["b", "d", "lost"]);
        drop(tree);
        let tree = Tree::open(&folder).unwrap();
        assert_eq!(keys(&tree, ""), ["a", "b", "d"]);
        assert_eq!(tree.get(b"a").unwrap().unwrap(), b"2");
        assert_eq!(tree.get(b"c").unwrap(), None);
        tree.insert(b"b", b"3");
        tree.remove(b"a");
        assert_eq!(tree.get(b"b").unwrap().unwrap(), b"3");
        for _ in 0..6 {
            tree.insert(b"e", b"1");
            tree.flush().unwrap();
            tree.merge().unwrap();
        }
        assert_eq!(keys(&tree, ""), ["b", "d", "e"]);
    }

    #[test]
    fn damage_of_any_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("tree");
        let tree = Tree::create(&folder).unwrap();
        (0..500).for_each(|number: u32| tree.insert(format!("{number:05}").as_bytes(), b"value"));
        tree.flush().unwrap();
        drop(tree);
        let whole = keys(&Tree::open(&folder).unwrap(), "");
        assert_eq!(whole.len(), 500);
        let read = || -> io::Result<Vec<Vec<u8>>> {
            let tree = Tree::open(&folder)?;
            let range = tree.range(Bound::Unbounded, b"~".to_vec());
            range.map(|item| Ok(item?.0)).collect()
        };
        let right: Vec<Vec<u8>> = whole.into_iter().map(String::into_bytes).collect();
        let mut found = 0;
        for path in files(&folder) {
            let bytes = fs::read(&path).unwrap();
            for at in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 0x20;
                fs::write(&path, &flipped).unwrap();
                match read() {
                    Ok(keys) => assert_eq!(keys, right, "{} at {at}", path.display()),
                    Err(_) => found += 1,
                }
            }
            fs::write(&path, &bytes).unwrap();
        }
        assert!(found > 100, "{found}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    files(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }
}
