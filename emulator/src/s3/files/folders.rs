//! Door: folders whose entries survive a power failure.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes renames and removals in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Creates a folder that survives a power failure. If it cannot be made durable, it is removed
/// again.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    let synced = folder.parent().map_or(Ok(()), sync_folder);
    if synced.is_err() {
        fs::remove_dir(folder)?;
    }
    synced
}
