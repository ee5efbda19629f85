//! Door: the log's one thread that writes and syncs for everybody, and what waits for it. What the
//! thread does is in [`writer`](super::writer).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use kit::lock::Mutex;
use tokio::sync::{oneshot, watch};

use super::frame;
use super::segment::Segments;
use super::writer::{Run, Shared};
use crate::engine::Place;

/// The log cannot be written at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be written")]
pub struct Failed;

/// The segments behind the present one, which are there in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spare {
    /// There are enough of them.
    Ready,
    /// Another one is on its way.
    Coming,
    /// The disk had no room for another one.
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
    /// Nobody knows whether it ever will be.
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

impl Committer {
    /// Starts the thread; `current` is the segment that comes first.
    pub(super) fn start(segments: Arc<Segments>, current: u32) -> Committer {
        let shared = Arc::new(Shared::new(segments, current));
        let worker = shared.clone();
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || worker.run());
        Committer {
            shared,
            thread: Mutex::new(Some(thread.expect("a process can have one more thread"))),
        }
    }

    /// Hands over one record.
    pub(super) fn push(&self, place: Place, payload: &[u8]) {
        let mut pending = self.shared.lock();
        let joins = |run: &Run| {
            run.segment == place.segment
                && run.offset as usize + run.bytes.len() == place.offset as usize
        };
        if !pending.runs.last().is_some_and(joins) {
            pending.runs.push(Run {
                segment: place.segment,
                offset: place.offset,
                bytes: Vec::new(),
            });
        }
        let run = pending.runs.last_mut().expect("one was just pushed");
        frame::write(&mut run.bytes, place.segment, place.offset, payload);
        pending.records += 1;
        self.shared.more.notify_one();
    }

    /// A new segment begins.
    pub(super) fn rotate(&self, segment: u32) {
        self.shared.current.send_replace(segment);
        self.shared.look_at_files();
    }

    /// Tells of every new segment.
    pub(super) fn rotations(&self) -> watch::Receiver<u32> {
        self.shared.current.subscribe()
    }

    /// Sets how many segments there should be behind the present one.
    pub(super) fn want(&self, files: u64) {
        let before = self.shared.wanted.swap(files, Ordering::AcqRel);
        if before != files {
            self.shared.look_at_files();
        }
    }

    /// Asks for at least so many, once.
    pub(super) fn ask(&self, files: u64) {
        let before = self.shared.wanted.fetch_max(files, Ordering::AcqRel);
        if before < files {
            self.shared.look_at_files();
        }
    }

    /// There are others behind the present one than before.
    pub(super) fn look_at_files(&self) {
        self.shared.look_at_files();
    }

    /// The segments behind the present one.
    pub(super) fn spare(&self) -> Spare {
        *self.shared.spare.borrow()
    }

    /// Tells when [`Committer::spare`] may have changed.
    pub(super) fn spares(&self) -> watch::Receiver<Spare> {
        self.shared.spare.subscribe()
    }

    /// Whether writing or syncing failed, and was not made good since.
    pub(super) fn is_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
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
        let thread = self.thread.lock().take();
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
