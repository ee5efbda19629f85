//! Door: one thread that writes and syncs for everybody. While it syncs, the next records gather; there is no timer.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::frame;
use super::segment::Segments;
use crate::engine::Place;

/// How often a full disk is asked again for a new segment.
const FULL_DISK_PAUSE: Duration = Duration::from_millis(500);

/// The log cannot be written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be written")]
pub struct Failed;

/// The segment after the present one, which is there in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spare {
    /// It is there.
    Ready,
    /// It is on its way: the last one was taken a moment ago.
    Coming,
    /// The disk had no room for it.
    Refused,
}

/// Becomes ready when all records up to some point are durable.
#[derive(Debug)]
pub struct Ticket(State);

#[derive(Debug)]
enum State {
    Durable,
    Waiting(oneshot::Receiver<()>),
    Failed,
}

impl Ticket {
    /// For a store that keeps nothing on disk, and for what is on disk already.
    pub(super) fn done() -> Ticket {
        Ticket(State::Durable)
    }

    /// Waits until it is durable.
    ///
    /// # Errors
    /// It never will be.
    pub async fn wait(self) -> Result<(), Failed> {
        match self.0 {
            State::Durable => Ok(()),
            State::Waiting(durable) => durable.await.map_err(|_| Failed),
            State::Failed => Err(Failed),
        }
    }
}

/// The thread, and what waits for it.
#[derive(Debug)]
pub(super) struct Committer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    segments: Arc<Segments>,
    pending: Mutex<Pending>,
    more: Condvar,
    /// Whether writing or syncing failed. What the disk holds is unknown from then on, so nothing is tried again.
    failed: AtomicBool,
    /// The segment that is being filled.
    current: watch::Sender<u32>,
    spare: watch::Sender<Spare>,
    /// The segment of the last durable record: all before it are written to their end.
    reached: AtomicU32,
}

#[derive(Debug, Default)]
struct Pending {
    runs: Vec<Run>,
    /// Records that were handed over, and those of them that are durable.
    records: u64,
    durable: u64,
    /// Who waits for which record to be durable, in its order: each is woken once, when it is.
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
    closing: bool,
}

/// Bytes that stand together in one segment.
#[derive(Debug)]
struct Run {
    segment: u32,
    offset: u32,
    bytes: Vec<u8>,
}

impl Committer {
    /// Starts the thread; `current` is the segment that comes first.
    pub(super) fn start(segments: Arc<Segments>, current: u32) -> Committer {
        let shared = Arc::new(Shared {
            segments,
            pending: Mutex::default(),
            more: Condvar::new(),
            failed: AtomicBool::new(false),
            current: watch::Sender::new(current),
            spare: watch::Sender::new(Spare::Coming),
            reached: AtomicU32::new(current),
        });
        let worker = shared.clone();
        let thread = std::thread::Builder::new().name("committer".to_owned()).spawn(move || worker.run());
        Committer { shared, thread: Mutex::new(Some(thread.expect("a process can have one more thread"))) }
    }

    /// Hands over one record. After a failure it goes nowhere.
    pub(super) fn push(&self, place: Place, payload: &[u8]) {
        let mut pending = self.shared.lock();
        if self.is_failed() {
            return;
        }
        let joins =
            |run: &Run| run.segment == place.segment && run.offset as usize + run.bytes.len() == place.offset as usize;
        if !pending.runs.last().is_some_and(joins) {
            pending.runs.push(Run { segment: place.segment, offset: place.offset, bytes: Vec::new() });
        }
        let run = pending.runs.last_mut().expect("one was just pushed");
        frame::write(&mut run.bytes, place.segment, place.offset, payload);
        pending.records += 1;
        self.shared.more.notify_one();
    }

    /// A new segment begins.
    pub(super) fn rotate(&self, segment: u32) {
        self.shared.current.send_replace(segment);
        self.shared.spare.send_replace(if self.shared.has_spare() { Spare::Ready } else { Spare::Coming });
    }

    /// Tells of every new segment.
    pub(super) fn rotations(&self) -> watch::Receiver<u32> {
        self.shared.current.subscribe()
    }

    /// The segment after the present one.
    pub(super) fn spare(&self) -> Spare {
        *self.shared.spare.borrow()
    }

    /// Tells when [`Committer::spare`] changes.
    pub(super) fn spares(&self) -> watch::Receiver<Spare> {
        self.shared.spare.subscribe()
    }

