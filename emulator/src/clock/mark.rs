//! Door: the last known time, in a small file of the data folder.
//!
//! The file has two places that are written in turn, in place, so that a write that was not
//! finished costs the last mark only, and a full disk costs nothing.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kit::time::Timestamp;

/// Bytes of one place.
const PLACE: usize = 128;

/// A time that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// The emulator's time.
    pub(super) at: Timestamp,
    /// The wall clock's.
    pub(super) shown: Timestamp,
    /// Since when, by the wall clock, time has been counted without a gap.
    pub(super) since: Timestamp,
}

/// Where marks go.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    turn: AtomicU64,
    failed: AtomicBool,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// The last mark in a data folder, if there is one that can be read.
pub(super) fn read(folder: &Path) -> Option<Mark> {
    let bytes = std::fs::read(path(folder)).ok()?;
    bytes.chunks(PLACE).filter_map(parse).max()
}

impl MarkFile {
    pub(super) fn open(folder: &Path) -> io::Result<MarkFile> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path(folder))?;
        // A start writes both places, so that a mark of a time that is not believed any more does
        // not stay.
        Ok(MarkFile {
            file,
            turn: AtomicU64::new(0),
            failed: AtomicBool::new(false),
        })
    }

    /// Makes a mark durable. A failure is logged once, until one succeeds.
    pub(super) fn write(&self, mark: Mark) {
        let written = self.try_write(mark);
        let failed = written.is_err();
        if let (Err(error), false) = (written, self.failed.swap(failed, Ordering::Relaxed)) {
            tracing::warn!("cannot record the time for the next start: {error}");
        }
    }

    fn try_write(&self, mark: Mark) -> io::Result<()> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 2;
        self.file.write_all_at(&print(mark), turn * PLACE as u64)?;
        self.file.sync_data()
    }
}

/// One line: three numbers and their checksum, filled up with spaces.
fn print(mark: Mark) -> Vec<u8> {
    let numbers = [mark.at, mark.shown, mark.since]
        .map(|time| time.as_millis().to_string())
        .join(" ");
    let line = format!("{numbers} {:08x}", crc32fast::hash(numbers.as_bytes()));
    format!("{line:<width$}\n", width = PLACE - 1).into_bytes()
}

fn parse(place: &[u8]) -> Option<Mark> {
    let (numbers, sum) = std::str::from_utf8(place)
        .ok()?
        .trim_end()
        .rsplit_once(' ')?;
    if u32::from_str_radix(sum, 16) != Ok(crc32fast::hash(numbers.as_bytes())) {
        return None;
    }
    let mut times = numbers
        .split(' ')
        .map(|number| number.parse().map(Timestamp::from_millis));
    let mut next = || times.next()?.ok();
    Some(Mark {
        at: next()?,
        shown: next()?,
        since: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: u64) -> Mark {
        let at = Timestamp::from_millis(at);
        Mark {
            at,
            shown: at.moved(7),
            since: at.moved(-7),
        }
    }

    #[test]
    fn the_latest_whole_mark_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        let file = MarkFile::open(folder.path()).unwrap();
        for at in [1_000, 2_000, 3_000] {
            file.write(mark(at));
            assert_eq!(read(folder.path()), Some(mark(at)));
        }
        // The last one, which stands first, was not finished.
        file.file.write_all_at(b"99", 0).unwrap();
        assert_eq!(read(folder.path()), Some(mark(2_000)));
        file.file.set_len(0).unwrap();
        assert_eq!(read(folder.path()), None);
    }
}
