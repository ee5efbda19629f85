//! Door: the files of the log, by number. All have one size and their space is taken in advance, so that writing into
//! one cannot fail for want of room.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::descriptors;
use rustix::fs::{SeekFrom, seek};
use tokio::sync::Notify;

use super::frame;
use super::medium::{FileSystem, Medium, zero};
use crate::engine::Place;
use crate::figures::LogFigures;

/// Bytes of a segment: large enough that there are few files, small enough that an idle data folder stays small.
pub const SEGMENT_SIZE: u32 = 32 * 1024 * 1024;

/// Files that stay open at once, however long the log is.
const OPEN_FILES: usize = 64;

/// How segments are made.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Bytes of each.
    pub(super) size: u32,
    /// What they lie on.
    pub(super) medium: Arc<dyn Medium>,
}

impl Layout {
    /// On the file system of this machine.
    pub(super) fn new(size: u32) -> Layout {
        Layout { size, medium: Arc::new(FileSystem) }
    }
}

/// Every segment that exists.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    layout: Layout,
    known: Mutex<Known>,
    /// Rings when the oldest segment has no life left in it.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// Bytes that live messages need, by number.
    live: BTreeMap<u32, u64>,
    /// The files that were used last, the latest at the end.
    open: VecDeque<(u32, Arc<File>)>,
}

impl Known {
    fn keep_open(&mut self, number: u32, file: Arc<File>) {
        if self.open.len() >= OPEN_FILES {
            self.open.pop_front();
        }
        self.open.push_back((number, file));
    }

    /// Opens a file. When the process has no descriptors left, those of the files that were used longest ago are given
    /// up for it.
    fn open_file(&mut self, path: &Path) -> io::Result<File> {
        loop {
            match File::options().read(true).write(true).open(path) {
                Err(error) if descriptors::are_used_up(&error) && self.open.pop_front().is_some() => {}
                opened => return opened,
            }
        }
    }

    fn close(&mut self, number: u32) {
        self.open.retain(|(open, _)| *open != number);
    }
}

