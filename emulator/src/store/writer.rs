//! Door: the committer's thread. While it syncs, the next records gather; there is no timer.
//!
//! After a write or a sync that failed, it is unknown what the disk holds of it: the system may
//! even forget that it was not written. Everything that is not known to be durable is therefore
//! kept in memory, and while nothing new is taken, it is written again as a whole, synced, and read
//! back from the disk, until that goes well.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use kit::lock::{Condvar, Mutex, MutexGuard};
use kit::time::Timestamp;
use tokio::sync::watch;

use super::ahead::{Ahead, STEP};
use super::backlog::{Backlog, ByteRun};
use super::fs::is_full;
use super::reserve::Spare;
use super::segment::Segments;
use crate::lines::StateLine;

/// The interval at which a new segment is tried again on a full disk, and a failed write or sync is
/// repeated.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct CommitterInner {
    pub(super) segments: Arc<Segments>,
    backlog: Mutex<Backlog>,
    pub(super) more: Condvar,
    /// Whether a write or sync failed and has not been repeated with success since.
    pub(super) failed: AtomicBool,
    /// The segment that is being filled.
    pub(super) current: watch::Sender<u32>,
    pub(super) spare: watch::Sender<Spare>,
    refused: StateLine,
    /// How many segments there should be behind the current one.
    pub(super) wanted: AtomicU64,
    /// The segment of the last durable record; all segments before it are complete.
    pub(super) reached: AtomicU32,
}

/// What is written ahead of the records.
static ZEROS: [u8; STEP as usize] = [0; STEP as usize];

/// Files with unsynced writes, by segment.
type Touched = BTreeMap<u32, Arc<File>>;

