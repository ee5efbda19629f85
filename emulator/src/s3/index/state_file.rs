//! Door: the state file, which names the files of the index. Without it, the index is rebuilt.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::s3::files::folders::sync_folder;

/// The files of the index, and the progress of its build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexState {
    /// The number of the tree's folder.
    pub tree: u64,
    /// The logs whose changes may not be in the tree yet.
    pub first_log: u64,
    pub last_log: u64,
    /// How far the scan of the object files has come.
    pub scan: Scan,
}

/// How far the scan of the object files has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Scan {
    Done,
    /// All shards up to this one, written as `bucket/shard`. The empty text precedes all shards.
    Behind(String),
}

impl IndexState {
    /// The state of an empty index.
    pub(super) fn new(tree: u64, log: u64) -> IndexState {
        IndexState {
            tree,
            first_log: log,
            last_log: log,
            scan: Scan::Behind(String::new()),
        }
    }

    /// The folder of the tree.
    pub(super) fn tree_folder(&self, folder: &Path) -> PathBuf {
        folder.join(format!("tree-{}", self.tree))
    }

    /// Reads the file. `None` if it is missing or damaged.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(folder: &Path) -> io::Result<Option<IndexState>> {
        let text = match fs::read(folder.join(NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let parts = text.split_first_chunk::<8>();
        let whole = parts.filter(|(sum, json)| **sum == *written_sum(json).as_bytes());
        Ok(whole.and_then(|(_, json)| serde_json::from_slice(json).ok()))
    }

    /// Replaces the file, durably.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let json = serde_json::to_vec(self)?;
        let draft = folder.join("state.draft");
        let written =
            write_draft(&draft, &json).and_then(|()| fs::rename(&draft, folder.join(NAME)));
        if written.is_err() && fs::remove_file(&draft).is_err() {
            tracing::debug!("{} stays behind", draft.display());
        }
        written?;
        sync_folder(folder)
    }

    /// Removes the file, durably. Needs no space, so it works on a full disk.
    ///
    /// # Errors
    /// The disk is broken.
    pub(super) fn forget(folder: &Path) -> io::Result<()> {
        match fs::remove_file(folder.join(NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match sync_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            synced => synced,
        }
    }
}

fn write_draft(draft: &Path, json: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(written_sum(json).as_bytes())?;
    file.write_all(json)?;
    file.sync_all()
}

const NAME: &str = "state";

/// The CRC-32, in hex.
fn written_sum(json: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_state_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let read = || IndexState::read(folder.path()).unwrap();
        assert_eq!(read(), None);
        let state = IndexState {
            scan: Scan::Behind("box/7f".into()),
            ..IndexState::new(2, 5)
        };
        state.write(folder.path()).unwrap();
        assert_eq!(read(), Some(state));
        let whole = fs::read(folder.path().join(NAME)).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(folder.path().join(NAME), flipped).unwrap();
            assert_eq!(read(), None, "flipped at {at}");
        }
        fs::write(folder.path().join(NAME), b"").unwrap();
        assert_eq!(read(), None);
        fs::write(folder.path().join(NAME), whole).unwrap();
        IndexState::forget(folder.path()).unwrap();
        IndexState::forget(folder.path()).unwrap();
        assert_eq!(read(), None);
    }
}
