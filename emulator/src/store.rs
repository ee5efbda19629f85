//! Door: makes what happened durable before anyone hears of it, and keeps what messages say.
//!
//! On disk this is a log in segments of one size. Records are appended in the order in which the engine made them; one
//! committer thread writes and syncs for everybody who waits. A new start replays the log and goes on in a new segment.
//! Segments whose messages are gone are removed, the oldest first; [`clean`] moves what still lives in them.
//!
//! Not here: which effects there are (the engine's business), and who may hear of them when (the node's).

mod clean;
mod codec;
mod commit;
mod frame;
mod memory;
mod recover;
mod segment;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kit::time::Timestamp;

use crate::engine::{Content, Effect, Engine, Place};
use commit::Committer;
use memory::Memory;
use segment::{Layout, Segments};

pub use clean::Cleaner;
pub use commit::{Failed, Ticket};

/// Where effects and contents go.
#[derive(Debug)]
pub enum Store {
    /// To a data folder.
    Disk(Disk),
    /// Nowhere: contents are kept in memory, and a restart finds nothing.
    Memory(Memory),
}

/// A log on disk.
#[derive(Debug)]
pub struct Disk {
    segments: Arc<Segments>,
    committer: Committer,
    tail: Mutex<Tail>,
    /// Held as long as the folder is ours.
    _lock: std::fs::File,
}

/// Where the next record goes.
#[derive(Debug)]
struct Tail {
    segment: u32,
    offset: u32,
}

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The folder or a file in it cannot be read or made.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Store {
    /// A store without a disk.
    pub fn in_memory() -> Store {
        Store::Memory(Memory::default())
    }

    /// Opens a data folder, which is made when it is not there, and replays what is in it into `engine`. Damage is
    /// logged with file and offset and costs only the records it hit.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path, engine: &mut Engine, now: Timestamp) -> Result<Store, OpenError> {
        Store::open_with(Layout::default(), folder, engine, now)
    }

    fn open_with(layout: Layout, folder: &Path, engine: &mut Engine, now: Timestamp) -> Result<Store, OpenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |cause| OpenError::Io { path, cause }
        };
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = lock(folder)?;
        let log = folder.join("sqs");
        std::fs::create_dir_all(&log).map_err(at(&log))?;
        let segments = Arc::new(Segments::open(&log, layout).map_err(at(&log))?);
        recover::replay(&segments, engine).map_err(at(&log))?;
        engine.resume(now);
        let first = segments.newest() + 1;
        segments.create(first).map_err(at(&log))?;
        segments.count(engine.stored_bytes());
        let committer = Committer::start(segments.clone(), first);
        let disk = Disk { segments, committer, tail: Mutex::new(Tail { segment: first, offset: 0 }), _lock: lock };
        let checkpoint = engine.checkpoint();
        disk.append_all(engine, checkpoint);
        Ok(Store::Disk(disk))
    }

    /// Whether there is room for what an action writes. Sends need a whole segment in reserve, so that receives and
    /// deletes can go on when the disk is full.
    pub fn has_room(&self, new_bytes: Option<usize>) -> bool {
        match self {
            Store::Memory(_) => true,
            Store::Disk(disk) => disk.has_room(new_bytes),
        }
    }

    /// Takes what the engine did. To be called under the lock that the engine was changed under, so that the order is
    /// the same. The ticket tells when all of it, and all before it, is durable.
    pub fn take(&self, engine: &mut Engine, effects: Vec<Effect>, dropped: &[Place]) -> Ticket {
        match self {
            Store::Memory(memory) => {
                memory.take(engine, effects, dropped);
                Ticket::done()
            }
            Store::Disk(disk) => {
                dropped.iter().for_each(|place| disk.segments.release(*place));
                disk.append_all(engine, effects)
            }
        }
    }

    /// What a message says. `None` when the place is empty by now: the message moved, or is gone.
    ///
    /// # Errors
    /// The disk cannot be read, or what it holds is damaged.
    pub fn read(&self, place: Place) -> io::Result<Option<Content>> {
        match self {
            Store::Memory(memory) => Ok(memory.read(place)),
            Store::Disk(disk) => disk.read(place),
        }
    }

    /// Ends the committer; everything that was taken is durable afterwards.
    pub fn close(&self) {
        if let Store::Disk(disk) = self {
            disk.committer.close();
        }
    }
}

impl Disk {
    fn has_room(&self, new_bytes: Option<usize>) -> bool {
        /// More than any request writes that brings no messages.
        const MARGIN: u32 = 256 * 1024;
        let size = self.segments.size();
        let is_cramped = self.committer.is_cramped();
        match new_bytes {
            Some(bytes) => !is_cramped && bytes < size as usize / 2,
            None => {
                let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
                !is_cramped || size.saturating_sub(tail.offset) > MARGIN.min(size / 8)
            }
        }
    }

    fn append_all(&self, engine: &mut Engine, effects: Vec<Effect>) -> Ticket {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        for effect in effects {
            let place = self.append(&mut tail, engine, &effect);
            match &effect {
                Effect::Stored(stored) => {
                    engine.place(stored.snapshot.key, place);
                    self.segments.hold(place);
                }
                // Twice, because a damaged definition would take all messages of its queue with it.
                Effect::Queue(_) => _ = self.append(&mut tail, engine, &effect),
                _ => {}
            }
        }
        self.committer.ticket()
    }

    fn append(&self, tail: &mut Tail, engine: &Engine, effect: &Effect) -> Place {
        let payload = codec::encode(effect);
        let length = frame::length(payload.len());
        if tail.offset + length > self.segments.size() {
            *tail = Tail { segment: tail.segment + 1, offset: 0 };
            self.committer.rotate(tail.segment);
            for effect in engine.checkpoint() {
                self.write(tail, &codec::encode(&effect));
            }
        }
        self.write(tail, &payload)
    }

    fn write(&self, tail: &mut Tail, payload: &[u8]) -> Place {
        let length = frame::length(payload.len());
        let place = Place { segment: tail.segment, offset: tail.offset, length };
        self.committer.push(place, payload);
        tail.offset += length;
        place
    }

    fn read(&self, place: Place) -> io::Result<Option<Content>> {
        let Some(file) = self.segments.file(place.segment) else { return Ok(None) };
        let payload = segment::read(&file, place)?;
        match codec::decode(&payload) {
            Some(Effect::Stored(stored)) => Ok(Some(stored.content)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the record holds no message")),
        }
    }
}

/// One process a folder.
fn lock(folder: &Path) -> Result<std::fs::File, OpenError> {
    let path = folder.join("lock");
    let io = |cause| OpenError::Io { path: path.clone(), cause };
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(cause)) => Err(io(cause)),
    }
}
