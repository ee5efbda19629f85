//! Door: gives back the space of messages that are gone.
//!
//! The oldest segment goes first, always: a later one may say that a message of an earlier one was
//! deleted. What still lives in it is written again at the end of the log, in its present state. A
//! segment without life goes at once; one with some goes when less than half of the whole log is
//! alive, so that no message is moved more often than it pays, or when the disk is full and enough
//! is dead somewhere behind it. Its file is used again when the log needs one.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kit::time::Timestamp;
use tokio::sync::watch;

use super::commit::{Spare, Ticket};
use super::disk::Disk;
use super::recover::{self, Damage};
use super::{Store, codec};
use crate::engine::{Effect, Engine, Fingerprint, Place, QueueId, Serial, Stored};

/// Borrows the engine for a moment, under its lock.
pub type WithEngine<'a> = &'a dyn Fn(&mut dyn FnMut(&mut Engine));

/// How often to look although nothing rang.
const LOOK: Duration = Duration::from_secs(5);

/// How long to let rings gather: on a full disk every refused send is one.
const GATHER: Duration = Duration::from_millis(100);

/// Tells when it is worth looking.
#[derive(Debug)]
pub struct Cleaner<'s>(Option<(&'s Disk, watch::Receiver<u32>)>);

impl Cleaner<'_> {
    /// Waits until a segment was begun, the oldest one has no life left, a send was refused, or
    /// some time has passed. Never returns when there are no segments.
    pub async fn due(&mut self) {
        let Some((disk, rotations)) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = rotations.changed() => {}
            () = disk.segments.freed().notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

impl Store {
    /// Whoever calls [`Store::clean`] learns here when.
    pub fn cleaner(&self) -> Cleaner<'_> {
        match self {
            Store::Disk(disk) => Cleaner(Some((disk, disk.committer.rotations()))),
            Store::Memory(_) => Cleaner(None),
        }
    }

    /// Cleans one segment, if it is worth it and there is room for what moves. The ticket becomes
    /// ready when it can be given up by [`Store::remove`].
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn clean(
        &self,
        now: Timestamp,
        with_engine: WithEngine<'_>,
    ) -> io::Result<Option<(u32, Ticket)>> {
        let Store::Disk(disk) = self else {
            return Ok(None);
        };
        disk.is_cleaning.store(false, Ordering::Release);
        let Some(oldest) = disk.worth_cleaning(now) else {
            while !disk.committer.is_failed() && disk.give_back()? {}
            return Ok(None);
        };
        disk.is_cleaning.store(true, Ordering::Release);
        let all_moved = disk.move_all(now, oldest, with_engine);
        if !matches!(all_moved, Ok(true)) {
            disk.end_cleaning();
        }
        Ok(all_moved?.then(|| (oldest, disk.committer.ticket())))
    }

    /// Gives up a segment that was cleaned.
    ///
    /// # Errors
    /// The file cannot be used again or removed.
    pub fn remove(&self, segment: u32) -> io::Result<()> {
        let Store::Disk(disk) = self else {
            return Ok(());
        };
        let retired = disk.segments.retire(segment, disk.wants_files());
        disk.end_cleaning();
        retired
    }
}

impl Disk {
    fn end_cleaning(&self) {
        self.is_cleaning.store(false, Ordering::Release);
        self.committer.look_at_files();
    }

    fn worth_cleaning(&self, now: Timestamp) -> Option<u32> {
        if self.committer.is_failed() {
            return None;
        }
        // What was handed over may not be written yet.
        let closed = self.segments.uses(self.committer.reached().checked_sub(1)?);
        let (oldest, needed) = closed
            .first()
            .map(|(number, held)| (*number, held.needed(now)))?;
        let reserve = self.reserve();
        let all = closed.len() as u64 * reserve.size;
        let needed_by_all = closed.iter().map(|(_, held)| held.needed(now)).sum::<u64>();
        // The one that is being written is reached too, when all before it have moved.
        let dead = || {
            self.segments
                .uses(u32::MAX)
                .iter()
                .map(|(_, held)| held.dead(now))
                .sum::<u64>()
        };
        let pays = match self.committer.spare() {
            Spare::Refused => needed <= reserve.size / 2 || dead() > reserve.worth_walking(),
            Spare::Ready | Spare::Coming => closed.len() > 1 && needed_by_all < all / 2,
        };
        (needed == 0 || pays && self.has_room_to_move(needed)).then_some(oldest)
    }

    /// Writes again what is still true in a segment. False when there is no room for all of it.
    fn move_all(
        &self,
        now: Timestamp,
        segment: u32,
        with_engine: WithEngine<'_>,
    ) -> io::Result<bool> {
        let (path, mut bytes) = (self.segments.path(segment), Vec::new());
        match self.segments.read(segment, &mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                recover::tell(&path, Damage::Missing { messages: None });
            }
            read => read?,
        }
        let mut all_moved = true;
        let move_on = |place: Place, payload: &[u8]| {
            if let Some(effect) = codec::decode(payload).filter(|_| all_moved) {
                with_engine(&mut |engine| all_moved &= self.keep(engine, now, place, &effect));
            }
        };
        recover::records(&bytes, segment, move_on, |offset| {
            recover::tell(&path, Damage::Record(offset));
        });
        Ok(all_moved)
    }

    /// Writes again what is still true. False when there is no room for it.
    fn keep(&self, engine: &mut Engine, now: Timestamp, place: Place, effect: &Effect) -> bool {
        let remembered = match effect {
            Effect::Stored(stored) => match self.keep_stored(engine, place, stored) {
                Ok(remembered) => remembered,
                Err(NoRoom) => return false,
            },
            Effect::Remembered {
                queue,
                id,
                serial,
                at,
            } => Some((*queue, *id, *serial, *at)),
            _ => None,
        };
        let Some((queue, id, serial, at)) = remembered else {
            return true;
        };
        if !engine.remembers(now, queue, id, serial) {
            return true;
        }
        if !self.has_room_to_move(0) {
            return false;
        }
        self.append_all(
            engine,
            vec![Effect::Remembered {
                queue,
                id,
                serial,
                at,
            }],
        );
        true
    }

    /// Moves a message that still lies there. Returns the deduplication id that must be remembered
    /// without it.
    fn keep_stored(
        &self,
        engine: &mut Engine,
        place: Place,
        stored: &Stored,
    ) -> Result<Option<(QueueId, Fingerprint, Serial, Timestamp)>, NoRoom> {
        let Stored {
            snapshot: old,
            content,
        } = stored;
        let snapshot = engine.snapshot(old, place);
        let goes_along = snapshot.is_some_and(|snapshot| snapshot.deduplication.is_some());
        if let Some(snapshot) = snapshot {
            if !self.has_room_to_move(place.length.into()) {
                return Err(NoRoom);
            }
            let content = content.clone();
            self.append_all(
                engine,
                vec![Effect::Stored(Box::new(Stored { snapshot, content }))],
            );
            self.segments.release(place);
        }
        Ok(old
            .deduplication
            .filter(|_| !goes_along)
            .map(|id| (old.queue, id, old.key.serial, old.sent_at)))
    }
}

/// The disk is too full to move anything.
struct NoRoom;
