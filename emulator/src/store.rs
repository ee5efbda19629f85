//! Door: makes every change durable before it is acknowledged, and keeps the content of messages.
//!
//! On disk this is a log in segments of one size. Records are appended in the order in which the
//! engine made them; one committer thread writes and syncs for every caller that waits. A new start
//! replays the log and goes on in a new segment. Segments whose messages are gone are removed, the
//! oldest first; [`clean`] moves what still lives in them.
//!
//! The engine decides which effects there are, the node when they are acknowledged.

mod ahead;
mod backlog;
mod clean;
mod codec;
mod commit;
mod damage;
mod disk;
mod error;
mod frame;
mod fs;
mod health;
mod lock;
mod manifest;
mod memory;
mod need;
mod reading;
mod records;
mod recover;
mod reserve;
mod segment;
mod segment_table;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::Path;
use std::time::Duration;

use kit::time::Timestamp;

use crate::engine::{Content, Effect, Engine, Location};
use disk::DiskLog;
use memory::MemoryStore;
use segment::SegmentLayout;

pub(crate) use clean::{Cleaner, WithEngine};
pub(crate) use commit::Ticket;
pub(crate) use error::OpenError;
pub(crate) use health::{Health, LogStats};
pub(crate) use need::{Need, Room};
pub(crate) use segment::SEGMENT_SIZE;

/// How often a caller that waits for room looks again by itself.
const LOOK: Duration = Duration::from_millis(50);

/// Where effects and contents are kept.
#[derive(Debug)]
pub(crate) enum Store {
    /// In a data folder.
    Disk(DiskLog),
    /// In memory only: a restart finds nothing.
    Memory(MemoryStore),
}

impl Store {
    /// A store without a disk.
    pub(crate) fn in_memory() -> Store {
        Store::Memory(MemoryStore::default())
    }

    /// Opens a data folder, which is made when it is not there, and replays what is in it into
    /// `engine`. New files of the log have `segment_size` bytes. Damage is logged with file and
    /// offset and costs only the records it hit.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub(crate) fn open(
        folder: &Path,
        segment_size: u32,
        engine: &mut Engine,
        now: Timestamp,
    ) -> Result<Store, OpenError> {
        DiskLog::open(
            SegmentLayout::new(segment_size),
            folder,
            engine,
            now,
            &mut damage::log,
        )
        .map(Store::Disk)
    }

    /// Whether reading never waits for a disk.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self, Store::Memory(_))
    }

    /// Bytes of memory that contents take.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Store::Disk(_) => 0,
            Store::Memory(memory) => memory.bytes(),
        }
    }

    /// The state of the store.
    pub(crate) fn health(&self) -> Health {
        match self {
            Store::Disk(disk) if disk.committer.is_failed() => Health::Failed,
            Store::Disk(disk) if disk.is_full() => Health::Full,
            Store::Disk(_) | Store::Memory(_) => Health::Sound,
        }
    }

    /// How much disk space the log takes; none in memory.
    pub(crate) fn log_stats(&self) -> Option<LogStats> {
        match self {
            Store::Memory(_) => None,
            Store::Disk(disk) => Some(disk.segments.stats()),
        }
    }

    /// Whether there is room for what a request writes. Call this under the same lock as
    /// [`Store::take`].
    pub(crate) fn room(&self, need: Need) -> Room {
        match self {
            Store::Memory(_) => Room::Enough,
            Store::Disk(disk) => disk.room(need),
        }
    }

    /// Returns once [`Store::room`] is no longer [`Room::Soon`].
    pub(crate) async fn more_room(&self, need: Need) {
        let Store::Disk(disk) = self else { return };
        let mut spares = disk.committer.spares();
        while !disk.committer.is_failed() && disk.room(need) == Room::Soon {
            // The sender lives as long as the store; not everything that makes room is announced.
            _ = tokio::time::timeout(LOOK, spares.changed()).await;
        }
    }

    /// Takes the effects of the engine. Call this under the lock that the engine was changed under,
    /// so that the order is the same. The ticket becomes ready when all of them, and all before
    /// them, are durable.
    pub(crate) fn take(
        &self,
        engine: &mut Engine,
        effects: Vec<Effect>,
        dropped: &[Location],
    ) -> Ticket {
        match self {
            Store::Memory(memory) => {
                memory.take(engine, effects, dropped);
                Ticket::done()
            }
            Store::Disk(disk) => {
                dropped
                    .iter()
                    .for_each(|location| disk.segments.release(*location));
                disk.append_all(engine, effects)
            }
        }
    }

    /// The content of a message. None if the message has moved or is gone.
    ///
    /// # Errors
    /// The disk cannot be read, or what it holds is damaged.
    pub(crate) fn read(&self, location: Location) -> io::Result<Option<Content>> {
        match self {
            Store::Memory(memory) => Ok(memory.read(location)),
            Store::Disk(disk) => disk.read(location),
        }
    }

    /// Tells when [`Store::clean`] is worth calling.
    pub(crate) fn cleaner(&self) -> Cleaner<'_> {
        match self {
            Store::Disk(disk) => Cleaner::of(disk),
            Store::Memory(_) => Cleaner::idle(),
        }
    }

    /// Cleans one segment, if that pays and there is room for what moves. Once the ticket is ready,
    /// the segment can be given up with [`Store::remove`].
    ///
    /// # Errors
    /// The segment cannot be read.
    pub(crate) fn clean(
        &self,
        now: Timestamp,
        with_engine: WithEngine<'_>,
    ) -> io::Result<Option<(u32, Ticket)>> {
        match self {
            Store::Disk(disk) => disk.clean(now, with_engine),
            Store::Memory(_) => Ok(None),
        }
    }

    /// Gives up a segment that was cleaned.
    ///
    /// # Errors
    /// The file can neither be used again nor removed.
    pub(crate) fn remove(&self, segment: u32) -> io::Result<()> {
        match self {
            Store::Disk(disk) => disk.remove(segment),
            Store::Memory(_) => Ok(()),
        }
    }

    /// Ends the committer. Everything that was taken is durable afterwards.
    pub(crate) fn close(&self) {
        if let Store::Disk(disk) = self {
            disk.committer.close();
        }
    }
}
