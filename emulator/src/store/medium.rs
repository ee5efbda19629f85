//! Door: what the log asks of the file system to make bytes last, in one place, so that tests can put a disk that
//! fails in its stead.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Writes and syncs for the log.
pub(super) trait Medium: Debug + Send + Sync {
    /// Takes the space of a new file in advance, so that writing into it cannot fail for want of room.
    fn reserve(&self, file: &File, size: u32) -> io::Result<()>;
    /// Writes all of the bytes.
    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes what was written last.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FileSystem;

impl Medium for FileSystem {
    fn reserve(&self, file: &File, size: u32) -> io::Result<()> {
        match fallocate(file, FallocateFlags::empty(), 0, u64::from(size)) {
            Ok(()) => Ok(()),
            // A file system that cannot take space in advance: zeros take it.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => zero(self, file, 0, size),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Writes zeros from one offset up to another.
pub(super) fn zero(medium: &dyn Medium, file: &File, from: u32, to: u32) -> io::Result<()> {
    const STEP: usize = 1024 * 1024;
    let zeros = vec![0; STEP];
    (from..to).step_by(STEP).try_for_each(|offset| {
        let length = STEP.min((to - offset) as usize);
        medium.write(file, &zeros[..length], offset.into())
    })
}

/// Makes a folder, and those above it that are missing, so that a power cut leaves it where it is.
///
/// # Errors
/// It cannot be made, or its name cannot be synced.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Made just now by somebody else, perhaps, who has not synced its name yet.
        _ => File::open(parent)?.sync_all(),
    }
}
