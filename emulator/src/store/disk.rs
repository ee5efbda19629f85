//! Door: the log on disk. Where the next record goes, whether there is room for it, and how the
//! content of a message is read.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kit::lock::{Mutex, MutexGuard};
use kit::time::Timestamp;

use super::backlog::Gathered;
use super::codec::{self, Begin};
use super::commit::{Committer, Ticket};
use super::damage::Report;
use super::error::OpenError;
use super::fs::{is_full, make_folder};
use super::manifest::{LogEnd, Manifest};
use super::need::{Need, Room};
use super::recover::{self, Replayed};
use super::reserve::{FreeSpace, Reserve, Spare};
use super::segment::{SegmentLayout, Segments};
use super::{frame, lock, reading};
use crate::engine::{Content, Effect, Engine, Location, limits};

/// A log on disk.
#[derive(Debug)]
pub(crate) struct DiskLog {
    pub(super) segments: Arc<Segments>,
    pub(super) committer: Committer,
    tail: Mutex<Tail>,
    /// The bytes at the start of the current segment: its `begin` record and checkpoint.
    beginning: AtomicU32,
    /// Whether a segment is being cleaned, which is about to free its space.
    pub(super) is_cleaning: AtomicBool,
    /// The lock on the data folder, held as long as the log is open.
    _lock: Option<File>,
}

/// Where the next record goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    segment: u32,
    offset: u32,
}

