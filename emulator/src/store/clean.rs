//! Door: gives back the space of messages that are gone.
//!
//! The oldest segment goes first, always: a later one may say that a message of an earlier one was deleted. What still
//! lives in it is written again at the end of the log, in its present state. A segment without life goes at once; one
//! with some goes when less than half of the whole log is alive, so that no message is moved more often than it pays.

use std::io;

use kit::time::Timestamp;
use tokio::sync::watch;

use super::commit::Ticket;
use super::{Disk, Store, codec, recover};
use crate::engine::{Effect, Engine, Fingerprint, Place, QueueId, Serial, Stored};

/// Borrows the engine for a moment, under its lock.
pub type WithEngine<'a> = &'a dyn Fn(&mut dyn FnMut(&mut Engine));

/// Tells when it is worth looking.
#[derive(Debug)]
pub struct Cleaner(Option<watch::Receiver<u32>>);

impl Cleaner {
    /// Waits until a new segment was begun. Never, when there are none.
    pub async fn due(&mut self) {
        let changed = match &mut self.0 {
            Some(rotations) => rotations.changed().await.is_ok(),
            None => false,
        };
        if !changed {
            std::future::pending::<()>().await;
        }
    }
}

impl Store {
    /// Whoever calls [`Store::clean`] learns here when.
    pub fn cleaner(&self) -> Cleaner {
        match self {
            Store::Disk(disk) => Cleaner(Some(disk.committer.rotations())),
            Store::Memory(_) => Cleaner(None),
        }
    }

    /// Cleans one segment, if it is worth it. The ticket becomes ready when it can be removed by [`Store::remove`].
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn clean(&self, now: Timestamp, with_engine: WithEngine<'_>) -> io::Result<Option<(u32, Ticket)>> {
        let Store::Disk(disk) = self else { return Ok(None) };
        let Some(oldest) = disk.worth_cleaning() else { return Ok(None) };
        let bytes = disk.segments.read(oldest)?;
        let move_on = |place, payload: &[u8]| {
            if let Some(effect) = codec::decode(payload) {
                with_engine(&mut |engine| disk.keep(engine, now, place, &effect));
            }
        };
        recover::records(&bytes, oldest, move_on, |_| {});
        Ok(Some((oldest, disk.committer.ticket())))
    }

    /// Removes a segment that was cleaned.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&self, segment: u32) -> io::Result<()> {
        match self {
            Store::Disk(disk) => disk.segments.remove(segment),
            Store::Memory(_) => Ok(()),
        }
    }
}

impl Disk {
    fn worth_cleaning(&self) -> Option<u32> {
        // What was handed over may not be written yet.
        let current = self.committer.reached();
        let closed = self.segments.live(current.checked_sub(1)?);
        let (oldest, live) = *closed.first()?;
        let all_live: u64 = closed.iter().map(|(_, live)| live).sum();
        let half = closed.len() as u64 * u64::from(self.segments.size()) / 2;
        (live == 0 || (closed.len() > 1 && all_live < half)).then_some(oldest)
    }

    /// Writes again what is still true.
    fn keep(&self, engine: &mut Engine, now: Timestamp, place: Place, effect: &Effect) {
        let remembered = match effect {
            Effect::Stored(stored) => self.keep_stored(engine, place, stored),
            Effect::Remembered { queue, id, serial, at } => Some((*queue, *id, *serial, *at)),
            _ => None,
        };
        if let Some((queue, id, serial, at)) = remembered
            && engine.remembers(now, queue, id, serial)
        {
            self.append_all(engine, vec![Effect::Remembered { queue, id, serial, at }]);
        }
    }

    /// Moves a message that still lies there. Returns the deduplication id that must be remembered without it.
    fn keep_stored(
        &self,
        engine: &mut Engine,
        place: Place,
        stored: &Stored,
    ) -> Option<(QueueId, Fingerprint, Serial, Timestamp)> {
        let Stored { snapshot: old, content } = stored;
        let snapshot = engine.snapshot(old, place);
        let goes_along = snapshot.is_some_and(|snapshot| snapshot.deduplication.is_some());
        if let Some(snapshot) = snapshot {
            let content = content.clone();
            self.append_all(engine, vec![Effect::Stored(Box::new(Stored { snapshot, content }))]);
            self.segments.release(place);
        }
        old.deduplication.filter(|_| !goes_along).map(|id| (old.queue, id, old.key.serial, old.sent_at))
    }
}