impl CommitterInner {
    pub(super) fn new(segments: Arc<Segments>, current: u32) -> CommitterInner {
        CommitterInner {
            segments,
            backlog: Mutex::default(),
            more: Condvar::new(),
            failed: AtomicBool::new(false),
            current: watch::Sender::new(current),
            spare: watch::Sender::new(Spare::Coming),
            refused: StateLine::default(),
            wanted: AtomicU64::new(1),
            reached: AtomicU32::new(current),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock()
    }

    /// Works until the store closes.
    pub(super) fn run(&self) {
        let _bug = Bug(self);
        let (mut end, mut ahead) = (None, Ahead::default());
        self.make_spare();
        while let Some((runs, records)) = self.next() {
            if !runs.is_empty() {
                let committed = self.commit(&runs, &mut ahead).map(drop);
                if committed.is_err_and(|error| !self.mend(&runs, &mut ahead, &error)) {
                    return;
                }
                end = runs.last().map(ByteRun::end);
                self.notify(records);
            }
            self.make_spare();
        }
        if let Some(Err(error)) = end.map(|end| self.segments.manifest().ended(end)) {
            tracing::error!("cannot record the end of the log: {error}");
        }
    }

    /// Wakes the requests that wait for these records.
    fn notify(&self, durable: u64) {
        let mut backlog = self.lock();
        backlog.durable = durable;
        let count = backlog
            .waiting
            .partition_point(|(records, _)| *records <= durable);
        let woken: Vec<_> = backlog.waiting.drain(..count).collect();
        drop(backlog);
        for (_, sender) in woken {
            // A request whose client has gone does not wait any more.
            let _ = sender.send(());
        }
    }

    /// Writes everything again that may not be durable, until that succeeds. Returns true then, and
    /// false if the store closes first. Meanwhile no records are taken, and requests that wait are
    /// told at once that the outcome is unknown.
    fn mend(&self, runs: &[ByteRun], ahead: &mut Ahead, error: &io::Error) -> bool {
        metrics::counter!("emulator_store_failed_total").increment(1);
        tracing::error!(
            "cannot write the log: requests are refused until a retry succeeds, twice a second: {error}"
        );
        let mut backlog = self.lock();
        self.failed.store(true, Ordering::Release);
        loop {
            // Dropping the senders ends the waiting requests.
            backlog.waiting.clear();
            if backlog.closing {
                return false;
            }
            backlog = self.more.wait_timeout(backlog, PAUSE);
            drop(backlog);
            let again = self
                .commit(runs, ahead)
                .and_then(|touched| self.verify(runs, &touched));
            backlog = self.lock();
            match again {
                Ok(()) => break,
                Err(again) => tracing::debug!("still cannot write the log: {again}"),
            }
        }
        self.failed.store(false, Ordering::Release);
        tracing::info!("the log can be written again: requests are accepted as before");
        true
    }

    /// All records that have gathered; `None` when the thread must end. It is empty when a segment is
    /// missing that can be created now.
    fn next(&self) -> Option<(Vec<ByteRun>, u64)> {
        let mut backlog = self.lock();
        while backlog.runs.is_empty() {
            if backlog.closing {
                return None;
            }
            let spare = *self.spare.borrow();
            backlog.is_idle = true;
            match spare {
                Spare::Ready => backlog = self.more.wait(backlog),
                Spare::Coming => break,
                Spare::Refused => {
                    backlog = self.more.wait_timeout(backlog, PAUSE);
                    break;
                }
            }
        }
        backlog.is_idle = false;
        Some((std::mem::take(&mut backlog.runs), backlog.records))
    }

    fn commit(&self, runs: &[ByteRun], ahead: &mut Ahead) -> io::Result<Touched> {
        // A file stays open from its writes to its sync, for the sync tells of failed writes of
        // this opening only.
        let mut touched = Touched::new();
        for run in runs {
            let file = match touched.get(&run.segment) {
                Some(file) => Arc::clone(file),
                None => self.file(run.segment)?,
            };
            let fs = self.segments.fs();
            fs.write(&file, &run.bytes, run.offset.into())?;
            if let Some(zeros) = ahead.of(run, self.segments.size()) {
                fs.write(&file, &ZEROS[..zeros.len()], zeros.start.into())?;
            }
            touched.insert(run.segment, file);
        }
        for (number, file) in &touched {
            self.segments.fs().sync(file)?;
            self.segments.check(*number, file)?;
        }
        if let Some(last) = touched.keys().next_back() {
            self.segments.manifest().begun(*last)?;
            self.reached.store(*last, Ordering::Release);
        }
        Ok(touched)
    }

    /// Whether the disk holds what was written and synced, read back from it.
    fn verify(&self, runs: &[ByteRun], touched: &Touched) -> io::Result<()> {
        for run in runs {
            let Some(file) = touched.get(&run.segment) else {
                continue;
            };
            self.segments.fs().forget(file)?;
            let mut bytes = vec![0; run.bytes.len()];
            file.read_exact_at(&mut bytes, run.offset.into())?;
            if bytes != run.bytes {
                return Err(io::Error::other("the disk does not hold what was written"));
            }
        }
        Ok(())
    }

    /// The file of a segment. It exists in advance, unless one request wrote more than the rest of the
    /// reserve on a full disk: then this waits for it, until the store closes.
    fn file(&self, segment: u32) -> io::Result<Arc<File>> {
        loop {
            if let Some(file) = self.segments.file(segment)? {
                return Ok(file);
            }
            match self.segments.grow(segment) {
                Err(error) if !is_full(&error) || self.lock().closing => return Err(error),
                Err(_) => std::thread::sleep(PAUSE),
                Ok(()) => {}
            }
        }
    }

    fn has_enough(&self) -> bool {
        self.segments.behind(*self.current.borrow()) as u64 >= self.wanted.load(Ordering::Acquire)
    }

    /// Checks whether there are enough segments, and wakes the thread that creates them if not.
    pub(super) fn look_at_files(&self) {
        self.judge(None);
        // Under the lock, so that it is not between a look and a wait.
        drop(self.lock());
        self.more.notify_one();
    }

    /// Creates one more segment, if one is missing.
    fn make_spare(&self) {
        let made = if self.has_enough() {
            Ok(())
        } else {
            self.segments.grow(*self.current.borrow())
        };
        self.judge(Some(made));
    }

    /// Notes the state of the reserve after an attempt to create a segment: `made` tells its outcome.
    fn judge(&self, made: Option<io::Result<()>>) {
        let (mut before, mut after) = (Spare::Coming, Spare::Coming);
        self.spare.send_modify(|spare| {
            before = *spare;
            after = match (self.has_enough(), &made) {
                (true, _) => Spare::Ready,
                (false, Some(Err(_))) => Spare::Refused,
                (false, Some(Ok(()))) => Spare::Coming,
                (false, None) if before == Spare::Refused => Spare::Refused,
                (false, None) => Spare::Coming,
            };
            *spare = after;
        });
        match (before == Spare::Refused, after == Spare::Refused, made) {
            // On a disk that is nearly full, room comes and goes with every segment.
            (true, false, _) if self.refused.ends() => {
                tracing::info!("the disk has room for the log again: new messages are accepted");
            }
            (false, true, Some(Err(error))) => {
                metrics::counter!("emulator_disk_full_total").increment(1);
                if self.refused.begins(Timestamp::now()) {
                    tracing::warn!(
                        "cannot create a new log segment: new messages will be refused until one can be created: {error}"
                    );
                }
            }
            _ => {}
        }
    }
}

/// Fails every waiting request when the thread panics.
struct Bug<'s>(&'s CommitterInner);

impl Drop for Bug<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed.store(true, Ordering::Release);
            self.0.lock().waiting.clear();
        }
    }
}
