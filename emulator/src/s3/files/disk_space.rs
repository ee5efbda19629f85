//! Door: the free space of a disk. The index checks it before a write, so that a failed write does
//! not fill the disk further.

use std::io;
use std::path::Path;

/// Bytes to spare: a log, lists of files, and what others write at the same time.
const SPARE: u64 = 2 * 1024 * 1024;

/// Checks that the file system of a folder has space for `bytes` and a little more.
///
/// # Errors There is not enough space (`StorageFull`).
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
