//! Door: group commit. One thread writes and syncs for all requests, which wait with a [`Ticket`];
//! the thread's work is in [`writer`](super::writer).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use kit::lock::Mutex;

use tokio::sync::{oneshot, watch};

use super::backlog::{Backlog, Gathered};
use super::reserve::Spare;
use super::segment::Segments;
use super::writer::CommitterInner;

/// The log cannot be written at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be written")]
pub(crate) struct LogFailed;

/// Becomes ready when all records up to some point are durable.
#[derive(Debug)]
pub(crate) struct Ticket(TicketState);

#[derive(Debug)]
enum TicketState {
    Durable,
    Waiting(oneshot::Receiver<()>),
    Failed,
}

impl Ticket {
    /// A ticket that is ready: for a store in memory, and for records that are durable already.
    pub(super) fn done() -> Ticket {
        Ticket(TicketState::Durable)
    }

    /// Waits until the records are durable.
    ///
    /// # Errors
    /// The log failed: whether the records will ever be durable is unknown.
    pub(crate) async fn wait(self) -> Result<(), LogFailed> {
        match self.0 {
            TicketState::Durable => Ok(()),
            TicketState::Waiting(durable) => durable.await.map_err(|_| LogFailed),
            TicketState::Failed => Err(LogFailed),
        }
    }
}

/// The thread, and what waits for it.
#[derive(Debug)]
pub(super) struct Committer {
    inner: Arc<CommitterInner>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Committer {
    /// Starts the thread; `current` is the segment that comes first.
    pub(super) fn start(segments: Arc<Segments>, current: u32) -> Committer {
        let inner = Arc::new(CommitterInner::new(segments, current));
        let worker = inner.clone();
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || worker.run());
        Committer {
            inner,
            thread: Mutex::new(Some(thread.expect("a process can have one more thread"))),
        }
    }

    /// Hands over the records of one request, in one piece: a sync has all of them or none. The
    /// ticket is for them, and for everything before them.
    pub(super) fn hand_over(&self, gathered: Gathered) -> Ticket {
        let mut backlog = self.inner.lock();
        backlog.take(gathered);
        // Waking a thread costs a system call, and is needed only where one sleeps.
        let is_idle = std::mem::take(&mut backlog.is_idle);
        let ticket = self.ticket_for(&mut backlog);
        drop(backlog);
        if is_idle {
            self.inner.more.notify_one();
        }
        ticket
    }

    /// A new segment begins.
    pub(super) fn rotate(&self, segment: u32) {
        self.inner.current.send_replace(segment);
        self.inner.look_at_files();
    }

    /// Receives the number of every new segment.
    pub(super) fn rotations(&self) -> watch::Receiver<u32> {
        self.inner.current.subscribe()
    }

    /// Sets how many segments there should be behind the present one.
    pub(super) fn want(&self, files: u64) {
        let before = self.inner.wanted.swap(files, Ordering::AcqRel);
        if before != files {
            self.inner.look_at_files();
        }
    }

    /// Asks for at least so many, once.
    pub(super) fn ask(&self, files: u64) {
        let before = self.inner.wanted.fetch_max(files, Ordering::AcqRel);
        if before < files {
            self.inner.look_at_files();
        }
    }

    /// Checks the reserve again, after segments behind the current one came or went.
    pub(super) fn look_at_files(&self) {
        self.inner.look_at_files();
    }

    /// The segments behind the present one.
    pub(super) fn spare(&self) -> Spare {
        *self.inner.spare.borrow()
    }

    /// Receives every change of [`Committer::spare`].
    pub(super) fn spares(&self) -> watch::Receiver<Spare> {
        self.inner.spare.subscribe()
    }

    /// Whether writing or syncing failed, and was not made good since.
    pub(super) fn is_failed(&self) -> bool {
        self.inner.failed.load(Ordering::Acquire)
    }

    /// The segment that is being written on disk. In those before it everything is durable.
    pub(super) fn reached(&self) -> u32 {
        self.inner.reached.load(Ordering::Acquire)
    }

    /// A ticket for everything that was handed over so far.
    pub(super) fn ticket(&self) -> Ticket {
        self.ticket_for(&mut self.inner.lock())
    }

    fn ticket_for(&self, backlog: &mut Backlog) -> Ticket {
        if self.is_failed() {
            return Ticket(TicketState::Failed);
        }
        if backlog.durable == backlog.records {
            return Ticket::done();
        }
        let (sender, receiver) = oneshot::channel();
        let records = backlog.records;
        backlog.waiting.push_back((records, sender));
        Ticket(TicketState::Waiting(receiver))
    }

    /// Ends the thread when all is written.
    pub(super) fn close(&self) {
        self.inner.lock().closing = true;
        self.inner.more.notify_one();
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the committer thread panicked: this is a bug");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}