impl Segments {
    /// Finds the segments in a folder.
    pub(super) fn open(folder: &Path, layout: Layout) -> io::Result<Segments> {
        let mut known = Known::default();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".log")?.parse().ok());
            known.live.extend(number.map(|number| (number, 0)));
        }
        Ok(Segments { folder: folder.to_owned(), layout, known: Mutex::new(known), freed: Notify::new() })
    }

    /// Bytes of each segment.
    pub(super) fn size(&self) -> u32 {
        self.layout.size
    }

    pub(super) fn medium(&self) -> &dyn Medium {
        &*self.layout.medium
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:010}.log"))
    }

    /// Makes a segment and takes its space; its name is durable afterwards.
    ///
    /// # Errors
    /// The disk has no room. Nothing is left behind then.
    pub(super) fn create(&self, number: u32) -> io::Result<()> {
        let path = self.path(number);
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        let reserved = self
            .medium()
            .reserve(&file, self.layout.size)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(error) = reserved {
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        let mut known = self.lock();
        known.live.insert(number, 0);
        known.keep_open(number, Arc::new(file));
        Ok(())
    }

    /// Removes a segment for good.
    pub(super) fn remove(&self, number: u32) -> io::Result<()> {
        {
            let mut known = self.lock();
            known.live.remove(&number);
            known.close(number);
        }
        std::fs::remove_file(self.path(number))?;
        File::open(&self.folder)?.sync_all()
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.lock().live.contains_key(&number)
    }

    /// The file of a segment; `None` when there is no such segment any more.
    pub(super) fn file(&self, number: u32) -> io::Result<Option<Arc<File>>> {
        let mut known = self.lock();
        if !known.live.contains_key(&number) {
            return Ok(None);
        }
        let index = known.open.iter().position(|(open, _)| *open == number);
        let file = match index.and_then(|index| known.open.remove(index)) {
            Some((_, file)) => file,
            None => Arc::new(known.open_file(&self.path(number))?),
        };
        known.keep_open(number, file.clone());
        Ok(Some(file))
    }

    /// Reads a segment up to the last place that was ever written.
    pub(super) fn read(&self, number: u32, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        let Some(file) = self.file(number)? else { return Ok(()) };
        let length = file.metadata()?.len();
        bytes.resize(usize::try_from(written(&file, length)).unwrap_or_default(), 0);
        file.read_exact_at(bytes, 0)
    }

    /// Whether the whole space of a segment that holds nothing is there.
    pub(super) fn is_whole(&self, number: u32) -> io::Result<bool> {
        let Some(file) = self.file(number)? else { return Ok(false) };
        Ok(file.metadata()?.len() >= u64::from(self.layout.size))
    }

    /// Wipes a segment from `offset` on, so that what a crash left there is never read as if it were written later.
    pub(super) fn wipe(&self, number: u32, offset: u32) -> io::Result<()> {
        let Some(file) = self.file(number)? else { return Err(io::ErrorKind::NotFound.into()) };
        zero(self.medium(), &file, offset, self.layout.size)?;
        self.medium().sync(&file)
    }

    /// Numbers in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.lock().live.keys().copied().collect()
    }

    /// Sets what live messages need, after a replay.
    pub(super) fn count(&self, bytes: BTreeMap<u32, u64>) {
        let mut known = self.lock();
        for (number, needed) in bytes {
            if let Some(live) = known.live.get_mut(&number) {
                *live = needed;
            }
        }
    }

    /// A message lies there now.
    pub(super) fn hold(&self, place: Place) {
        if let Some(live) = self.lock().live.get_mut(&place.segment) {
            *live += u64::from(place.length);
        }
    }

    /// It does not any more.
    pub(super) fn release(&self, place: Place) {
        let mut known = self.lock();
        let Some(live) = known.live.get_mut(&place.segment) else { return };
        *live = live.saturating_sub(u64::from(place.length));
        let is_dead = *live == 0;
        // Behind the oldest stand the one that is being written and its spare at least.
        if is_dead && known.live.keys().next() == Some(&place.segment) && known.live.len() > 2 {
            self.freed.notify_one();
        }
    }

    /// Rings when space can be given back, or is asked for.
    pub(super) fn freed(&self) -> &Notify {
        &self.freed
    }

    /// How many there are, and how much they take.
    pub(super) fn figures(&self) -> LogFigures {
        let live = self.live(u32::MAX);
        let length = |(number, _): &(u32, u64)| std::fs::metadata(self.path(*number)).map_or(0, |file| file.len());
        LogFigures {
            segments: live.len(),
            bytes: live.iter().map(length).sum(),
            live: live.iter().map(|(_, bytes)| bytes).sum(),
        }
    }

    /// What live messages need in each segment up to `last`, in order.
    pub(super) fn live(&self, last: u32) -> Vec<(u32, u64)> {
        self.lock().live.range(..=last).map(|(number, live)| (*number, *live)).collect()
    }
}

/// The end of the last byte that was ever written. Space that was only taken is a hole to the file system; but zeros in
/// the middle can be holes too, after a copy that spares them, so what counts is where the last data ends. File systems
/// that know no holes say that everything is data.
fn written(file: &File, length: u64) -> u64 {
    let mut end = 0;
    loop {
        match seek(file, SeekFrom::Data(end)) {
            Ok(data) if data < length => match seek(file, SeekFrom::Hole(data)) {
                Ok(hole) if hole > end => end = hole,
                _ => return length,
            },
            Ok(_) | Err(rustix::io::Errno::NXIO) => return end.min(length),
            Err(_) => return length,
        }
    }
}

/// Reads the payload of one record.
pub(super) fn read(file: &File, place: Place) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; place.length as usize];
    file.read_exact_at(&mut bytes, u64::from(place.offset))?;
    match frame::read(&bytes, place.segment, place.offset) {
        frame::Found::Record(payload) => Ok(payload.to_vec()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("the record at {} is damaged", place.offset))),
    }
}
