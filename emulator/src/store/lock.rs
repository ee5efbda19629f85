//! Door: one process a folder.
//!
//! The folder itself is locked as well as the file `lock` in it, so that a second process is kept
//! out even after the file was removed.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::error::OpenError;

/// Keeps other processes out of a folder for as long as it lives. The file also holds the
/// [manifest](super::manifest).
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) file: File,
    pub(super) folder: Option<File>,
}

/// Takes a folder.
pub(super) fn take(folder: &Path) -> Result<Lock, OpenError> {
    let path = folder.join("lock");
    let at = |path: &Path| {
        let path = path.to_owned();
        move |cause| OpenError::Io { path, cause }
    };
    let in_use = || OpenError::InUse(folder.to_owned());
    let opened = File::open(folder).map_err(at(folder))?;
    let opened = match opened.try_lock() {
        Ok(()) => Some(opened),
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        // Not every file system locks folders; the file is left then.
        Err(TryLockError::Error(_)) => None,
    };
    loop {
        match lock_file(&path).map_err(at(&path))? {
            Some(file) if is_at(&file, &path) => {
                return Ok(Lock {
                    file,
                    folder: opened,
                });
            }
            // The file was removed between the opening and the locking.
            Some(_) => {}
            None => return Err(in_use()),
        }
    }
}

/// Opens and locks a file; `None` when another process has it.
pub(super) fn lock_file(path: &Path) -> io::Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

/// Whether an open file is still the one that has this name.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_kept_out_although_the_lock_file_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path()).unwrap();
        let is_refused =
            || matches!(take(folder.path()), Err(OpenError::InUse(path)) if path == folder.path());
        assert!(is_refused());
        std::fs::remove_file(folder.path().join("lock")).unwrap();
        assert!(is_refused());
        std::fs::write(folder.path().join("lock"), "").unwrap();
        assert!(is_refused());
        drop(first);
        take(folder.path()).unwrap();
    }

    #[test]
    fn an_older_version_that_locks_the_file_only_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let older = lock_file(&folder.path().join("lock")).unwrap();
        assert!(matches!(take(folder.path()), Err(OpenError::InUse(_))));
        drop(older);
        take(folder.path()).unwrap();
    }

    #[test]
    fn a_file_that_was_replaced_is_not_taken_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = lock_file(&path).unwrap().unwrap();
        assert!(is_at(&file, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path));
        std::fs::write(&path, "").unwrap();
        assert!(!is_at(&file, &path));
    }
}