impl DiskLog {
    /// Opens a data folder and replays its log. Everything replayed is durable when this returns. A
    /// full disk does not prevent it: see [`first`].
    pub(super) fn open(
        layout: SegmentLayout,
        folder: &Path,
        engine: &mut Engine,
        now: Timestamp,
        report: Report<'_>,
    ) -> Result<DiskLog, OpenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |cause| OpenError::Io { path, cause }
        };
        make_folder(folder).map_err(at(folder))?;
        let lock = lock::take(folder)?;
        let log = folder.join("sqs");
        make_folder(&log).map_err(at(&log))?;
        let path = folder.join("lock");
        let (manifest, listed) =
            Manifest::open(path.clone(), lock.file, layout.fs.clone()).map_err(at(&path))?;
        let segments = Arc::new(Segments::open(&log, layout, manifest).map_err(at(&log))?);
        // The segments before the last one were durable before that one began.
        segments
            .secure(listed.as_ref().map_or(0, |listed| listed.newest))
            .map_err(at(&log))?;
        let replayed = recover::replay(&segments, listed, engine, now, report).map_err(at(&log))?;
        engine.resume(now);
        segments
            .manifest()
            .found(replayed.extent.clone())
            .map_err(at(&path))?;
        let tail = first(&segments, &replayed).map_err(at(&log))?;
        segments.count(engine.stored_bytes());
        let committer = Committer::start(segments.clone(), tail.segment);
        let beginning = AtomicU32::new(beginning(engine));
        let is_cleaning = AtomicBool::new(false);
        let disk = DiskLog {
            segments,
            committer,
            tail: Mutex::new(tail),
            beginning,
            is_cleaning,
            _lock: lock.folder,
        };
        let mut tail = disk.tail();
        if tail.offset == 0 {
            let mut gathered = Gathered::default();
            disk.begin(&mut tail, &mut gathered, engine, replayed.end);
            // Whatever is acknowledged stands behind it.
            drop(disk.committer.hand_over(gathered));
        }
        disk.ask_for_files(&tail);
        drop(tail);
        Ok(disk)
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock()
    }

    /// How much of the disk is kept free, and for which requests.
    pub(super) fn reserve(&self) -> Reserve {
        let beginning = self.beginning.load(Ordering::Relaxed).into();
        Reserve {
            size: self.segments.size().into(),
            beginning,
            live: self.segments.live(),
        }
    }

    pub(super) fn free(&self, tail: &Tail) -> FreeSpace {
        FreeSpace {
            left: self.left(tail).into(),
            files: self.segments.behind(tail.segment) as u64,
        }
    }

    /// Whether a request may write: see [`super::reserve`].
    pub(super) fn room(&self, need: Need) -> Room {
        let reserve = self.reserve();
        let behind = match need {
            Need::Messages(bytes) if bytes as u64 >= reserve.size / 2 => return Room::None,
            // As much again may come until the next segment begins.
            Need::Definition if reserve.beginning > reserve.size / 3 => return Room::None,
            Need::Messages(_) => reserve.behind_sends(),
            Need::Receives => reserve.behind_receives(),
            Need::Definition | Need::Records => reserve.behind_deletes(),
        };
        let bytes = if let Need::Messages(bytes) = need {
            bytes as u64
        } else {
            0
        };
        if self.free(&self.tail()).behind(bytes, &reserve) >= behind {
            return Room::Enough;
        }
        // More than usual for a large message that does not fit into the rest of its segment.
        self.committer
            .ask((behind + bytes + reserve.beginning).div_ceil(reserve.size));
        if self.committer.spare() != Spare::Refused || self.is_cleaning.load(Ordering::Acquire) {
            return Room::Soon;
        }
        // Perhaps something can be given back.
        self.segments.freed().notify_one();
        Room::None
    }

    /// Whether messages are refused because the disk has no room for another segment.
    pub(super) fn is_full(&self) -> bool {
        let reserve = self.reserve();
        let is_short =
            self.free(&self.tail()).behind(0, &reserve) < reserve.behind_sends() + reserve.margin();
        is_short && self.committer.spare() == Spare::Refused
    }

    /// Whether `bytes` of messages can be moved here from an older segment.
    pub(super) fn has_room_to_move(&self, bytes: u64) -> bool {
        let reserve = self.reserve();
        self.free(&self.tail()).behind(0, &reserve) >= reserve.to_move(bytes)
    }

    /// Whether a segment that has just become free should be kept for the reserve.
    pub(super) fn wants_files(&self) -> bool {
        let tail = self.tail();
        self.free(&tail).files < self.reserve().files(self.left(&tail).into())
    }

    /// Removes a segment of the reserve if there is more than enough room without it.
    pub(super) fn give_back(&self) -> io::Result<bool> {
        // Held, so that the file does not come into use meanwhile.
        let tail = self.tail();
        let (free, reserve) = (self.free(&tail), self.reserve());
        let rest = FreeSpace {
            files: free.files.saturating_sub(1),
            ..free
        };
        if rest.files == 0 || rest.behind(0, &reserve) < reserve.wanted() + reserve.size / 8 {
            return Ok(false);
        }
        self.segments.shrink().map(|()| true)
    }

    fn left(&self, tail: &Tail) -> u32 {
        self.segments.size().saturating_sub(tail.offset)
    }

    fn ask_for_files(&self, tail: &Tail) {
        self.committer
            .want(self.reserve().files(self.left(tail).into()));
    }

    pub(super) fn append_all(&self, engine: &mut Engine, effects: Vec<Effect>) -> Ticket {
        let mut tail = self.tail();
        let mut gathered = Gathered::default();
        for effect in effects {
            let location = self.append(&mut tail, &mut gathered, engine, &effect);
            match &effect {
                Effect::Stored(stored) => {
                    engine.set_location(stored.snapshot.key, location);
                    self.segments.hold(location);
                }
                Effect::Remembered { at, .. } => self
                    .segments
                    .remember(location, *at + limits::DEDUPLICATION),
                // Twice, because a damaged definition would take all messages of its queue with it.
                Effect::Queue(_) => {
                    _ = self.append(&mut tail, &mut gathered, engine, &effect);
                }
                _ => {}
            }
        }
        self.ask_for_files(&tail);
        // Under the lock of the tail, so that the order is that of the places.
        self.committer.hand_over(gathered)
    }

    fn append(
        &self,
        tail: &mut Tail,
        gathered: &mut Gathered,
        engine: &Engine,
        effect: &Effect,
    ) -> Location {
        let payload = codec::encode(effect);
        if frame::length(payload.len()) > self.left(tail) {
            let end = LogEnd {
                segment: tail.segment,
                offset: tail.offset,
            };
            *tail = Tail {
                segment: tail.segment + 1,
                offset: 0,
            };
            self.committer.rotate(tail.segment);
            self.begin(tail, gathered, engine, end);
        }
        let location = self.write(tail, gathered, &payload);
        self.segments.note(location);
        location
    }

    /// Writes the start of a segment: where the previous one ended, and a checkpoint of everything
    /// that is not a message. An older segment can then be removed once its messages are gone.
    fn begin(&self, tail: &mut Tail, gathered: &mut Gathered, engine: &Engine, end: LogEnd) {
        let is_listed = self.segments.manifest().is_kept();
        self.write(
            tail,
            gathered,
            &codec::encode_begin(Begin {
                previous: end.segment,
                end: end.offset,
                is_listed,
            }),
        );
        for effect in engine.checkpoint() {
            self.write(tail, gathered, &codec::encode(&effect));
        }
        self.beginning.store(tail.offset, Ordering::Relaxed);
    }

    fn write(&self, tail: &mut Tail, gathered: &mut Gathered, payload: &[u8]) -> Location {
        let length = frame::length(payload.len());
        let location = Location {
            segment: tail.segment,
            offset: tail.offset,
            length,
        };
        gathered.add(location, payload);
        tail.offset += length;
        location
    }

    pub(super) fn read(&self, location: Location) -> io::Result<Option<Content>> {
        let Some(file) = self.segments.file(location.segment)? else {
            return Ok(None);
        };
        let payload = match reading::record(&file, location) {
            // The segment went meanwhile, and its file is wiped to be used again.
            Err(_) if !self.segments.has(location.segment) => return Ok(None),
            payload => payload?,
        };
        match codec::decode(&payload) {
            Some(Effect::Stored(stored)) => Ok(Some(stored.content)),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the record holds no message",
            )),
        }
    }
}