    /// Whether writing or syncing failed.
    pub(super) fn is_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Bytes that wait to be written.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.shared.lock().runs.iter().map(|run| run.bytes.len()).sum()
    }

    /// The segment that is being written on disk. In those before it everything is durable.
    pub(super) fn reached(&self) -> u32 {
        self.shared.reached.load(Ordering::Acquire)
    }

    /// For everything that was handed over until now.
    pub(super) fn ticket(&self) -> Ticket {
        let mut pending = self.shared.lock();
        if self.is_failed() {
            return Ticket(State::Failed);
        }
        if pending.durable == pending.records {
            return Ticket::done();
        }
        let (sender, receiver) = oneshot::channel();
        let records = pending.records;
        pending.waiting.push_back((records, sender));
        Ticket(State::Waiting(receiver))
    }

    /// Ends the thread when all is written.
    pub(super) fn close(&self) {
        self.shared.lock().closing = true;
        self.shared.more.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the committer panicked, this is a bug");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        self.make_spare();
        while let Some((runs, records)) = self.next() {
            if !runs.is_empty() {
                if let Err(error) = self.commit(&runs) {
                    return self.fail(&error);
                }
                self.tell(records);
            }
            self.make_spare();
        }
    }

    /// Wakes who waited for these records.
    fn tell(&self, durable: u64) {
        let mut pending = self.lock();
        pending.durable = durable;
        let count = pending.waiting.partition_point(|(records, _)| *records <= durable);
        let woken: Vec<_> = pending.waiting.drain(..count).collect();
        drop(pending);
        for (_, sender) in woken {
            // Nobody waits any more whose client has gone.
            let _ = sender.send(());
        }
    }

    fn fail(&self, error: &io::Error) {
        metrics::counter!("emulator_store_failed_total").increment(1);
        tracing::error!("the log cannot be written, the store stops until the next start: {error}");
        let mut pending = self.lock();
        self.failed.store(true, Ordering::Release);
        pending.runs = Vec::new();
        // Whoever waits learns of it by the end of the sender.
        pending.waiting = VecDeque::new();
    }

    /// Everything that gathered; `None` when it is time to end. Nothing, now and then, while a spare segment is missing.
    fn next(&self) -> Option<(Vec<Run>, u64)> {
        let mut pending = self.lock();
        while pending.runs.is_empty() {
            if pending.closing {
                return None;
            }
            if self.has_spare() {
                pending = self.more.wait(pending).unwrap_or_else(PoisonError::into_inner);
            } else {
                pending = self.more.wait_timeout(pending, FULL_DISK_PAUSE).unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
        }
        Some((std::mem::take(&mut pending.runs), pending.records))
    }

    fn commit(&self, runs: &[Run]) -> io::Result<()> {
        // A file stays open from its writes to its sync, for the sync tells of failed writes of this opening only.
        let mut touched = BTreeMap::new();
        for run in runs {
            let file = match touched.get(&run.segment) {
                Some(file) => Arc::clone(file),
                None => self.file(run.segment)?,
            };
            self.segments.medium().write(&file, &run.bytes, run.offset.into())?;
            touched.insert(run.segment, file);
        }
        touched.values().try_for_each(|file| self.segments.medium().sync(file))?;
        if let Some(last) = touched.keys().next_back() {
            self.reached.store(*last, Ordering::Release);
        }
        Ok(())
    }

    /// The file of a segment. It is there in advance, unless one request wrote more than was left of the reserve of a
    /// full disk: then it is waited for, until the store closes.
    fn file(&self, segment: u32) -> io::Result<Arc<File>> {
        loop {
            if let Some(file) = self.segments.file(segment)? {
                return Ok(file);
            }
            match self.segments.create(segment) {
                Err(error) if !is_full(&error) || self.lock().closing => return Err(error),
                Err(_) => std::thread::sleep(FULL_DISK_PAUSE),
                Ok(()) => {}
            }
        }
    }

    fn has_spare(&self) -> bool {
        self.segments.has(*self.current.borrow() + 1)
    }

    /// Keeps one segment in reserve.
    fn make_spare(&self) {
        let current = *self.current.borrow();
        let made = if self.has_spare() { Ok(()) } else { self.segments.create(current + 1) };
        let spare = if made.is_ok() { Spare::Ready } else { Spare::Refused };
        let mut before = spare;
        self.spare.send_if_modified(|known| {
            // A segment may have begun meanwhile: then this is not its spare.
            if *self.current.borrow() == current {
                before = std::mem::replace(known, spare);
            }
            before != spare
        });
        match (before, made) {
            (Spare::Refused, Ok(())) => tracing::info!("the disk has room again: new messages are taken"),
            (Spare::Ready | Spare::Coming, Err(error)) => {
                metrics::counter!("emulator_disk_full_total").increment(1);
                tracing::warn!("no new segment can be made, new messages are refused until one can: {error}");
            }
            _ => {}
        }
    }
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
