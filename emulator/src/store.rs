//! Door: makes what happened durable before anyone hears of it, and keeps what messages say.
//!
//! On disk this is a log in segments of one size. Records are appended in the order in which the
//! engine made them; one committer thread writes and syncs for everybody who waits. A new start
//! replays the log and goes on in a new segment. Segments whose messages are gone are removed, the
//! oldest first; [`clean`] moves what still lives in them.
//!
//! Not here: which effects there are (the engine's business), and who may hear of them when (the
//! node's).

mod clean;
mod codec;
mod commit;
mod disk;
mod frame;
mod known;
mod lock;
mod manifest;
mod medium;
mod memory;
mod recover;
mod reserve;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::time::Timestamp;

use crate::engine::{Content, Effect, Engine, Place};
use crate::figures::LogFigures;
use crate::memory::{TooMany, TooSmall};
use disk::Disk;
use memory::Memory;
use segment::Layout;

pub use clean::Cleaner;
pub use commit::{Failed, Ticket};
pub use medium::make_folder;
pub use segment::SEGMENT_SIZE;

/// How often who waits for room looks by itself.
const LOOK: Duration = Duration::from_millis(50);

/// Where effects and contents go.
#[derive(Debug)]
pub enum Store {
    /// To a data folder.
    Disk(Disk),
    /// Nowhere: contents are kept in memory, and a restart finds nothing.
    Memory(Memory),
}

/// How a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// All is well.
    Sound,
    /// The disk is full: no messages are taken until there is room.
    Full,
    /// Writing or syncing failed: nothing is taken until what is not known to be durable could be
    /// written again.
    Failed,
}

/// What a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// New messages, of so many bytes.
    Messages(usize),
    /// That messages were received.
    Receives,
    /// A queue: every file of the log begins with all of them.
    Definition,
    /// Anything else: a few records, which make room in the end when they say that messages are
    /// gone.
    Records,
}

/// Whether there is room for what a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// There will be in a moment: see [`Store::more_room`].
    Soon,
    /// The disk is full.
    None,
}

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// Memory is too small for any messages.
    #[error(transparent)]
    TooSmall(#[from] TooSmall),
    /// Memory is too small for the messages in the folder.
    #[error("{}: {cause}", path.display())]
    TooMany {
        /// The log.
        path: PathBuf,
        /// The limit.
        cause: TooMany,
    },
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

    /// Opens a data folder, which is made when it is not there, and replays what is in it into
    /// `engine`. New files of the log have `segment_size` bytes. Damage is logged with file and
    /// offset and costs only the records it hit.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        folder: &Path,
        segment_size: u32,
        engine: &mut Engine,
        now: Timestamp,
    ) -> Result<Store, OpenError> {
        Disk::open(
            Layout::new(segment_size),
            folder,
            engine,
            now,
            &mut recover::tell,
        )
        .map(Store::Disk)
    }

    /// Whether reading never waits for a disk.
    pub fn is_memory(&self) -> bool {
        matches!(self, Store::Memory(_))
    }

    /// Bytes of memory that contents take.
    pub fn bytes(&self) -> usize {
        match self {
            Store::Disk(_) => 0,
            Store::Memory(memory) => memory.bytes(),
        }
    }

    /// How it is.
    pub fn condition(&self) -> Condition {
        match self {
            Store::Disk(disk) if disk.committer.is_failed() => Condition::Failed,
            Store::Disk(disk) if disk.is_full() => Condition::Full,
            Store::Disk(_) | Store::Memory(_) => Condition::Sound,
        }
    }

    /// How much the log takes; none in memory.
    pub fn log_figures(&self) -> Option<LogFigures> {
        match self {
            Store::Memory(_) => None,
            Store::Disk(disk) => Some(disk.segments.figures()),
        }
    }

    /// Whether there is room for what a request writes. To be asked under the lock that
    /// [`Store::take`] is called under.
    pub fn room(&self, need: Need) -> Room {
        match self {
            Store::Memory(_) => Room::Enough,
            Store::Disk(disk) => disk.room(need),
        }
    }

    /// Returns when [`Store::room`] answers otherwise than [`Room::Soon`].
    pub async fn more_room(&self, need: Need) {
        let Store::Disk(disk) = self else { return };
        let mut spares = disk.committer.spares();
        while !disk.committer.is_failed() && disk.room(need) == Room::Soon {
            // The sender lives as long as the store; and not everything that makes room is told of.
            _ = tokio::time::timeout(LOOK, spares.changed()).await;
        }
    }

    /// Takes what the engine did. To be called under the lock that the engine was changed under, so
    /// that the order is the same. The ticket tells when all of it, and all before it, is durable.
    pub fn take(&self, engine: &mut Engine, effects: Vec<Effect>, dropped: &[Place]) -> Ticket {
        match self {
            Store::Memory(memory) => {
                memory.take(engine, effects, dropped);
                Ticket::done()
            }
            Store::Disk(disk) => {
                dropped
                    .iter()
                    .for_each(|place| disk.segments.release(*place));
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
