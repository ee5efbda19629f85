//! A log file of its own: lines are written in the background, and the file is opened again when
//! somebody has moved it away.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::background_writer::{BackgroundWriter, Report};

/// A log file. Nobody waits for the disk: lines that find no room are dropped and counted.
#[derive(Debug)]
pub struct LogFile {
    writer: BackgroundWriter,
    is_moved: Arc<AtomicBool>,
}

impl LogFile {
    /// Opens a file to append to, and creates it if there is none. `report` learns how many lines
    /// were lost.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path, report: fn(u64)) -> io::Result<LogFile> {
        let is_moved = Arc::new(AtomicBool::new(false));
        let file = Reopened {
            file: open(path)?,
            path: path.to_owned(),
            is_moved: is_moved.clone(),
        };
        Ok(LogFile {
            writer: BackgroundWriter::new("log file", Some(file), Report::Elsewhere(report)),
            is_moved,
        })
    }

    /// Leaves whole lines to be written. Never waits.
    pub fn push(&self, lines: &[u8]) {
        self.writer.push(lines);
    }

    /// Opens the file again before the next line, as after a rotation.
    pub fn reopen(&self) {
        self.is_moved.store(true, Ordering::Relaxed);
    }

    /// Waits until everything is written, for `patience` at most.
    pub fn flush(&self, patience: Duration) {
        self.writer.flush(patience);
    }
}

struct Reopened {
    file: File,
    path: PathBuf,
    is_moved: Arc<AtomicBool>,
}

impl Write for Reopened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_moved.swap(false, Ordering::Relaxed) {
            match open(&self.path) {
                Ok(file) => self.file = file,
                Err(error) => tracing::warn!(
                    "cannot reopen {}, lines still go to the previous file: {error}",
                    self.path.display()
                ),
            }
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Without waiting for the reader of a named pipe.
fn open(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new()
        .create(true)
        .append(true)
        .custom_flags(nonblocking)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn lines_go_to_the_new_file_after_a_rotation() {
        let folder = tempfile::TempDir::new().unwrap();
        let (path, moved) = (folder.path().join("log"), folder.path().join("log.1"));
        let log = LogFile::open(&path, |_| {}).unwrap();
        log.push(b"one\n");
        log.flush(LONG);
        std::fs::rename(&path, &moved).unwrap();
        log.push(b"two\n");
        log.flush(LONG);
        log.reopen();
        log.push(b"three\n");
        log.flush(LONG);
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(
            (read(&moved).as_str(), read(&path).as_str()),
            ("one\ntwo\n", "three\n")
        );
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_and_one_that_vanished_is_none() {
        let folder = tempfile::TempDir::new().unwrap();
        assert!(LogFile::open(&folder.path().join("none/log"), |_| {}).is_err());
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let log = LogFile::open(&inner.join("log"), |_| {}).unwrap();
        std::fs::rename(&inner, folder.path().join("moved")).unwrap();
        log.reopen();
        log.push(b"still there\n");
        log.flush(LONG);
        let kept = std::fs::read_to_string(folder.path().join("moved/log")).unwrap();
        assert_eq!(kept, "still there\n");
    }
}