/// The bytes of the `begin` record and the checkpoint.
fn beginning(engine: &Engine) -> u32 {
    let begin = codec::encode_begin(Begin {
        previous: 0,
        end: 0,
        is_listed: true,
    });
    let effects = engine
        .checkpoint()
        .into_iter()
        .map(|effect| codec::encode(&effect));
    std::iter::once(begin)
        .chain(effects)
        .map(|payload| frame::length(payload.len()))
        .sum()
}

/// Where the log continues after a start: in a new segment, so that what a crash left behind the
/// end of the log is never partly overwritten. That segment is taken from the last run's reserve,
/// provided that the reserve can be filled up again. On a disk without room for that, the rest of
/// the last segment is wiped and used instead, so that repeated starts do not consume the reserve.
fn first(segments: &Segments, replayed: &Replayed) -> io::Result<Tail> {
    let Replayed { end, next, .. } = *replayed;
    let fresh = Tail {
        segment: next,
        offset: 0,
    };
    let is_ready = keep_reserve(segments, replayed)?;
    match segments.grow(next) {
        Err(error) if is_full(&error) && next == end.segment + 1 && end.segment > 0 => {
            let wiped =
                end.offset < segments.size() && segments.wipe(end.segment, end.offset).is_ok();
            Ok(Tail {
                segment: end.segment,
                offset: if wiped { end.offset } else { segments.size() },
            })
        }
        Err(error) if is_full(&error) && is_ready => Ok(fresh),
        Err(error) => Err(error),
        Ok(()) => Ok(fresh),
    }
}

/// Keeps the reserve of the last run if its segments are complete and follow the log without a gap,
/// and removes other segments before and behind the log. Returns whether there is a reserve.
fn keep_reserve(segments: &Segments, replayed: &Replayed) -> io::Result<bool> {
    let Replayed {
        end,
        next,
        ref extent,
    } = *replayed;
    let (mut expected, mut before, mut behind) = (next, Vec::new(), Vec::new());
    for number in segments.numbers() {
        if number < extent.oldest || number > end.segment && number < next {
            before.push(number);
        } else if number > end.segment && (number != expected || !segments.is_whole(number)?) {
            behind.push(number);
        } else if number == expected {
            expected += 1;
        }
    }
    behind
        .into_iter()
        .try_for_each(|number| segments.discard(number, false))?;
    for number in before {
        // Perhaps it was to be used again when the last run ended.
        segments.discard(number, !segments.has(next))?;
    }
    Ok(segments.has(next))
}
