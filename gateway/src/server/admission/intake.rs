//! Receives a payload: in memory while it is small and there is room, else on disk.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::share::{FREE, merge, missing};
use super::spool::{Spool, Spooled};
use crate::gateway_responses::Fault;

/// Longer payloads are received on disk.
const IN_MEMORY: usize = 256 * 1024;

/// What receiving a payload may use.
pub(super) struct Intake<'a> {
    pub receiving: &'a Semaphore,
    pub bytes: &'a Semaphore,
    pub spool: &'a Spool,
    pub longest: usize,
    pub pause: Duration,
}

/// A payload that is there.
pub(super) enum Whole<'a> {
    /// In memory, with its share of what receiving may take.
    Memory(Bytes, Option<SemaphorePermit<'a>>),
    /// In memory, with its share of the budget of whole payloads.
    Admitted(Bytes, Option<SemaphorePermit<'a>>),
    /// On disk.
    Disk(Spooled<'a>),
}

/// A payload of which more may come.
enum Part<'a> {
    /// A first piece, which often is all.
    One(Bytes),
    Memory(BytesMut, Option<SemaphorePermit<'a>>),
    Admitted(BytesMut, Option<SemaphorePermit<'a>>),
    Disk(Spooled<'a>),
}

impl<'a> Intake<'a> {
    /// Reads a body to its end.
    pub(super) async fn read(&self, mut body: Body) -> Result<Whole<'a>, Fault> {
        let mut part = Part::One(Bytes::new());
        loop {
            let frame = timeout(self.pause, body.frame()).await;
            let Some(frame) = frame.map_err(|_| Fault::RequestTimeout)? else {
                break;
            };
            // A frame that is no data holds trailers.
            if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
                part = self.add(part, data).await?;
            }
        }
        Ok(match part {
            Part::One(bytes) => Whole::Memory(bytes, None),
            Part::Memory(bytes, permit) => Whole::Memory(bytes.freeze(), permit),
            Part::Admitted(bytes, permit) => Whole::Admitted(bytes.freeze(), permit),
            Part::Disk(spooled) => Whole::Disk(spooled),
        })
    }

    async fn add(&self, part: Part<'a>, data: Bytes) -> Result<Part<'a>, Fault> {
        let length = part.len() + data.len();
        if length > self.longest {
            return Err(Fault::RequestTooLarge);
        }
        match part {
            Part::One(first) if first.is_empty() && length <= FREE => Ok(Part::One(data)),
            Part::One(first) => {
                let mut bytes = BytesMut::with_capacity(length);
                bytes.extend_from_slice(&first);
                self.grow(bytes, None, data).await
            }
            Part::Memory(bytes, permit) => self.grow(bytes, permit, data).await,
            Part::Admitted(bytes, permit) => self.admit(bytes, permit, &data),
            Part::Disk(mut spooled) => {
                spooled.write(&data).await?;
                Ok(Part::Disk(spooled))
            }
        }
    }

    /// Adds to a payload in memory, or moves it to the disk.
    async fn grow(
        &self,
        mut bytes: BytesMut,
        mut permit: Option<SemaphorePermit<'a>>,
        data: Bytes,
    ) -> Result<Part<'a>, Fault> {
        let length = bytes.len() + data.len();
        if length <= IN_MEMORY && widen(self.receiving, &mut permit, length)? {
            bytes.extend_from_slice(&data);
            return Ok(Part::Memory(bytes, permit));
        }
        match self.spool.begin().await {
            Some(mut spooled) => {
                spooled.write(&bytes).await?;
                spooled.write(&data).await?;
                Ok(Part::Disk(spooled))
            }
            None => self.admit(bytes, None, &data),
        }
    }

    /// Adds to a payload that has its place in memory already. It does not wait for room: others
    /// that do the same could wait for this one.
    fn admit(
        &self,
        mut bytes: BytesMut,
        mut permit: Option<SemaphorePermit<'a>>,
        data: &Bytes,
    ) -> Result<Part<'a>, Fault> {
        let length = bytes.len() + data.len();
        if !widen(self.bytes, &mut permit, length)? {
            return Err(Fault::Throttled);
        }
        bytes.extend_from_slice(data);
        Ok(Part::Admitted(bytes, permit))
    }
}

/// Takes more of a budget if there is enough left.
fn widen<'a>(
    budget: &'a Semaphore,
    permit: &mut Option<SemaphorePermit<'a>>,
    length: usize,
) -> Result<bool, Fault> {
    let Some(more) = missing(permit.as_ref(), length)? else {
        return Ok(true);
    };
    let more = budget.try_acquire_many(more).ok();
    Ok(more.map(|more| merge(permit, more)).is_some())
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Part::One(bytes) => bytes.len(),
            Part::Memory(bytes, _) | Part::Admitted(bytes, _) => bytes.len(),
            Part::Disk(spooled) => spooled.len(),
        }
    }
}

/// The fault for a body that breaks off: where its client broke the connection, nobody reads it.
fn broken(error: &axum::Error) -> Fault {
    if kit::serve::is_malformed_body(error) {
        Fault::BadRequest
    } else {
        Fault::RequestTimeout
    }
}
