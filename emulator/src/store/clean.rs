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

use super::codec;
use super::commit::Ticket;
use super::damage::{self, Damage};
use super::disk::DiskLog;
use super::records::records;
use super::reserve::Spare;
use crate::engine::{Effect, Engine, Fingerprint, Location, QueueId, Serial, StoredMessage};

/// Borrows the engine for a moment, under its lock.
pub(crate) type WithEngine<'a> = &'a dyn Fn(&mut dyn FnMut(&mut Engine));

/// How often to look without a notification.
const LOOK: Duration = Duration::from_secs(5);

/// How long to let notifications gather: on a full disk every refused send is one.
const GATHER: Duration = Duration::from_millis(100);

/// Waits until cleaning may be worth it.
#[derive(Debug)]
pub(crate) struct Cleaner<'s>(Option<(&'s DiskLog, watch::Receiver<u32>)>);

impl<'s> Cleaner<'s> {
    /// For a log on disk.
    pub(super) fn of(disk: &'s DiskLog) -> Cleaner<'s> {
        Cleaner(Some((disk, disk.committer.rotations())))
    }

    /// For a store without segments, which never needs cleaning.
    pub(super) fn idle() -> Cleaner<'s> {
        Cleaner(None)
    }

    /// Waits until a segment was begun, the oldest one has no life left, a send was refused, or
    /// some time has passed. Never returns when there are no segments.
    pub(crate) async fn due(&mut self) {
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

impl DiskLog {
    /// Cleans one segment, if that pays and there is room for what moves.
    pub(super) fn clean(
        &self,
        now: Timestamp,
        with_engine: WithEngine<'_>,
    ) -> io::Result<Option<(u32, Ticket)>> {
        self.is_cleaning.store(false, Ordering::Release);
        let Some(oldest) = self.worth_cleaning(now) else {
            while !self.committer.is_failed() && self.give_back()? {}
            return Ok(None);
        };
        self.is_cleaning.store(true, Ordering::Release);
        let all_moved = self.move_all(now, oldest, with_engine);
        if !matches!(all_moved, Ok(true)) {
            self.end_cleaning();
        }
        Ok(all_moved?.then(|| (oldest, self.committer.ticket())))
    }

    /// Gives up a segment that was cleaned.
    pub(super) fn remove(&self, segment: u32) -> io::Result<()> {
        let retired = self.segments.retire(segment, self.wants_files());
        self.end_cleaning();
        retired
    }

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
                damage::log(&path, Damage::Missing { messages: None });
            }
            read => read?,
        }
        let mut all_moved = true;
        let move_on = |location: Location, payload: &[u8]| {
            if let Some(effect) = codec::decode(payload).filter(|_| all_moved) {
                with_engine(&mut |engine| all_moved &= self.keep(engine, now, location, &effect));
            }
        };
        records(&bytes, segment, move_on, |offset| {
            damage::log(&path, Damage::Record(offset));
        });
        Ok(all_moved)
    }

    /// Writes again what is still true. False when there is no room for it.
    fn keep(
        &self,
        engine: &mut Engine,
        now: Timestamp,
        location: Location,
        effect: &Effect,
    ) -> bool {
        let remembered = match effect {
            Effect::Stored(stored) => match self.keep_stored(engine, location, stored) {
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
        location: Location,
        stored: &StoredMessage,
    ) -> Result<Option<(QueueId, Fingerprint, Serial, Timestamp)>, NoRoom> {
        let StoredMessage {
            snapshot: old,
            content,
        } = stored;
        let snapshot = engine.snapshot(old, location);
        let goes_along = snapshot.is_some_and(|snapshot| snapshot.deduplication.is_some());
        if let Some(snapshot) = snapshot {
            if !self.has_room_to_move(location.length.into()) {
                return Err(NoRoom);
            }
            let content = content.clone();
            self.append_all(
                engine,
                vec![Effect::Stored(Box::new(StoredMessage {
                    snapshot,
                    content,
                }))],
            );
            self.segments.release(location);
        }
        Ok(old
            .deduplication
            .filter(|_| !goes_along)
            .map(|id| (old.queue, id, old.key.serial, old.sent_at)))
    }
}

/// The disk is too full to move anything.
struct NoRoom;
