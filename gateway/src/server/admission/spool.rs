//! Payloads on disk while they are being received: files without a name, which are gone when they
//! are closed.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use bytes::Bytes;
use kit::time::{OncePerMinute, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;

use super::share::{STEP, merge};
use crate::gateway_responses::Fault;

/// Bytes are written in pieces of this size.
const PIECE: usize = 128 * 1024;

/// The folder of such files, and how much they may hold.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    room: Semaphore,
}

/// A payload on disk.
#[derive(Debug)]
pub(super) struct Spooled<'a> {
    room: &'a Semaphore,
    /// Away while something is written to it.
    file: Option<File>,
    /// What is not written yet.
    piece: Vec<u8>,
    length: usize,
    permit: Option<SemaphorePermit<'a>>,
}

impl Spool {
    /// A folder with room for so many steps; without it, the system's for temporary files.
    pub(super) fn new(folder: Option<PathBuf>, steps: usize) -> Spool {
        Spool {
            folder: folder.unwrap_or_else(std::env::temp_dir),
            room: Semaphore::new(steps.min(Semaphore::MAX_PERMITS)),
        }
    }

    /// An empty payload; none if there is no disk for it.
    pub(super) async fn begin(&self) -> Option<Spooled<'_>> {
        if self.room.available_permits() == 0 {
            return None;
        }
        let folder = self.folder.clone();
        let opened = spawn_blocking(move || tempfile::tempfile_in(folder)).await;
        match opened.map_err(io::Error::other).flatten() {
            Ok(file) => Some(Spooled {
                room: &self.room,
                file: Some(file),
                piece: Vec::new(),
                length: 0,
                permit: None,
            }),
            Err(error) => {
                self.log(&error);
                None
            }
        }
    }

    fn log(&self, error: &io::Error) {
        static LINE: OncePerMinute = OncePerMinute::new();
        if LINE.is_due(Timestamp::now()) {
            tracing::warn!(
                "large payloads are received in memory, where there is room for few: no file can be made in {}: {error} \
                 (choose another folder with --spool or GATEWAY_SPOOL)",
                self.folder.display()
            );
        }
    }
}

impl Spooled<'_> {
    /// How long the payload is.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// There is no room on disk.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        let steps = (self.length + bytes.len()).div_ceil(STEP);
        let held = self.permit.as_ref().map_or(0, SemaphorePermit::num_permits);
        if steps > held {
            let more = u32::try_from(steps - held).map_err(|_| Fault::RequestTooLarge)?;
            let more = self.room.try_acquire_many(more);
            merge(&mut self.permit, more.map_err(|_| Fault::Throttled)?);
        }
        self.length += bytes.len();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let Some(mut file) = self.file.take() else {
            return Err(Fault::Throttled);
        };
        let mut piece = std::mem::take(&mut self.piece);
        let written = spawn_blocking(move || {
            file.write_all(&piece)?;
            piece.clear();
            Ok((file, piece))
        });
        let (file, piece) = written
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| lost(&error))?;
        (self.file, self.piece) = (Some(file), piece);
        Ok(())
    }

    /// The payload in memory.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) async fn load(mut self) -> Result<Bytes, Fault> {
        let Some(mut file) = self.file.take() else {
            return Err(Fault::Throttled);
        };
        let (rest, length) = (std::mem::take(&mut self.piece), self.length);
        let read = spawn_blocking(move || {
            let mut whole = Vec::with_capacity(length);
            file.rewind()?;
            file.read_to_end(&mut whole)?;
            whole.extend_from_slice(&rest);
            Ok(whole)
        });
        let whole = read.await.map_err(io::Error::other).flatten();
        whole.map(Bytes::from).map_err(|error| lost(&error))
    }
}

/// Logs that the disk fails; the client may try again.
fn lost(error: &io::Error) -> Fault {
    static LINE: OncePerMinute = OncePerMinute::new();
    if LINE.is_due(Timestamp::now()) {
        tracing::error!("cannot write a payload to disk: {error}");
    }
    Fault::Throttled
}
