//! Door: the files of the log, by number. All have one size and their space is taken in advance, so
//! that writing into one cannot fail for want of room.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;
use tokio::sync::Notify;

use super::fs::{Fs, OsFs};
use super::health::LogStats;
use super::manifest::Manifest;
use super::reading;
use super::segment_table::{SegmentTable, SegmentUse};
use crate::engine::Location;
use crate::lines::OncePerMinuteEach;

/// Bytes of a segment: large enough that there are few files, small enough that an idle data folder
/// stays small.
pub(crate) const SEGMENT_SIZE: u32 = 32 * 1024 * 1024;

/// How segments are created.
#[derive(Debug, Clone)]
pub(super) struct SegmentLayout {
    /// The size of a segment, in bytes.
    pub(super) size: u32,
    /// The file system that holds them.
    pub(super) fs: Arc<dyn Fs>,
}

impl SegmentLayout {
    /// Segments on the file system of this machine.
    pub(super) fn new(size: u32) -> SegmentLayout {
        SegmentLayout {
            size,
            fs: Arc::new(OsFs),
        }
    }
}

/// Every segment that exists.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    layout: SegmentLayout,
    manifest: Manifest,
    known: Mutex<SegmentTable>,
    /// Held while a file gets the next number.
    growing: Mutex<()>,
    /// Notified when the oldest segment holds no live message any more.
    freed: Notify,
}

