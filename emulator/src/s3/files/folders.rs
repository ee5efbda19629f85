//! Door: folders whose entries survive a power failure.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes the entries of a folder durable: a rename or a removal in it.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder that outlives a power cut. One that cannot be made durable is taken away again,
/// so that nobody relies on it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    let synced = folder.parent().map_or(Ok(()), sync_folder);
    if synced.is_err() {
        fs::remove_dir(folder)?;
    }
    synced
}
