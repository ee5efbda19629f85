//! Door: the log on disk. Where the next record goes, whether there is room for it, and what a message says.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::time::Timestamp;

use super::codec::{self, Begin};
use super::commit::{Committer, Spare, Ticket, is_full};
use super::medium::make_folder;
use super::recover::{self, End};
use super::segment::{self, Layout, Segments};
use super::{Need, OpenError, Room, frame};
use crate::engine::{Content, Effect, Engine, Place};

/// A log on disk.
#[derive(Debug)]
pub struct Disk {
    pub(super) segments: Arc<Segments>,
    pub(super) committer: Committer,
    tail: Mutex<Tail>,
    /// Bytes that the present segment began with.
    beginning: AtomicU32,
    /// Held as long as the folder is ours.
    _lock: File,
}

/// Where the next record goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    segment: u32,
    offset: u32,
}

impl Disk {
    /// Opens a data folder and replays what is in it. A full disk is no reason not to: see [`first`].
    pub(super) fn open(
        layout: Layout,
        folder: &Path,
        engine: &mut Engine,
        now: Timestamp,
        report: recover::Report<'_>,
    ) -> Result<Disk, OpenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |cause| OpenError::Io { path, cause }
        };
        make_folder(folder).map_err(at(folder))?;
        let lock = lock(folder)?;
        let log = folder.join("sqs");
        make_folder(&log).map_err(at(&log))?;
        let segments = Arc::new(Segments::open(&log, layout).map_err(at(&log))?);
        let end = recover::replay(&segments, engine, now, report).map_err(at(&log))?;
        engine.resume(now);
        let tail = first(&segments, end).map_err(at(&log))?;
        segments.count(engine.stored_bytes());
        let committer = Committer::start(segments.clone(), tail.segment);
        let disk = Disk { segments, committer, tail: Mutex::new(tail), beginning: AtomicU32::new(0), _lock: lock };
        if tail.offset == 0 {
            disk.begin(&mut disk.tail(), engine, end);
        }
        Ok(disk)
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// More than any request writes that brings no messages.
    fn margin(&self) -> u32 {
        const MARGIN: u32 = 256 * 1024;
        MARGIN.min(self.segments.size() / 8)
    }

    /// Whether a request may write. Messages need a segment in reserve behind the present one, so that receives and
    /// deletes can go on when the disk is full; of that reserve, the last quarter is for deletes, and for what must move.
    pub(super) fn room(&self, need: Need) -> Room {
        let spare = self.committer.spare();
        let enough = match need {
            Need::Messages(bytes) if bytes >= self.segments.size() as usize / 2 => return Room::None,
            // As much again may come until the next segment begins.
            Need::Definition if self.beginning.load(Ordering::Relaxed) > self.segments.size() / 3 => return Room::None,
            Need::Messages(bytes) => bytes + self.margin() as usize,
            Need::Receives if spare == Spare::Refused => self.segments.size() as usize / 4,
            Need::Receives | Need::Definition | Need::Records => self.margin() as usize,
        };
        let fits = self.left(&self.tail()) as usize > enough;
        match (spare, need) {
            (Spare::Ready, _) => Room::Enough,
            (Spare::Coming, _) if !fits => Room::Soon,
            (Spare::Refused, Need::Messages(_)) => self.refuse(),
            (Spare::Refused, _) if !fits => self.refuse(),
            (Spare::Coming | Spare::Refused, _) => Room::Enough,
        }
    }

    fn refuse(&self) -> Room {
        // Perhaps something can be given back.
        self.segments.freed().notify_one();
        Room::None
    }

    /// Whether `bytes` can be moved here from an older segment.
    pub(super) fn has_room_to_move(&self, bytes: u64) -> bool {
        let left = u64::from(self.left(&self.tail()));
        self.committer.spare() == Spare::Ready || left > bytes + 2 * u64::from(self.margin())
    }

    fn left(&self, tail: &Tail) -> u32 {
        self.segments.size().saturating_sub(tail.offset)
    }

    pub(super) fn append_all(&self, engine: &mut Engine, effects: Vec<Effect>) -> Ticket {
        let mut tail = self.tail();
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
        if frame::length(payload.len()) > self.left(tail) {
            let end = End { segment: tail.segment, offset: tail.offset };
            *tail = Tail { segment: tail.segment + 1, offset: 0 };
            self.committer.rotate(tail.segment);
            self.begin(tail, engine, end);
        }
        self.write(tail, &payload)
    }

    /// Writes what every segment begins with: a word on the one before, and all that is not a message. Older segments
    /// can go when their messages are gone.
    fn begin(&self, tail: &mut Tail, engine: &Engine, end: End) {
        self.write(tail, &codec::encode_begin(Begin { previous: end.segment, end: end.offset }));
        for effect in engine.checkpoint() {
            self.write(tail, &codec::encode(&effect));
        }
        self.beginning.store(tail.offset, Ordering::Relaxed);
    }

    fn write(&self, tail: &mut Tail, payload: &[u8]) -> Place {
        let length = frame::length(payload.len());
        let place = Place { segment: tail.segment, offset: tail.offset, length };
        self.committer.push(place, payload);
        tail.offset += length;
        place
    }

    pub(super) fn read(&self, place: Place) -> io::Result<Option<Content>> {
        let Some(file) = self.segments.file(place.segment)? else { return Ok(None) };
        let payload = segment::read(&file, place)?;
        match codec::decode(&payload) {
            Some(Effect::Stored(stored)) => Ok(Some(stored.content)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the record holds no message")),
        }
    }
}

/// Where the log goes on after a start: in a segment of its own, so that what a crash left behind the end is never
/// written over in part. The reserve of the last run serves, or a new one is made; when the disk has no room for it, the
/// rest of the last segment is wiped and used, and when even that fails nothing can be written until something is given
/// back.
fn first(segments: &Segments, end: End) -> io::Result<Tail> {
    let fresh = Tail { segment: end.segment + 1, offset: 0 };
    if segments.has(fresh.segment) {
        if segments.is_whole(fresh.segment)? {
            return Ok(fresh);
        }
        segments.remove(fresh.segment)?;
    }
    match segments.create(fresh.segment) {
        Ok(()) => Ok(fresh),
        Err(error) if is_full(&error) && end.segment > 0 => {
            let wiped = end.offset < segments.size() && segments.wipe(end.segment, end.offset).is_ok();
            Ok(Tail { segment: end.segment, offset: if wiped { end.offset } else { segments.size() } })
        }
        Err(error) => Err(error),
    }
}

/// One process a folder.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let io = |cause| OpenError::Io { path: path.clone(), cause };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(PathBuf::from(folder))),
        Err(std::fs::TryLockError::Error(cause)) => Err(io(cause)),
    }
}
