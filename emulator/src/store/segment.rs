//! Door: the files of the log, by number. All have one size and their space is taken in advance, so that writing into
//! one cannot fail for want of room.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::frame;
use crate::engine::Place;

/// How segments are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Bytes of each.
    pub(super) size: u32,
    /// Takes the space of a new one.
    pub(super) reserve: fn(&File, u32) -> io::Result<()>,
}

/// Large enough that few files are open, small enough that an idle data folder stays small.
const SIZE: u32 = 32 * 1024 * 1024;

impl Default for Layout {
    fn default() -> Layout {
        Layout { size: SIZE, reserve }
    }
}

/// Every segment that exists.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    layout: Layout,
    files: Mutex<BTreeMap<u32, Segment>>,
}

#[derive(Debug)]
struct Segment {
    file: Arc<File>,
    /// Bytes that live messages need.
    live: u64,
}

impl Segments {
    /// Finds the segments in a folder.
    pub(super) fn open(folder: &Path, layout: Layout) -> io::Result<Segments> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".log")?.parse().ok());
            if let Some(number) = number {
                let file = File::options().read(true).write(true).open(&path)?;
                files.insert(number, Segment { file: Arc::new(file), live: 0 });
            }
        }
        Ok(Segments { folder: folder.to_owned(), layout, files: Mutex::new(files) })
    }

    /// Bytes of each segment.
    pub(super) fn size(&self) -> u32 {
        self.layout.size
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Segment>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
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
        let reserved = (self.layout.reserve)(&file, self.layout.size)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(error) = reserved {
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        self.lock().insert(number, Segment { file: Arc::new(file), live: 0 });
        Ok(())
    }

    /// Removes a segment for good.
    pub(super) fn remove(&self, number: u32) -> io::Result<()> {
        self.lock().remove(&number);
        std::fs::remove_file(self.path(number))?;
        File::open(&self.folder)?.sync_all()
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.lock().contains_key(&number)
    }

    pub(super) fn file(&self, number: u32) -> Option<Arc<File>> {
        self.lock().get(&number).map(|segment| segment.file.clone())
    }

    /// The bytes of a segment up to where nothing was written yet.
    pub(super) fn read(&self, number: u32) -> io::Result<Vec<u8>> {
        let Some(file) = self.file(number) else { return Ok(Vec::new()) };
        let length = file.metadata()?.len();
        let mut bytes = vec![0; usize::try_from(written(&file, length)).unwrap_or_default()];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Numbers in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.lock().keys().copied().collect()
    }

    /// The highest number; 0 when there is none.
    pub(super) fn newest(&self) -> u32 {
        self.lock().last_key_value().map_or(0, |(number, _)| *number)
    }

    /// Sets what live messages need, after a replay.
    pub(super) fn count(&self, bytes: BTreeMap<u32, u64>) {
        let mut files = self.lock();
        for (number, live) in bytes {
            if let Some(segment) = files.get_mut(&number) {
                segment.live = live;
            }
        }
    }

    /// A message lies there now.
    pub(super) fn hold(&self, place: Place) {
        if let Some(segment) = self.lock().get_mut(&place.segment) {
            segment.live += u64::from(place.length);
        }
    }

    /// It does not any more.
    pub(super) fn release(&self, place: Place) {
        if let Some(segment) = self.lock().get_mut(&place.segment) {
            segment.live = segment.live.saturating_sub(u64::from(place.length));
        }
    }

    /// What live messages need in each segment up to `last`, in order.
    pub(super) fn live(&self, last: u32) -> Vec<(u32, u64)> {
        self.lock().range(..=last).map(|(number, segment)| (*number, segment.live)).collect()
    }
}

fn reserve(file: &File, size: u32) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, u64::from(size)) {
        Ok(()) => Ok(()),
        // A file system that cannot take space in advance: the file gets its size, and a full disk shows when writing.
        Err(rustix::io::Errno::OPNOTSUPP) => file.set_len(u64::from(size)),
        Err(error) => Err(error.into()),
    }
}

/// Space that was taken but not written is a hole to the file system. What was answered for lies before the first one,
/// for a sync leaves none behind. File systems that know no holes say that the file has one at its end.
fn written(file: &File, length: u64) -> u64 {
    rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(0)).unwrap_or(length).min(length)
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
