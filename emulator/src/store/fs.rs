//! Door: what the log asks of the file system to make bytes last, in one place, so that tests can
//! put a disk that fails in its stead.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Writes and syncs for the log.
pub(super) trait Fs: Debug + Send + Sync {
    /// Takes the space of a new file in advance, so that writing into it cannot fail for want of
    /// room.
    fn reserve(&self, file: &File, size: u32) -> io::Result<()>;
    /// Writes all of the bytes.
    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes what was written last.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Fills a part of a file with zeros, and keeps its space.
    fn wipe(&self, file: &File, from: u32, to: u32) -> io::Result<()>;
    /// Lets the next read come from the disk, not from what the system remembers of it: after a
    /// sync that failed, that may be more than the disk holds.
    fn forget(&self, file: &File) -> io::Result<()>;
    /// Makes an empty file.
    fn create(&self, path: &Path) -> io::Result<File>;
    /// Gives a file another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder last.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OsFs;

impl Fs for OsFs {
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

    fn wipe(&self, file: &File, from: u32, to: u32) -> io::Result<()> {
        // Without writing anything, where the file system can.
        #[cfg(target_os = "linux")]
        if from < to
            && fallocate(
                file,
                FallocateFlags::ZERO_RANGE,
                from.into(),
                (to - from).into(),
            )
            .is_ok()
        {
            return Ok(());
        }
        zero(self, file, from, to)
    }

    fn forget(&self, file: &File) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?;
        #[cfg(not(target_os = "linux"))]
        let _ = file;
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }
}

/// Whether an operation failed because the disk, or a quota, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Writes zeros from one offset up to another.
pub(super) fn zero(fs: &dyn Fs, file: &File, from: u32, to: u32) -> io::Result<()> {
    const STEP: usize = 1024 * 1024;
    let zeros = vec![0; STEP];
    (from..to).step_by(STEP).try_for_each(|offset| {
        let length = STEP.min((to - offset) as usize);
        fs.write(file, &zeros[..length], offset.into())
    })
}

/// Makes a folder, and those above it that are missing, so that a power cut leaves it where it is.
/// One that is there may have been made a moment before a kill: its name is synced too, where that
/// is allowed.
///
/// # Errors
/// It cannot be made, or its name cannot be synced.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if folder.is_dir() {
        // A parent that is not ours need not be readable.
        _ = File::open(parent).and_then(|parent| parent.sync_all());
        return Ok(());
    }
    make_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Perhaps another process made it just now, and has not synced its name yet.
        _ => File::open(parent)?.sync_all(),
    }
}