impl Segments {
    /// Finds the segments in a folder.
    pub(super) fn open(
        folder: &Path,
        layout: SegmentLayout,
        manifest: Manifest,
    ) -> io::Result<Segments> {
        let mut known = SegmentTable::default();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(".log")?.parse().ok());
            number.into_iter().for_each(|number| known.add(number));
        }
        let (known, growing, freed) = (Mutex::new(known), Mutex::new(()), Notify::new());
        Ok(Segments {
            folder: folder.to_owned(),
            layout,
            manifest,
            known,
            growing,
            freed,
        })
    }

    /// Bytes of each segment.
    pub(super) fn size(&self) -> u32 {
        self.layout.size
    }

    pub(super) fn fs(&self) -> &dyn Fs {
        &*self.layout.fs
    }

    /// The manifest's list of segments that must exist.
    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn lock(&self) -> MutexGuard<'_, SegmentTable> {
        self.known.lock()
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:010}.log"))
    }

    /// Creates the next segment, with the number `at_least` or a later one, and reserves its space;
    /// its name is durable afterwards.
    ///
    /// # Errors
    /// The disk has no room. Nothing is left behind then.
    pub(super) fn grow(&self, at_least: u32) -> io::Result<()> {
        let _growing = self.growing.lock();
        let number = self.next().max(at_least);
        let path = self.path(number);
        let file = self.fs().create(&path)?;
        let reserved = self
            .fs()
            .reserve(&file, self.layout.size)
            .and_then(|()| file.sync_all())
            .and_then(|()| self.fs().sync_folder(&self.folder));
        if let Err(error) = reserved {
            self.fs().remove(&path)?;
            return Err(error);
        }
        let mut known = self.lock();
        known.add(number);
        known.keep_open(number, Arc::new(file));
        Ok(())
    }

    fn next(&self) -> u32 {
        self.lock().last().map_or(1, |last| last + 1)
    }

    /// Retires a segment that is no longer needed: its file becomes the next segment if `reuse` is
    /// set, and is removed otherwise. Removing it and creating another one would let other programs
    /// take the space in between.
    pub(super) fn retire(&self, number: u32, reuse: bool) -> io::Result<()> {
        self.manifest.needless(number)?;
        self.discard(number, reuse)
    }

    /// The same for a file that is not part of the log.
    pub(super) fn discard(&self, number: u32, reuse: bool) -> io::Result<()> {
        let file = match self.file(number) {
            // The file is gone already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => file?,
        };
        self.lock().remove(number);
        match file.filter(|_| reuse).map(|file| self.reuse(number, &file)) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) => {
                static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
                if LINES.is_due(&error.to_string(), Timestamp::now()) {
                    tracing::warn!(
                        "{}: cannot reuse the file, removing it instead: {error}",
                        self.path(number).display()
                    );
                }
            }
            None => {}
        }
        match self.fs().remove(&self.path(number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.fs().sync_folder(&self.folder),
        }
    }

    /// Gives a file the next number. It is wiped before that, so that nothing old is read from it.
    fn reuse(&self, number: u32, file: &File) -> io::Result<()> {
        let size = self.layout.size;
        let length = file.metadata()?.len();
        if length < u64::from(size) {
            self.fs().reserve(file, size)?;
        } else if length > u64::from(size) {
            file.set_len(size.into())?;
        }
        self.fs().wipe(file, 0, size)?;
        self.fs().sync(file)?;
        file.sync_all()?;
        let _growing = self.growing.lock();
        let next = self.next().max(number + 1);
        self.fs().rename(&self.path(number), &self.path(next))?;
        if let Err(error) = self.fs().sync_folder(&self.folder) {
            self.fs().rename(&self.path(next), &self.path(number))?;
            return Err(error);
        }
        self.lock().add(next);
        Ok(())
    }

    /// Removes the last segment, into which nothing was written.
    pub(super) fn shrink(&self) -> io::Result<()> {
        let _growing = self.growing.lock();
        let Some(last) = self.lock().last() else {
            return Ok(());
        };
        self.lock().remove(last);
        self.fs().remove(&self.path(last))?;
        self.fs().sync_folder(&self.folder)
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.lock().has(number)
    }

    /// The number of segments behind this one: the reserve.
    pub(super) fn behind(&self, number: u32) -> usize {
        self.lock().behind(number)
    }

    /// The file of a segment; `None` if the segment no longer exists.
    pub(super) fn file(&self, number: u32) -> io::Result<Option<Arc<File>>> {
        let mut known = self.lock();
        if !known.has(number) {
            return Ok(None);
        }
        if let Some(file) = known.opened(number) {
            return Ok(Some(file));
        }
        let path = self.path(number);
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let file = Arc::new(known.open_file(&path).map_err(named)?);
        known.keep_open(number, file.clone());
        Ok(Some(file))
    }

    /// Reads a segment up to the last byte that was ever written.
    pub(super) fn read(&self, number: u32, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        let Some(file) = self.file(number)? else {
            return Ok(());
        };
        let length = file.metadata()?.len();
        bytes.resize(
            usize::try_from(reading::written(&file, length)).unwrap_or_default(),
            0,
        );
        file.read_exact_at(bytes, 0)
    }

    /// Syncs the segments from this number on, into which a killed process may have written without
    /// syncing. What is read afterwards is what the disk holds; without this, the system's cache
    /// could show more than that after a sync that failed.
    pub(super) fn secure(&self, from: u32) -> io::Result<()> {
        self.fs().sync_folder(&self.folder)?;
        for number in self.numbers().into_iter().filter(|number| *number >= from) {
            if let Some(file) = self.file(number)? {
                self.fs().sync(&file)?;
                self.fs().forget(&file)?;
            }
        }
        Ok(())
    }

    /// Whether an empty segment has all of its space reserved.
    pub(super) fn is_whole(&self, number: u32) -> io::Result<bool> {
        let Some(file) = self.file(number)? else {
            return Ok(false);
        };
        Ok(file.metadata()?.len() >= u64::from(self.layout.size))
    }

    /// Whether a file that was just written still has its name and all of its space.
    pub(super) fn check(&self, number: u32, file: &File) -> io::Result<()> {
        let metadata = file.metadata()?;
        let path = self.path(number);
        let harm = match (metadata.nlink(), metadata.len()) {
            (0, _) => "was removed",
            (_, length) if length < u64::from(self.layout.size) => "was cut",
            _ => return Ok(()),
        };
        Err(io::Error::other(format!(
            "{} {harm} while it was in use: start the emulator again",
            path.display()
        )))
    }

    /// Wipes a segment from `offset` on, so that what a crash left there is never taken for a later
    /// record.
    pub(super) fn wipe(&self, number: u32, offset: u32) -> io::Result<()> {
        let Some(file) = self.file(number)? else {
            return Err(io::ErrorKind::NotFound.into());
        };
        self.fs().wipe(&file, offset, self.layout.size)?;
        self.fs().sync(&file)
    }

    /// The segments' numbers, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.lock().numbers()
    }

    /// Sets which segments live messages need, after a replay.
    pub(super) fn count(&self, bytes: BTreeMap<u32, u64>) {
        let mut known = self.lock();
        for (number, needed) in bytes {
            known.change(number, |held| held.live = needed);
        }
    }

    /// Notes that a segment has another record.
    pub(super) fn note(&self, location: Location) {
        self.lock().change(location.segment, |held| {
            held.records += u64::from(location.length);
        });
    }

    /// Notes that a message is stored there.
    pub(super) fn hold(&self, location: Location) {
        self.lock().change(location.segment, |held| {
            held.live += u64::from(location.length);
        });
    }

    /// Notes that a deduplication id is stored there, which is remembered until the given time.
    pub(super) fn remember(&self, location: Location, until: Timestamp) {
        self.lock().change(location.segment, |held| {
            held.ids += u64::from(location.length);
            held.ids_until = held.ids_until.max(until);
        });
    }

    /// Notes that a message is no longer stored there.
    pub(super) fn release(&self, location: Location) {
        let mut known = self.lock();
        let left = known.change(location.segment, |held| {
            held.live = held.live.saturating_sub(location.length.into());
        });
        let is_dead = left.is_some_and(|left| left.live == 0);
        // Behind the oldest stand the one that is being written and its spare at least.
        if is_dead && known.first() == Some(location.segment) && known.behind(location.segment) >= 2
        {
            self.freed.notify_one();
        }
    }

    /// Notified when space can be freed, or is requested.
    pub(super) fn freed(&self) -> &Notify {
        &self.freed
    }

    /// The number of segments, and their bytes in all.
    pub(super) fn stats(&self) -> LogStats {
        let (numbers, live) = (self.numbers(), self.live());
        let length =
            |number: &u32| std::fs::metadata(self.path(*number)).map_or(0, |file| file.len());
        LogStats {
            segments: numbers.len(),
            bytes: numbers.iter().map(length).sum(),
            live,
        }
    }

    /// The bytes of all messages.
    pub(super) fn live(&self) -> u64 {
        self.lock().live()
    }

    /// What each segment up to `last` holds, in order.
    pub(super) fn uses(&self, last: u32) -> Vec<(u32, SegmentUse)> {
        self.lock().uses(last)
    }
}
