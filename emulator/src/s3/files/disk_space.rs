//! Door: whether the disk has room for what the index is about to write. It looks first, so that a
//! write does not end midway and leave its half behind on a disk that is full already.

use std::io;
use std::path::Path;

/// Bytes beside what is asked for: a log, lists of files, and what others write at the same time.
const SPARE: u64 = 2 * 1024 * 1024;

/// Whether there is room for `bytes` and a little more in the file system of a folder.
///
/// # Errors
/// `StorageFull` when there is not.
pub(crate) fn check(folder: &Path, bytes: u64) -> io::Result<()> {
    let found = rustix::fs::statvfs(folder)?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    match free >= bytes.saturating_add(SPARE) {
        true => Ok(()),
        false => Err(io::ErrorKind::StorageFull.into()),
    }
}

/// Whether an error is that of a full disk.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_disk_has_room_for_everything() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_full(&check(folder.path(), u64::MAX).unwrap_err()));
        assert!(!is_full(
            &check(&folder.path().join("gone"), 0).unwrap_err()
        ));
    }
}
